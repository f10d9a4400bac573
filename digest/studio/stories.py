"""What the studio says about an edition's stories: how they are grouped, and why each is there or is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from digest.model import Article, Depth, Newsletter
from digest.selection import Chosen, Dropped, Reason, Selection
from digest.studio import words

OUTSIDE_TOPICS = (Reason.NOT_CHOSEN, Reason.NOT_IN_NEWSLETTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A candidate as the studio lists it: with a position and a depth when this reader gets it."""

    article: Article
    why: str
    day: str
    position: int = 0  #: from 1; 0: left out
    depth: str = ""  #: in this edition
    wanted: str = ""  #: the depth that the reader wants; more than `depth` where the size limit was met

    @property
    def strokes(self) -> int:
        """The depth as a number of strokes."""
        return words.DEPTH_STROKES.get(self.depth, 0)


@dataclass(frozen=True, slots=True)
class Group:
    """Stories under one heading: a category of the edition, or a reason for which they were left out."""

    name: str
    stories: tuple[Story, ...]

    @property
    def depth(self) -> str:
        """The depth that all of the stories have; empty where they differ."""
        depths = {story.depth for story in self.stories}
        return depths.pop() if len(depths) == 1 else ""

    @property
    def span(self) -> str:
        """The positions of the stories, which follow one another: “3” or “3–5”."""
        first, last = self.stories[0].position, self.stories[-1].position
        return str(first) if first == last else f"{first}–{last}"


@dataclass(frozen=True, slots=True)
class Stories:
    """Every candidate exactly once."""

    sections: tuple[Group, ...] = ()
    left_out: tuple[Group, ...] = ()
    in_topics: int = 0  #: candidates in the categories that this reader gets

    @property
    def chosen(self) -> list[Story]:
        """The stories of the edition, in its order."""
        return [story for section in self.sections for story in section.stories]

    @property
    def chosen_for(self) -> list[Group]:
        """The stories of the edition by the reason for which they are in it."""
        together = groupby(self.chosen, key=lambda story: story.why)
        return [Group(why, tuple(found)) for why, found in together]

    @property
    def dropped(self) -> list[Story]:
        """The candidates that are not in the edition."""
        return [story for group in self.left_out for story in group.stories]

    @property
    def candidates(self) -> int:
        """How many articles there were to choose from."""
        return len(self.chosen) + len(self.dropped)

    def find(self, article_id: str) -> Story | None:
        """Return the story of that article, or None."""
        return next((s for s in (*self.chosen, *self.dropped) if s.article.id == article_id), None)


NO_STORIES = Stories()


def _chosen(chosen: Chosen, newsletter: Newsletter, wanted: Mapping[str, Depth]) -> Story:
    return Story(
        article=chosen.article,
        why=words.why_chosen(chosen.reason, chosen.article, newsletter),
        day=words.day(chosen.article.published_at, newsletter),
        position=chosen.position,
        depth=chosen.depth,
        wanted=wanted.get(chosen.article.id, chosen.depth),
    )


def _left_out(dropped: Sequence[Dropped], newsletter: Newsletter) -> tuple[Group, ...]:
    """Group by reason, in the order in which the selection knows them; the best ranked first within."""
    order = list(Reason)
    ordered = sorted(dropped, key=lambda d: order.index(d.reason))
    groups = []
    for reason, together in groupby(ordered, key=lambda d: d.reason):
        stories = tuple(
            Story(
                article=d.article,
                why=words.why_dropped(reason, d.article, newsletter),
                day=words.day(d.article.published_at, newsletter),
            )
            for d in together
        )
        groups.append(Group(words.dropped_group(reason, newsletter), stories))
    return tuple(groups)


def arrange(selection: Selection, newsletter: Newsletter, wanted: Mapping[str, Depth]) -> Stories:
    """Group a reader's selection as the studio shows it; `wanted` are the depths that the reader asked for, by id."""
    chosen = [_chosen(c, newsletter, wanted) for c in selection.chosen]
    sections = groupby(chosen, key=lambda story: story.article.category.casefold())
    groups = [tuple(together) for _, together in sections]
    outside = sum(d.reason in OUTSIDE_TOPICS for d in selection.dropped)
    return Stories(
        sections=tuple(Group(stories[0].article.category, stories) for stories in groups),
        left_out=_left_out(selection.dropped, newsletter),
        in_topics=len(selection.chosen) + len(selection.dropped) - outside,
    )
