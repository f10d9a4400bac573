"""Pure: which articles, in which order and depth, for these preferences, and why not the others.

The rules, in this order:

1. Sections stand in the reader's order of categories; without a choice, in the newsletter's.
2. Within a section the newest article comes first; equal instants go by id.
3. Every section gives its first article before any gives its second, and so on, until the issue is full:
   a long first section never starves the last one. A section gives at most `max_per_category`.
4. An article is there once, even if it was filed under two categories: its first section keeps it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from digest.model import Article, Depth, Newsletter
from subscribers.model import Preferences


class Reason(StrEnum):
    """Why a candidate is in a reader's edition, or is not; each one in a word that `explain` prints."""

    CHOSEN_CATEGORY = "chosen_category"  #: the reader chose its category
    EVERY_CATEGORY = "every_category"  #: the reader chose nothing, which means everything
    NOT_CHOSEN = "not_chosen"  #: the reader chose other categories
    NOT_IN_NEWSLETTER = "not_in_newsletter"  #: the newsletter has no such category
    MUTED = "muted"  #: the reader muted its source
    RECEIVED = "received"  #: the reader already got it in another issue
    SAME_ARTICLE = "same_article"  #: it stands in an earlier section already, under another category
    CATEGORY_FULL = "category_full"  #: `max_per_category` newer ones were chosen
    ISSUE_FULL = "issue_full"  #: `max_articles` were chosen
    TOO_FEW = "too_few"  #: fewer than `min_articles` were left, so this reader gets no mail


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate in the edition: `position` counts from 1 through the whole of it."""

    article: Article
    position: int
    depth: Depth
    reason: Reason


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that is not in the edition."""

    article: Article
    reason: Reason


@dataclass(frozen=True, slots=True)
class Selection:
    """Every candidate exactly once: chosen, in the edition's order, or dropped."""

    chosen: tuple[Chosen, ...]
    dropped: tuple[Dropped, ...]


def sections(preferences: Preferences, newsletter: Newsletter) -> list[str]:
    """Return the newsletter’s categories that this reader gets: in the reader’s order, in the newsletter’s spelling."""
    if not preferences.categories:
        return list(newsletter.categories)
    known = {category.casefold(): category for category in newsletter.categories}
    keys = dict.fromkeys(category.casefold() for category in preferences.categories)
    return [known[key] for key in keys if key in known]


def newest_first(article: Article) -> tuple[float, str]:
    """Return the key that sorts articles as sections show them."""
    return -article.published_at.timestamp(), article.id


def _obstacle(
    article: Article, wanted: Collection[str], known: Collection[str], muted: Collection[str], received: Collection[str]
) -> Reason | None:
    """Return what keeps an article from this reader whatever the others are, or None."""
    if article.category.casefold() not in known:
        return Reason.NOT_IN_NEWSLETTER
    if article.category.casefold() not in wanted:
        return Reason.NOT_CHOSEN
    if article.domain in muted:
        return Reason.MUTED
    if article.id in received:
        return Reason.RECEIVED
    return None


def _once(queues: Sequence[Sequence[Article]]) -> tuple[list[list[Article]], list[Dropped]]:
    """Keep each address in the first section that has it."""
    seen: set[str] = set()
    kept: list[list[Article]] = []
    repeated: list[Dropped] = []
    for queue in queues:
        kept.append([])
        for article in queue:
            if article.url in seen:
                repeated.append(Dropped(article, Reason.SAME_ARTICLE))
            else:
                seen.add(article.url)
                kept[-1].append(article)
    return kept, repeated


def _deal(lengths: Sequence[int], newsletter: Newsletter) -> list[int]:
    """Return how many articles each section gives: one a round from each, until the issue is full."""
    given = [0] * len(lengths)
    places = newsletter.max_articles
    for turn in range(min(newsletter.max_per_category, max(lengths, default=0))):
        for number, length in enumerate(lengths):
            if places and turn < length:
                given[number] += 1
                places -= 1
    return given


def _surplus(queue: Sequence[Article], given: int, newsletter: Newsletter) -> list[Dropped]:
    """Say of each article that a section has too many which of the two limits it met."""
    full = [Reason.ISSUE_FULL] * (min(len(queue), newsletter.max_per_category) - given)
    reasons = full + [Reason.CATEGORY_FULL] * (len(queue) - given - len(full))
    return [Dropped(article, reason) for article, reason in zip(queue[given:], reasons, strict=True)]


def select(
    candidates: Sequence[Article], preferences: Preferences, newsletter: Newsletter, *, received: Collection[str] = ()
) -> Selection:
    """Choose a reader's articles among the candidates; the same input always gives the same result."""
    order = sections(preferences, newsletter)
    wanted = {category.casefold(): number for number, category in enumerate(order)}
    known = {category.casefold() for category in newsletter.categories}
    depths = {category.casefold(): depth for category, depth in preferences.depth}
    queues: list[list[Article]] = [[] for _ in order]
    dropped: list[Dropped] = []
    for article in sorted(candidates, key=newest_first):
        if obstacle := _obstacle(article, wanted, known, preferences.muted, received):
            dropped.append(Dropped(article, obstacle))
        else:
            queues[wanted[article.category.casefold()]].append(article)
    queues, repeated = _once(queues)
    dropped += repeated
    reason = Reason.CHOSEN_CATEGORY if preferences.categories else Reason.EVERY_CATEGORY
    chosen: list[Chosen] = []
    for queue, given in zip(queues, _deal([len(queue) for queue in queues], newsletter), strict=True):
        for article in queue[:given]:
            depth = depths.get(article.category.casefold(), Depth.BRIEF)
            chosen.append(Chosen(article, len(chosen) + 1, depth, reason))
        dropped += _surplus(queue, given, newsletter)
    if len(chosen) < newsletter.min_articles:
        return Selection((), (*(Dropped(c.article, Reason.TOO_FEW) for c in chosen), *dropped))
    return Selection(tuple(chosen), tuple(dropped))
