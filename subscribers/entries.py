"""One row about a person, checked: an entry, and what it makes of somebody new or known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from digest.errors import UsageError
from digest.model import Depth, Newsletter
from subscribers import fields
from subscribers.enrolment import Newcomer
from subscribers.exports.program import Program, segment
from subscribers.labels import Labels
from subscribers.model import Frequency, Preferences, Status

T = TypeVar("T")
DEFAULT_LIST = "readers"
_SAME_CELLS = 4096  # of one column that are read once: most people choose as many others do


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the rows of a file are read against."""

    categories: fields.Categories
    newsletters: Sequence[Newsletter]
    lists: tuple[str, ...]  #: everybody in the file joins these too
    source: str  #: where the consent comes from, for the records
    secret: bytes
    now: datetime

    @property
    def default_lists(self) -> tuple[str, ...]:
        """The lists of people whose row names none."""
        return self.newsletters[0].lists[:1] if self.newsletters else (DEFAULT_LIST,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row, checked. None and empty tuples stand for empty cells, which say nothing."""

    email: str
    name: str | None
    categories: tuple[str, ...]
    frequency: Frequency | None
    timezone: str | None
    language: str | None
    lists: tuple[str, ...]
    status: Status | None
    depth: tuple[tuple[str, Depth], ...]
    muted: tuple[str, ...]
    paused_until: datetime | None
    suppressed: str | None
    left: tuple[str, ...]
    max_articles: int | None
    preferred_time: str | None
    evidence: str = ""  #: what another program recorded of the consent

    def preferences(self, before: Preferences) -> Preferences:
        """Return what the person wants once the row is taken."""
        return Preferences(
            categories=self.categories or before.categories,
            depth=self.depth or before.depth,
            muted=self.muted or before.muted,
            max_articles=self.max_articles or before.max_articles,
        )

    def newcomer(self, default_lists: tuple[str, ...]) -> Newcomer:
        """Return somebody whom nothing but this row is known of."""
        status = self.status or Status.CONFIRMED
        if self.paused_until and status is Status.CONFIRMED:
            status = Status.PAUSED
        return Newcomer(
            email=self.email,
            name=self.name or "",
            status=status,
            preferences=Preferences(self.categories, self.depth, self.muted, self.max_articles),
            frequency=self.frequency or Frequency.EVERY_ISSUE,
            timezone=self.timezone or "",
            language=self.language or "",
            paused_until=self.paused_until if status is Status.PAUSED else None,
            preferred_time=self.preferred_time or "",
            lists=self.lists or default_lists,
            left=self.left,
            suppressed=self.suppressed,
            evidence=self.evidence,
        )


Cells = Mapping[str, str]
Reader = Callable[[Cells], Entry]
_HINTS: dict[str, Callable[[str], object]] = {
    "frequency": fields.frequency,
    "timezone": fields.timezone,
    "language": fields.language,
}


def _once(read: Callable[[str], T]) -> Callable[[str], T | None]:
    """Return a function that reads equal cells once, and says None of an empty one."""

    @lru_cache(maxsize=_SAME_CELLS)
    def said(cell: str) -> T | None:
        return read(cell) if cell else None

    return said


def own_reader(terms: Terms) -> Callable[..., Entry]:
    """Return a function that checks a row in our columns; it raises UsageError at the first cell that is wrong."""
    categories = terms.categories
    chosen = _once(lambda cell: categories.chosen(fields.split(cell)))
    depths = _once(lambda cell: categories.depths(fields.split_pairs(cell)))
    muted = _once(lambda cell: categories.muted(fields.split(cell)))
    lists = _once(lambda cell: fields.lists([*fields.split(cell), *terms.lists]))
    left = _once(lambda cell: fields.slugs(fields.split(cell)))
    frequency, timezone, language = _once(fields.frequency), _once(fields.timezone), _once(fields.language)
    preferred_time, max_articles = _once(fields.preferred_time), _once(fields.max_articles)
    status, suppressed, instant = _once(fields.status), _once(fields.clean), _once(fields.instant)

    def entry(cells: Cells, evidence: str = "") -> Entry:
        said = cells.get
        name = said("name")
        return Entry(
            email=fields.email(said("email", "")),
            name=fields.clean(name) if name else None,
            categories=chosen(said("categories", "")) or (),
            frequency=frequency(said("frequency", "")),
            timezone=timezone(said("timezone", "")),
            language=language(said("language", "")),
            lists=lists(said("list", "")) or terms.lists,
            status=status(said("status", "")),
            depth=depths(said("depth", "")) or (),
            muted=muted(said("muted", "")) or (),
            paused_until=instant(said("paused_until", "")),
            suppressed=suppressed(said("suppressed", "")),
            left=left(said("left", "")) or (),
            max_articles=max_articles(said("max_articles", "")),
            preferred_time=preferred_time(said("preferred_time", "")),
            evidence=evidence,
        )

    return entry


def foreign_reader(program: Program, name: str, terms: Terms, labels: Labels) -> Reader:
    """Return a function that puts a row of another program's export, out of a file of this name, in our words.

    `labels` counts what nothing of ours is called. Raises UsageError as `own_reader`'s does.
    """
    part = segment(name)
    own = own_reader(terms)

    def usable(hints: Cells) -> dict[str, str]:
        kept = {}
        for column, cell in hints.items():
            try:
                _HINTS[column](cell)
            except UsageError:
                labels.count_unusable(column, cell)
            else:
                kept[column] = cell
        return kept

    def entry(cells: Cells) -> Entry:
        row = program.translate(cells, part)
        categories = fields.joined(labels.chosen(row.labels))
        return own({**usable(row.hints), **row.cells, "categories": categories}, row.evidence)

    return entry
