"""What is filled into an edition's and a reader's places, in words of the newsletter's language."""

import html
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

from digest import languages, schedule
from digest.compose.pieces import is_card
from digest.compose.subject import PREHEADER_LENGTH, SUBJECT_LENGTH
from digest.model import Edition, Issue, Outline
from subscribers.model import Preferences

LONGEST_TOKEN = 102  # characters of a link’s token (subscribers.tokens)
LONGEST_STORY_TOKEN = 42  # it is in every card twice: issues of 5 digits, subscribers of 9, versions of 3
MOST_STORIES = 200  # `max_articles` allows no more
A_WEEK_AND_MORE = timedelta(days=15)  # every schedule has a slot in it


EDITIONS = frozenset(("subject", "preheader", "stories", "minutes", "more"))  # the others are the reader's


def edition_values(edition: Edition | Outline, language: str) -> dict[str, str]:
    """Return the values that all readers of an edition share."""
    return {
        "subject": edition.subject,
        "preheader": edition.preheader,
        "stories": stories(sum(map(is_card, edition.pieces)), language),
        "minutes": reading_time(edition.minutes, language),
        "more": more(len(edition.more), language),
    }


@cache
def stories(count: int, language: str) -> str:
    """Return “1 story” or “8 stories”."""
    said = languages.translations(language).ngettext("%(count)s story", "%(count)s stories", count)
    return said % {"count": languages.number(count, language)}


@cache
def reading_time(minutes: int, language: str) -> str:
    """Return “4 min read”."""
    said = languages.translations(language).ngettext("%(count)s min read", "%(count)s min read", minutes)
    return said % {"count": languages.number(minutes, language)}


@cache
def more(count: int, language: str) -> str:
    """Return “3 more stories on the web”."""
    said = languages.translations(language).ngettext(
        "%(count)s more story on the web", "%(count)s more stories on the web", count
    )
    return said % {"count": languages.number(count, language)}


def bounds(issue: Issue) -> dict[str, int]:
    """Return how many bytes each value can have at most in HTML, whoever the reader and whatever the edition is."""
    language = issue.newsletter.language
    chosen = Preferences(categories=issue.newsletter.categories), Preferences()
    token = "x" * LONGEST_TOKEN
    largest = links(
        issue.base_url, view=token, preferences=token, unsubscribe=token, story="x" * LONGEST_STORY_TOKEN
    ) | {
        "subject": '"' * SUBJECT_LENGTH,
        "preheader": '"' * PREHEADER_LENGTH,
        "stories": _longest(stories(count, language) for count in range(MOST_STORIES)),
        "minutes": _longest(reading_time(count, language) for count in range(MOST_STORIES)),
        "more": _longest(more(count, language) for count in range(MOST_STORIES)),
        "why_you": _longest(why_you(issue, one) for one in chosen),
        "since": _longest(since(issue, date(2026, month, 28)) for month in range(1, 13)),
    }
    return {name: len(html.escape(value).encode()) for name, value in largest.items()}


def _longest(texts: Iterable[str]) -> str:
    return max(texts, key=lambda text: len(text.encode()))


def why_you(issue: Issue, preferences: Preferences) -> str:
    """Say why a reader gets this mail, in the words of their own choice."""
    language = issue.newsletter.language
    translations = languages.translations(language)
    known = {category.casefold(): category for category in issue.newsletter.categories}
    chosen = [known[key] for key in (category.casefold() for category in preferences.categories) if key in known]
    if chosen:
        said = translations.gettext("You get %(newsletter)s because you subscribed to it and chose %(topics)s.")
    else:
        said = translations.gettext("You get %(newsletter)s because you subscribed to it, with every topic.")
    return said % {"newsletter": issue.newsletter.name, "topics": languages.listed(chosen, language)}


def since(issue: Issue, subscribed_on: date) -> str:
    """Say since when a reader is on the list."""
    language = issue.newsletter.language
    said = languages.translations(language).gettext("You have been on our list since %(date)s.")
    return said % {"date": languages.day(subscribed_on, language)}


def next_issue(issue: Issue) -> str:
    """Return the day of the next issue, as the schedule says; empty where the newsletter has none."""
    newsletter = issue.newsletter
    after = issue.until + timedelta(seconds=1)
    slots = schedule.slots(newsletter.schedule, newsletter.timezone, after, after + A_WEEK_AND_MORE)
    coming = next(slots, None)
    return languages.long_date(coming.at, newsletter.timezone, newsletter.language) if coming else ""


def links(base_url: str, *, view: str, preferences: str, unsubscribe: str, story: str) -> dict[str, str]:
    """Return a reader's addresses on the public pages, made from the tokens."""
    return {
        "view_url": f"{base_url}/view/{view}",
        "preferences_url": f"{base_url}/preferences/{preferences}",
        "pause_url": f"{base_url}/pause/{preferences}",
        "unsubscribe_url": f"{base_url}/unsubscribe/{unsubscribe}",
        "story_url": f"{base_url}/story/{story}",
    }
