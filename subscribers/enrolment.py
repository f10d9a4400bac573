"""Taking in people who are not stored yet, many at once, each with the consent that they come with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, update

from digest import db
from digest.prepared import Inserted
from digest.tables import consent_events, subscribers, subscriptions, suppressions, unsubscriptions
from subscribers import record, store
from subscribers.model import Frequency, Preferences, Status
from subscribers.record import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody who is not stored yet, with the consent that they come with."""

    email: str
    name: str = ""
    status: Status = Status.CONFIRMED
    preferences: Preferences = field(default_factory=Preferences)
    frequency: Frequency = Frequency.EVERY_ISSUE
    timezone: str = ""
    language: str = ""
    preferred_time: str = ""
    paused_until: datetime | None = None
    lists: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    suppressed: str | None = None
    evidence: str = ""  #: of the consent, as whoever had the person before recorded it; kept beside the event


COLUMNS = (
    "email",
    "email_key",
    "email_digest",
    "name",
    "status",
    "preferences",
    "frequency",
    "timezone",
    "language",
    "paused_until",
    "preferred_time",
    "link_version",
    "created_at",
    "changed_at",
)
_NEWCOMERS = Inserted(subscribers, COLUMNS, [subscribers.c.email_key, subscribers.c.id])
_MEMBERS = Inserted(subscriptions, ("list", "subscriber_id", "created_at"))
_IMPORTED = Inserted(consent_events, ("subscriber_id", "kind", "source", "detail", "at"))


@lru_cache(maxsize=4096)
def _preferences(preferences: Preferences) -> str:
    """Return preferences as they are stored; most newcomers want what many others do."""
    return preferences.to_json()


def _row(key: str, newcomer: Newcomer, secret: bytes, now: datetime) -> tuple[object, ...]:
    """Return somebody's values in the order of `COLUMNS`."""
    return (
        newcomer.email,
        key,
        store.email_digest(key, secret),
        newcomer.name,
        newcomer.status,
        _preferences(newcomer.preferences),
        newcomer.frequency,
        newcomer.timezone,
        newcomer.language,
        newcomer.paused_until,
        newcomer.preferred_time,
        1,
        now,
        now,
    )


def _join_all(connection: Connection, people: Mapping[int, Newcomer], now: datetime) -> None:
    """Put people on their lists."""
    rows = [(name, id, now) for id, person in people.items() for name in person.lists]
    _MEMBERS.execute(connection, rows)


def _record_newcomers(connection: Connection, people: Mapping[int, Newcomer], source: str, now: datetime) -> None:
    """Record that people were imported."""
    rows = [
        (id, Event.IMPORTED, source, record.import_detail(person.status, person.lists, person.evidence), now)
        for id, person in people.items()
    ]
    _IMPORTED.execute(connection, rows)


def record_import(
    connection: Connection,
    lists: Mapping[int, Sequence[str]],
    confirmed: Collection[int],
    *,
    evidence: Mapping[int, str],
    source: str,
    now: datetime,
) -> None:
    """Record that an import put people, by id, on lists; confirm those of them who were `pending` until now.

    `evidence` is what came with each of them, by id, as `Newcomer.evidence`.
    """
    waiting = update(subscribers).where(subscribers.c.id.in_(confirmed), subscribers.c.status == Status.PENDING)
    connection.execute(waiting.values(status=Status.CONFIRMED, changed_at=now))
    details = {id: f"lists={';'.join(names)} {evidence.get(id, '')}".rstrip() for id, names in lists.items()}
    details |= {id: record.import_detail(Status.CONFIRMED, lists.get(id, ()), evidence.get(id, "")) for id in confirmed}
    events = [record.event(id, Event.IMPORTED, source, now, detail) for id, detail in details.items()]
    store.add(connection, consent_events, events)


def _departures(people: Mapping[int, Newcomer], now: datetime) -> list[dict[str, Any]]:
    return [
        {"newsletter": slug, "subscriber_id": id, "at": now} for id, person in people.items() for slug in person.left
    ]


def enrol(
    connection: Connection, newcomers: Mapping[str, Newcomer], *, source: str, secret: bytes, now: datetime
) -> dict[str, int]:
    """Store people by their `email_key`, each with an `imported` event; return their ids by key.

    Somebody whom another process stored meanwhile is left as they are, and missing from the answer.
    """
    if not newcomers:
        return {}
    rows = [_row(key, newcomer, secret, now) for key, newcomer in newcomers.items()]
    ids: dict[str, int] = {key: id for key, id in _NEWCOMERS.execute(connection, rows)}
    people = {id: newcomers[key] for key, id in ids.items()}
    _join_all(connection, people, now)
    store.add(connection, unsubscriptions, _departures(people, now))
    _record_newcomers(connection, people, source, now)
    _suppress_newcomers(connection, ids, newcomers, source=source, secret=secret, now=now)
    return ids


def _suppress_newcomers(
    connection: Connection,
    ids: Mapping[str, int],
    newcomers: Mapping[str, Newcomer],
    *,
    source: str,
    secret: bytes,
    now: datetime,
) -> None:
    """Forbid mail to those of the people just stored who come with a reason, in two round trips."""
    reasons = {key: reason for key in ids if (reason := newcomers[key].suppressed) is not None}
    if not reasons:
        return
    keys = {store.email_digest(key, secret): key for key in reasons}
    rows = [
        {"email_digest": digest, "reason": reasons[key], "source": source, "at": now} for digest, key in keys.items()
    ]
    insert = db.insert(connection, suppressions).on_conflict_do_nothing().returning(suppressions.c.email_digest)
    added = [keys[digest] for digest in connection.execute(insert, rows).scalars()]
    events = [record.event(ids[key], Event.SUPPRESSED, source, now, reasons[key]) for key in added]
    store.add(connection, consent_events, events)
