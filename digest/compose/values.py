"""What is filled into an edition's and a reader's places, in words."""

from digest.model import Edition, Issue
from subscribers.model import Preferences


def edition_values(edition: Edition) -> dict[str, str]:
    """Return the values that all readers of an edition share."""
    count = len(edition.placements)
    return {
        "subject": edition.subject,
        "preheader": edition.preheader,
        "stories": "1 story" if count == 1 else f"{count} stories",
        "minutes": f"{edition.minutes} min read",
    }


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
