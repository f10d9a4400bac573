"""People from a file. An import adds and updates; it never brings back somebody who left or must not be mailed."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from digest import db
from digest.errors import SourceError, UsageError
from digest.tables import subscribers
from subscribers import consent, enrolment, sheets, store, suppression
from subscribers.enrolment import Newcomer
from subscribers.entries import Entry, Terms, foreign_reader, own_reader
from subscribers.exports import known
from subscribers.exports.program import Program, Segment, segment
from subscribers.labels import Labels
from subscribers.model import Status, Subscriber

T = TypeVar("T")
CHUNK = 5_000  # rows a transaction: half the disk writing of 2,000, and it still takes only a third of a second
EXAMPLES = 5  # of each outcome that a result names

Begin = Callable[[Collection[str]], AbstractContextManager[Connection]]  #: a transaction about people of these keys


class Outcome(StrEnum):
    """What became of a row."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"  #: about somebody who left or must not be mailed: they stay as they are


class Example(NamedTuple):
    """One row that was taken: whose it is, what became of it, and what that means in words."""

    email: str
    outcome: Outcome
    what: str


@dataclass(slots=True)
class Result:
    """How many rows had which outcome, the first few of each, and which were not taken."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    rejected: list[sheets.Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def count(self, outcome: Outcome, number: int, some: Iterable[tuple[str, str]]) -> None:
        """Add rows of one outcome; `some` are addresses and what happened, for examples as far as there is room."""
        if not number:
            return
        self.outcomes[outcome] += number
        room = EXAMPLES - sum(example.outcome is outcome for example in self.examples)
        self.examples.extend(Example(email, outcome, what) for email, what in islice(some, room))

    def include(self, other: "Result") -> None:
        """Add what another sheet of the same file came to."""
        for outcome, number in other.outcomes.items():
            some = [(example.email, example.what) for example in other.examples if example.outcome is outcome]
            self.count(outcome, number, some)
        self.rejected += other.rejected
        self.warnings += other.warnings


def _waves(entries: Iterable[tuple[str, Entry]]) -> Iterator[dict[str, Entry]]:
    """Yield the entries by `email_key`, each person once a wave: what comes later in the file comes in a later wave."""
    waves: list[dict[str, Entry]] = []
    seen: Counter[str] = Counter()
    for key, entry in entries:
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
    return suppression.add(connection, person.email, reason=reason, source=source, secret=terms.secret, now=terms.now)


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
        preferred_time=_changed(entry.preferred_time, person.preferred_time),
    )


def _in_words(entry: Entry, changes: store.Changes | None, lists: Sequence[str], ends: bool) -> str:
    """Say what a row changes about somebody who is stored already."""
    changed = sorted(changes.columns()) if changes else []
    parts = [
        f"{', '.join(changed)} changed" if changed else "",
        f"joins {', '.join(lists)}" if lists else "",
        f"ends: {entry.suppressed or ', '.join(entry.left) or entry.status or 'paused'}" if ends else "",
    ]
    return "; ".join(part for part in parts if part) or "confirmed"


def _update(connection: Connection, taken: Sequence[tuple[Subscriber, Entry]], terms: Terms, result: Result) -> None:
    """Take rows about people who are stored already. A row may end what somebody agreed to, and never renews it."""
    staying = [
        (person, entry)
        for person, entry in taken
        if person.suppressed is None and person.status is not Status.UNSUBSCRIBED
    ]
    changes = {person.id: what for person, entry in staying if (what := _changes(person, entry)).columns()}
    lists = {person.id: names for person, entry in staying if (names := _joining(person, entry, terms))}
    confirmed = {person.id: entry.evidence for person, entry in staying if _is_confirmed_by(entry, person)}
    evidence = {person.id: entry.evidence for person, entry in staying if person.id in lists} | confirmed
    store.change_all(connection, changes, now=terms.now)
    store.join(connection, lists, now=terms.now)
    enrolment.record_import(connection, lists, confirmed, evidence=evidence, source=terms.source, now=terms.now)
    ended = {
        person.id
        for person, entry in staying
        if any([step(connection, person, entry, terms) for step in (_pause, _leave, _suppress)])
    }
    updated = changes.keys() | lists.keys() | confirmed.keys() | ended
    result.count(
        Outcome.UPDATED,
        len(updated),
        (
            (person.email, _in_words(entry, changes.get(person.id), lists.get(person.id, ()), person.id in ended))
            for person, entry in staying
            if person.id in updated
        ),
    )
    result.count(Outcome.UNCHANGED, len(staying) - len(updated), ())
    gone = ((person.email, person.suppressed or str(person.status)) for person, _ in taken)
    stay = {person.email for person, _ in staying}
    result.count(Outcome.SKIPPED, len(taken) - len(staying), (pair for pair in gone if pair[0] not in stay))


def _welcome(newcomer: Newcomer) -> str:
    """Say what is stored of somebody new."""
    wants = f"categories {', '.join(newcomer.preferences.categories) or 'all'}"
    status = f"{newcomer.status}, never mailed: {newcomer.suppressed}" if newcomer.suppressed else str(newcomer.status)
    return f"{status}; lists {', '.join(newcomer.lists)}; {wants}"


def _add(connection: Connection, entries: Mapping[str, Entry], terms: Terms, result: Result) -> None:
    """Store people who are not known, but for those whose suppression outlived their erasure."""
    digests = {key: store.email_digest(key, terms.secret) for key in entries}
    refused = suppression.reasons(connection, list(digests.values()))
    welcome = {key: e.newcomer(terms.default_lists) for key, e in entries.items() if digests[key] not in refused}
    ids = enrolment.enrol(connection, welcome, source=terms.source, secret=terms.secret, now=terms.now)
    result.count(Outcome.ADDED, len(ids), ((welcome[key].email, _welcome(welcome[key])) for key in ids))
    erased = ((entry.email, "left or was suppressed before") for key, entry in entries.items() if key not in welcome)
    result.count(Outcome.SKIPPED, len(entries) - len(welcome), erased)
    result.count(Outcome.UNCHANGED, len(welcome) - len(ids), ())


def _enter(connection: Connection, entries: Iterable[tuple[str, Entry]], terms: Terms, result: Result) -> None:
    """Take some hundreds of rows by `email_key`; of two about one person, the later one has the last word."""
    for wave in _waves(entries):
        found = store.by_keys(connection, wave)
        if found:  # who leaves meanwhile is not taken back
            store.lock(connection, subscribers.c.email_key.in_(found))
            found = store.by_keys(connection, found)
        _update(connection, [(found[key], entry) for key, entry in wave.items() if key in found], terms, result)
        _add(connection, {key: entry for key, entry in wave.items() if key not in found}, terms, result)


def _reader(
    sheet: sheets.Sheet, terms: Terms, program: Program | None, labels: Labels
) -> Callable[[Mapping[str, str]], Entry]:
    """Return what checks a row of the sheet. Raises SourceError when its people never agreed, or have no address."""
    if program is not None:
        if segment(sheet.name) is Segment.NEVER_ASKED:
            raise SourceError(
                f"{sheet.name} is, by its name, a file of people who never agreed to mail: there is nothing to import. "
                "If they did, rename it"
            )
        return foreign_reader(program, sheet.name, terms, labels)
    if "email" not in sheet.columns:
        found = known.found_columns(sheet.columns)
        raise SourceError(f"{sheet.name} has no column “email”: {known.expected()}; it names {found}")
    return own_reader(terms)


def _checked(
    rows: Iterable[sheets.Row | sheets.Rejection], read: Callable[[Mapping[str, str]], Entry], result: Result
) -> list[tuple[str, Entry]]:
    """Return the rows that can be taken, by `email_key`, and note the others in the result."""
    entries = []
    for row in rows:
        if isinstance(row, sheets.Rejection):
            result.rejected.append(row)
            continue
        try:
            entry = read(row.cells)
        except UsageError as error:
            result.rejected.append(sheets.Rejection(row.line, str(error)))
        else:
            entries.append((store.email_key(entry.email), entry))
    return entries


def take(
    begin: Begin,
    sheet: sheets.Sheet,
    terms: Terms,
    *,
    program: Program | None = None,
    progress: Callable[[int], object] = lambda _: None,
    chunk_rows: int = CHUNK,
) -> Result:
    """Take in a whole sheet, in our columns or another program's, in transactions of so many rows that `begin` gives.

    `progress` gets the number of bytes read so far. Raises SourceError when the sheet has no addresses.
    """
    labels = Labels(terms.categories, program.label_columns if program else frozenset())
    read = _reader(sheet, terms, program, labels)
    result = Result(warnings=[*sheet.assumed, *(program.notes if program else sheet.unknown)])
    rows = sheet.rows()
    while chunk := list(islice(rows, chunk_rows)):
        entries = _checked(chunk, read, result)
        with begin([key for key, _ in entries]) as connection:
            _enter(connection, entries, terms, result)
        progress(sheet.bytes_read)
    result.warnings += labels.warnings()
    return result


def writing(engine: Engine) -> Begin:
    """Return what begins a transaction that is kept."""
    return lambda _: db.transaction(engine)


def run(
    engine: Engine, sheet: sheets.Sheet, terms: Terms, *, progress: Callable[[int], object] = lambda _: None
) -> Result:
    """Import a sheet in our columns, as `take` does.

    Running it again, after an interruption for example, changes nothing that is done already.
    """
    return take(writing(engine), sheet, terms, progress=progress)
