"""Pure: which articles, in which order and depth, for this reader, and why not the others.

The rules, in this order:

1. Sections stand in the reader's order of categories; without a choice, in the newsletter's. Muted ones are left out.
2. A story that several outlets tell is there once: told by the best-ranked article that this reader may have.
3. Within a section the article with the highest score comes first (`ranking`).
4. Every section gives its first article before any gives its second, and so on, until the issue is full
   (`max_articles`, or fewer where the reader wants fewer): a long first section never starves the last one. A section
   gives at most `max_per_category`.
5. No domain gives more than `max_per_domain` (0: no limit), except where a section would stay empty.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from digest.choices import Choices
from digest.model import Article, Depth, Newsletter
from digest.ranking import Pool, Ranked
from subscribers.model import Preferences


class Reason(StrEnum):
    """Why a candidate is in a reader's edition, or is not; each one in a word that `explain` prints."""

    CHOSEN_CATEGORY = "chosen_category"  #: the reader chose its category
    EVERY_CATEGORY = "every_category"  #: the reader chose nothing, which means everything
    PINNED = "pinned"  #: an editor pinned it, in a category that the reader gets
    UPDATED = "updated"  #: the reader had it, and it has changed materially since
    WITHDRAWN = "withdrawn"  #: an editor withdrew it
    NOT_CHOSEN = "not_chosen"  #: the reader chose other categories
    NOT_IN_NEWSLETTER = "not_in_newsletter"  #: the newsletter has no such category
    MUTED = "muted"  #: the reader muted its source or its category
    RECEIVED = "received"  #: the reader already got it in another issue
    STORY_RECEIVED = "story_received"  #: the reader already got the story, from another outlet
    BEFORE_WINDOW = "before_window"  #: it is older than the reader's last issue
    SAME_ARTICLE = "same_article"  #: it is in the edition already, under another category or from another source
    SAME_STORY = "same_story"  #: another outlet's article tells the story better, or in the reader's language
    DOMAIN_FULL = "domain_full"  #: `max_per_domain` of its source rank higher
    CATEGORY_FULL = "category_full"  #: `max_per_category` rank higher
    ISSUE_FULL = "issue_full"  #: `max_articles` were chosen, the newsletter's or the reader's
    TOO_FEW = "too_few"  #: fewer than `min_articles` were left, so this reader gets no mail
    MORE_ON_WEB = "more_on_web"  #: the mail has no room left for it; the page in the browser shows it


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate in the edition: `position` counts from 1 through the whole of it."""

    article: Article
    position: int
    depth: Depth
    reason: Reason
    rank: int  #: 1 for what was chosen first; what was chosen last gives way first when a mail grows too large


class Picked(NamedTuple):
    """A reader's articles; none of those that were found where they are too few for a mail."""

    chosen: tuple[Chosen, ...]
    found: int


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
    known = {category.casefold(): category for category in newsletter.categories}
    chosen = preferences.categories or newsletter.categories
    muted = {name.casefold() for name in preferences.muted}
    keys = dict.fromkeys(category.casefold() for category in chosen)
    return [known[key] for key in keys if key in known and key not in muted]


class _Reader:
    """One reader's way through the pool, from the first question to the last."""

    def __init__(self, pool: Pool, choices: Choices) -> None:
        self.pool, self.choices = pool, choices
        self.sections = [name.casefold() for name in sections(choices.preferences, pool.newsletter)]
        self.ranking = pool.rankings.get(choices.language) or pool.rankings[""]
        self._wanted = frozenset(self.sections)
        self._known = frozenset(category.casefold() for category in pool.newsletter.categories)
        self._muted_names = {name.casefold() for name in choices.preferences.muted}
        self._muted = frozenset[str]().union(*(pool.domains.get(name, ()) for name in self._muted_names))
        self._received, self._told = frozenset(choices.received), frozenset(choices.told)
        self.revised = frozenset(choices.revised)
        self._tellers: dict[str, str] = {}
        newsletter, wanted = pool.newsletter, choices.preferences.max_articles
        self.most = newsletter.max_articles if wanted is None else min(wanted, newsletter.max_articles)
        self.least = min(newsletter.min_articles, self.most)  # who wants few gets them

    def obstacle(self, one: Ranked) -> Reason | None:
        """Return what keeps an article from this reader whatever the others are, or None."""
        if one.candidate.is_withdrawn:
            return Reason.WITHDRAWN
        if one.category not in self._wanted:
            return self._outside(one.category)
        if one.domain in self._muted:
            return Reason.MUTED
        return self._had(one)

    def _had(self, one: Ranked) -> Reason | None:
        """Return how the reader had an article before, or None where it is new or has changed."""
        if one.id in self.revised:
            return None
        if one.id in self._received:
            return Reason.RECEIVED
        if one.id in self._told:
            return Reason.STORY_RECEIVED
        return Reason.BEFORE_WINDOW if one.fresh_at < self.choices.since else None

    def _outside(self, category: str) -> Reason:
        if category not in self._known:
            return Reason.NOT_IN_NEWSLETTER
        return Reason.MUTED if category in self._muted_names else Reason.NOT_CHOSEN

    def teller(self, one: Ranked) -> str:
        """Return the id of the article that tells this one's story to this reader, who may have this one."""
        story = one.candidate.story
        tellers = self.pool.stories[story]
        if len(tellers) == 1:
            return one.id
        if story not in self._tellers:
            allowed = [other.id for other in tellers if self.obstacle(other) is None]
            self._tellers[story] = min(allowed, key=self.ranking.places.__getitem__)
        return self._tellers[story]

    def queue(self, section: str) -> Iterator[Ranked]:
        """Yield the articles that a section can give, the best first."""
        for one in self.ranking.sections.get(section, ()):
            if self.obstacle(one) is None and self.teller(one) == one.id:
                yield one

    def depth(self) -> Mapping[str, Depth]:
        """Return the depth that the reader wants of each category that they named one for."""
        return {category.casefold(): depth for category, depth in self.choices.preferences.depth}

    def reason(self, one: Ranked) -> Reason:
        """Return why an article is in the edition."""
        if one.id in self.revised:
            return Reason.UPDATED
        if one.candidate.is_pinned:
            return Reason.PINNED
        return Reason.CHOSEN_CATEGORY if self.choices.preferences.categories else Reason.EVERY_CATEGORY


