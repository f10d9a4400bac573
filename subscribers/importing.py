"""People from a CSV file. An import adds and updates; it never brings back somebody who left or must not be mailed."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine

from digest import db
from digest.errors import SourceError, UsageError
from digest.model import Depth, Newsletter
from subscribers import consent, fields, sheets, store
from subscribers.model import Frequency, Preferences, Status, Subscriber

T = TypeVar("T")
CHUNK = 500  # rows a transaction: a long import lets others write in between, and loses little when it is killed
DEFAULT_LIST = "readers"
_FOREIGN = {  # columns that only that program's export has
    "Mailchimp": {"email_address", "leid", "euid"},
    "listmonk": {"uuid", "attributes"},
    "Substack": {"active_subscription", "email_disabled"},
}


class Outcome(StrEnum):
    """What became of a row."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"  #: about somebody who left or must not be mailed: they stay as they are


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

    def preferences(self, before: Preferences) -> Preferences:
        """Return what the person wants once the row is taken."""
        return Preferences(
            categories=self.categories or before.categories,
            depth=self.depth or before.depth,
            muted=self.muted or before.muted,
        )

    def newcomer(self, default_lists: tuple[str, ...]) -> consent.Newcomer:
        """Return somebody whom nothing but this row is known of."""
        status = self.status or Status.CONFIRMED
        if self.paused_until and status is Status.CONFIRMED:
            status = Status.PAUSED
        return consent.Newcomer(
            email=self.email,
            name=self.name or "",
            status=status,
            preferences=self.preferences(Preferences()),
            frequency=self.frequency or Frequency.EVERY_ISSUE,
            timezone=self.timezone or "",
            language=self.language or "",
            paused_until=self.paused_until if status is Status.PAUSED else None,
            lists=self.lists or default_lists,
            left=self.left,
            suppressed=self.suppressed,
        )


@dataclass(slots=True)
class Result:
    """How many rows had which outcome, and which were not taken."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    rejected: list[sheets.Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def _ours(sheet: sheets.Sheet) -> str:
    found = ", ".join(name[:30] for name in sheet.columns[:12] if name)
    expected = ",".join(sheets.COLUMNS[:7])
    return f"the first line must name our columns, {expected}, of which only email is needed; it names {found}"


def refuse_foreign(sheet: sheets.Sheet) -> None:
    """Refuse the export of another program, whose own columns about consent would be overlooked.

    Raises SourceError, which names the columns that we read.
    """
    for program, columns in _FOREIGN.items():
        if not columns.isdisjoint(sheet.columns):
            raise SourceError(f"{sheet.name} is an export of {program}, not a file in our columns: {_ours(sheet)}")


def _read(cells: Mapping[str, str], column: str, read: Callable[[str], T]) -> T | None:
    return read(cells[column]) if column in cells else None


def _entry(cells: Mapping[str, str], terms: Terms) -> Entry:
    """Check a row's cells; raises UsageError at the first that is wrong."""

    def several(column: str) -> list[str]:
        return fields.split(cells.get(column, ""))

    return Entry(
        email=fields.email(cells.get("email", "")),
        name=_read(cells, "name", fields.clean),
        categories=terms.categories.chosen(several("categories")),
        frequency=_read(cells, "frequency", fields.frequency),
        timezone=_read(cells, "timezone", fields.timezone),
        language=_read(cells, "language", fields.language),
        lists=fields.lists([*several("list"), *terms.lists]),
        status=_read(cells, "status", fields.status),
        depth=terms.categories.depths(fields.split_pairs(cells.get("depth", ""))),
        muted=terms.categories.muted(several("muted")),
        paused_until=_read(cells, "paused_until", fields.instant),
        suppressed=_read(cells, "suppressed", fields.clean),
        left=fields.slugs(several("left")),
    )


def _checked(rows: Iterable[sheets.Row | sheets.Rejection], terms: Terms, result: Result) -> list[Entry]:
    """Return the rows that can be taken, and note the others in the result."""
    entries = []
    for row in rows:
        if isinstance(row, sheets.Rejection):
            result.rejected.append(row)
            continue
        try:
            entries.append(_entry(row.cells, terms))
        except UsageError as error:
            result.rejected.append(sheets.Rejection(row.line, str(error)))
    return entries


def _waves(entries: Iterable[Entry]) -> Iterator[dict[str, Entry]]:
    """Yield the entries by `email_key`, each person once a wave: what comes later in the file comes in a later wave."""
    waves: list[dict[str, Entry]] = []
    seen: Counter[str] = Counter()
    for entry in entries:
        key = store.email_key(entry.email)
        if seen[key] == len(waves):
            waves.append({})
        waves[seen[key]][key] = entry
        seen[key] += 1
    yield from waves


def _leave(connection: Connection, person: Subscriber, entry: Entry, terms: Terms) -> bool:
    """End the subscriptions that the row says are ended; return whether there were any."""
    leaving: list[str | None] = [slug for slug in entry.left if slug not in person.left]
    if entry.status is Status.UNSUBSCRIBED:
        leaving.append(None)
    for slug in leaving:
        consent.unsubscribe(connection, person, terms.newsletters, newsletter=slug, source=terms.source, now=terms.now)
    return bool(leaving)


