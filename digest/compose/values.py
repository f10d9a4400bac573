"""What is filled into an edition's and a reader's places, in words."""

import html

from digest.compose.pieces import is_card
from digest.compose.subject import PREHEADER_LENGTH, SUBJECT_LENGTH
from digest.model import Edition, Issue
from subscribers.model import Preferences

LONGEST_TOKEN = 102  # characters of a link’s token (subscribers.tokens)


def edition_values(edition: Edition) -> dict[str, str]:
    """Return the values that all readers of an edition share."""
    return {
        "subject": edition.subject,
        "preheader": edition.preheader,
        "stories": stories(sum(map(is_card, edition.pieces))),
        "minutes": f"{edition.minutes} min read",
        "more": stories(len(edition.more), "more "),
    }


def stories(count: int, kind: str = "") -> str:
    """Return “1 story”, “8 stories” or “3 more stories”."""
    return f"1 {kind}story" if count == 1 else f"{count} {kind}stories"


def bounds(issue: Issue) -> dict[str, int]:
    """Return how many bytes each value can have at most in HTML, whoever the reader and whatever the edition is."""
    everything = why_you(issue, Preferences(categories=issue.newsletter.categories))
    token = "x" * LONGEST_TOKEN
    largest = links(issue.base_url, view=token, preferences=token, unsubscribe=token) | {
        "subject": '"' * SUBJECT_LENGTH,
        "preheader": '"' * PREHEADER_LENGTH,
        "stories": stories(200),
        "minutes": "999 min read",
        "more": stories(200, "more "),
        "why_you": max(everything, why_you(issue, Preferences()), key=len),
    }
    return {name: len(html.escape(value).encode()) for name, value in largest.items()}


def why_you(issue: Issue, preferences: Preferences) -> str:
    """Say why a reader gets this mail, in the words of their own choice."""
    known = {category.casefold(): category for category in issue.newsletter.categories}
    chosen = [known[key] for key in (category.casefold() for category in preferences.categories) if key in known]
    name = issue.newsletter.name
    if not chosen:
        return f"You get {name} because you subscribed to it, with every topic."
    listed = " and ".join([", ".join(chosen[:-1]), chosen[-1]]) if len(chosen) > 1 else chosen[0]
    return f"You get {name} because you subscribed to it and chose {listed}."


def links(base_url: str, *, view: str, preferences: str, unsubscribe: str) -> dict[str, str]:
    """Return a reader's addresses on the public pages, made from the tokens."""
    return {
        "view_url": f"{base_url}/view/{view}",
        "preferences_url": f"{base_url}/preferences/{preferences}",
        "unsubscribe_url": f"{base_url}/unsubscribe/{unsubscribe}",
    }
