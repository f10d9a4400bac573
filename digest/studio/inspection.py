"""One story held under the lens: what led to its place in a reader's edition, and who else gets it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from digest import candidates, issues
from digest.model import Issue
from digest.selection import sections
from digest.studio import words
from digest.studio.stories import Stories, Story
from subscribers.model import Preferences


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a story's reasons, with its figure."""

    text: str
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A story with its reasons and its reach over all editions of the issue."""

    story: Story
    facts: tuple[Fact, ...]
    readers: int
    editions: int


def _by_date(story: Story, stories: Stories) -> Fact:
    """Say the story's place among the candidates of its category, the newest first."""
    category = story.article.category
    same = [
        s.article for s in (*stories.chosen, *stories.dropped) if s.article.category.casefold() == category.casefold()
    ]
    place = sum(other.published_at > story.article.published_at for other in same) + 1
    return Fact(f"By date in {category}", f"{words.ordinal(place)} of {len(same)}")


def _topic(story: Story, issue: Issue, preferences: Preferences) -> str:
    """Return the place of the story's category among the reader's topics; empty where they chose none."""
    order = [name.casefold() for name in sections(preferences, issue.newsletter)]
    key = story.article.category.casefold()
    known = preferences.categories and key in order
    return f"{words.ordinal(order.index(key) + 1)} of {len(order)} topics" if known else ""


def _depth(story: Story, preferences: Preferences) -> Fact:
    if story.depth != story.wanted:
        return Fact(f"Not {story.wanted}, to keep the mail under its size limit", story.depth)
    set_by_reader = story.article.category.casefold() in {category.casefold() for category, _ in preferences.depth}
    return Fact("Depth that the reader chose" if set_by_reader else "Depth where the reader chose none", story.depth)


def _facts(story: Story, stories: Stories, issue: Issue, preferences: Preferences) -> tuple[Fact, ...]:
    first = Fact(story.why, _topic(story, issue, preferences) if story.position else "")
    depth = (_depth(story, preferences),) if story.position else ()
    published = Fact("Published", words.moment(story.article.published_at, issue.newsletter))
    return (first, _by_date(story, stories), *depth, published, Fact("Sources", str(len(story.article.sources))))


def inspect(
    connection: Connection,
    issue: Issue,
    story: Story,
    stories: Stories,
    *,
    preferences: Preferences,
    heads: Mapping[int, int],
) -> Inspection:
    """Collect what is to be said of one candidate; `heads` are the editions' head-counts."""
    number = candidates.frozen(connection, issue)[story.article.id].number
    numbers = issues.showing(connection, issue, number)
    readers = sum(heads.get(number, 0) for number in numbers)
    return Inspection(story, _facts(story, stories, issue, preferences), readers, len(numbers))