def _suppress(connection: Connection, person: Subscriber, entry: Entry, terms: Terms) -> bool:
    if not entry.suppressed:
        return False
    reason, source = entry.suppressed, terms.source
    return consent.suppress(connection, person.email, reason=reason, source=source, secret=terms.secret, now=terms.now)


def _pause(connection: Connection, person: Subscriber, entry: Entry, terms: Terms) -> bool:
    until = entry.paused_until
    if until is None or until <= terms.now or until == person.paused_until:
        return False
    return consent.pause(connection, person, until, source=terms.source, now=terms.now) is Status.PAUSED


def _joining(person: Subscriber, entry: Entry, terms: Terms) -> list[str]:
    """Return the lists that the row adds; the default list only to somebody who is on none."""
    lists = entry.lists if entry.lists or person.lists else terms.default_lists
    return [name for name in lists if name not in person.lists]


def _is_confirmed_by(entry: Entry, person: Subscriber) -> bool:
    return person.status is Status.PENDING and entry.status in (None, Status.CONFIRMED, Status.PAUSED)


def _changed(said: T | None, before: T) -> T | None:
    return None if said == before else said


def _changes(person: Subscriber, entry: Entry) -> store.Changes:
    return store.Changes(
        name=_changed(entry.name, person.name),
        preferences=_changed(entry.preferences(person.preferences), person.preferences),
        frequency=_changed(entry.frequency, person.frequency),
        timezone=_changed(entry.timezone, person.timezone),
        language=_changed(entry.language, person.language),
    )


def _update(connection: Connection, known: Sequence[tuple[Subscriber, Entry]], terms: Terms) -> Counter[Outcome]:
    """Take rows about people who are stored already. A row may end what somebody agreed to, and never renews it."""
    staying = [
        (person, entry)
        for person, entry in known
        if person.suppressed is None and person.status is not Status.UNSUBSCRIBED
    ]
    changes = {person.id: what for person, entry in staying if (what := _changes(person, entry)).columns()}
    lists = {person.id: names for person, entry in staying if (names := _joining(person, entry, terms))}
    confirmed = {person.id for person, entry in staying if _is_confirmed_by(entry, person)}
    store.change_all(connection, changes, now=terms.now)
    store.join(connection, lists, now=terms.now)
    consent.record_import(connection, lists, confirmed, source=terms.source, now=terms.now)
    withdrawn = {
        person.id
        for person, entry in staying
        if any([step(connection, person, entry, terms) for step in (_pause, _leave, _suppress)])
    }
    updated = len(changes.keys() | lists.keys() | confirmed | withdrawn)
    return Counter(
        {
            Outcome.UPDATED: updated,
            Outcome.UNCHANGED: len(staying) - updated,
            Outcome.SKIPPED: len(known) - len(staying),
        }
    )


def _add(connection: Connection, entries: Mapping[str, Entry], terms: Terms) -> Counter[Outcome]:
    """Store people who are not known, but for those whose suppression outlived their erasure."""
    digests = {key: store.email_digest(key, terms.secret) for key in entries}
    refused = consent.suppressed(connection, list(digests.values()))
    welcome = {key: e.newcomer(terms.default_lists) for key, e in entries.items() if digests[key] not in refused}
    ids = consent.enrol(connection, welcome, source=terms.source, secret=terms.secret, now=terms.now)
    return Counter(
        {
            Outcome.ADDED: len(ids),
            Outcome.SKIPPED: len(entries) - len(welcome),
            Outcome.UNCHANGED: len(welcome) - len(ids),
        }
    )


def enter(connection: Connection, entries: Iterable[Entry], terms: Terms) -> Counter[Outcome]:
    """Take some hundreds of rows; of two about one person, the later one has the last word."""
    outcomes: Counter[Outcome] = Counter()
    for wave in _waves(entries):
        known = store.by_keys(connection, wave)
        outcomes.update(_update(connection, [(person, wave[key]) for key, person in known.items()], terms))
        outcomes.update(_add(connection, {key: entry for key, entry in wave.items() if key not in known}, terms))
    return outcomes


def run(
    engine: Engine, sheet: sheets.Sheet, terms: Terms, *, progress: Callable[[int], object] = lambda _: None
) -> Result:
    """Import a whole sheet in transactions of 500 rows; `progress` gets the number of bytes read so far.

    Running it again, after an interruption for example, changes nothing that is done already. Raises SourceError when
    the sheet has no addresses.
    """
    if "email" not in sheet.columns:
        raise SourceError(f"{sheet.name} has no column “email”: {_ours(sheet)}")
    result = Result(warnings=sheet.unknown)
    rows = sheet.rows()
    while chunk := list(islice(rows, CHUNK)):
        entries = _checked(chunk, terms, result)
        with db.transaction(engine) as connection:
            result.outcomes += enter(connection, entries, terms)
        progress(sheet.bytes_read)
    return result