@dataclass(slots=True)
class _Deal:
    """What the sections gave, and what they held back because its domain had given enough."""

    given: list[list[Ranked]]
    held: list[list[Ranked]]
    places: int
    ranks: dict[str, int] = field(default_factory=dict)  #: by id
    domains: Counter[str] = field(default_factory=Counter)

    def give(self, section: int, one: Ranked) -> None:
        """Put an article into the edition."""
        self.given[section].append(one)
        self.ranks[one.id] = len(self.ranks) + 1
        self.domains[one.domain] += 1
        self.places -= 1

    def next_of(self, section: int, queue: Iterator[Ranked], limit: int) -> Ranked | None:
        """Return the section's next article; over the limit only where the section would stay empty."""
        for one in queue:
            if not limit or self.domains[one.domain] < limit:
                return one
            self.held[section].append(one)
        if not self.given[section] and self.held[section]:
            return self.held[section].pop(0)
        return None


def _deal(reader: _Reader) -> _Deal:
    """Let each section give one article a round, until the issue is full or nothing is left."""
    newsletter = reader.pool.newsletter
    empty: list[list[Ranked]] = [[] for _ in reader.sections]
    deal = _Deal(empty, [[] for _ in reader.sections], reader.most)
    queues = dict(enumerate(reader.queue(section) for section in reader.sections))
    for _ in range(newsletter.max_per_category):
        for section, queue in list(queues.items()):
            if not deal.places:
                return deal
            one = deal.next_of(section, queue, newsletter.max_per_domain)
            if one is None:
                del queues[section]
            else:
                deal.give(section, one)
    return deal


def _chosen(reader: _Reader, deal: _Deal) -> tuple[Chosen, ...]:
    """Return what was dealt in the edition's order, or nothing where it is too little for a mail."""
    dealt = [one for given in deal.given for one in sorted(given, key=lambda one: reader.ranking.places[one.id])]
    if len(dealt) < reader.least:
        return ()
    depths = reader.depth()
    return tuple(
        Chosen(
            article=one.candidate.article,
            position=position,
            depth=depths.get(one.category, Depth.BRIEF),
            reason=reader.reason(one),
            rank=deal.ranks[one.id],
        )
        for position, one in enumerate(dealt, start=1)
    )


def pick(pool: Pool, choices: Choices) -> Picked:
    """Choose a reader's articles; the same input always gives the same result."""
    reader = _Reader(pool, choices)
    deal = _deal(reader)
    return Picked(_chosen(reader, deal), sum(map(len, deal.given)))


def _surplus(reader: _Reader, deal: _Deal, one: Ranked) -> Reason:
    """Say which limit an article met that its section could have given."""
    section = reader.sections.index(one.category)
    if one in deal.held[section]:
        return Reason.DOMAIN_FULL
    full = len(deal.given[section]) >= reader.pool.newsletter.max_per_category
    return Reason.CATEGORY_FULL if full else Reason.ISSUE_FULL


def _why_not(reader: _Reader, deal: _Deal, one: Ranked, by_id: Mapping[str, Ranked]) -> Reason:
    """Say why an article that was not dealt is not in the edition."""
    if obstacle := reader.obstacle(one):
        return obstacle
    if (teller := reader.teller(one)) != one.id:
        same = by_id[teller].candidate.article.canonical_url == one.candidate.article.canonical_url
        return Reason.SAME_ARTICLE if same else Reason.SAME_STORY
    return _surplus(reader, deal, one)


def select(pool: Pool, choices: Choices) -> Selection:
    """Choose as `pick` does, and give the reason for every candidate."""
    reader = _Reader(pool, choices)
    deal = _deal(reader)
    chosen = _chosen(reader, deal)
    dealt = {one.id for given in deal.given for one in given}
    by_id = {one.id: one for one in pool.candidates}
    dropped = [
        Dropped(one.candidate.article, Reason.TOO_FEW if one.id in dealt else _why_not(reader, deal, one, by_id))
        for one in pool.candidates
        if not chosen or one.id not in dealt
    ]
    dropped.sort(key=lambda d: reader.ranking.places[d.article.id])
    return Selection(chosen, tuple(dropped))
