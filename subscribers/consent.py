"""Who agreed to be mailed, and who withdrew: the only writer of status, unsubscriptions, suppressions and events."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, delete, literal, select, update

from digest import db
from digest.model import Newsletter
from digest.tables import consent_events, subscribers, subscriptions, suppressions, unsubscriptions
from subscribers import store
from subscribers.model import Frequency, Preferences, Status, Subscriber

ERASED = "erased"  # the reason of a suppression that outlives an erased person who had left
UNDO_TIME = timedelta(days=30)  # for which an unsubscription can be taken back by the link that made it


class Event(StrEnum):
    """What happened to somebody's consent."""

    IMPORTED = "imported"  #: whoever imported the file vouches for it; the source names the file
    UNSUBSCRIBED = "unsubscribed"  #: from one newsletter, or from everything where none is named
    RETURNED = "returned"  #: took the last unsubscription back
    EXPLAINED = "explained"  #: said why they left
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    RESUMED = "resumed"


class Reason(StrEnum):
    """Why somebody left, as they say."""

    TOO_MANY = "too_many"
    NOT_MY_TOPICS = "not_my_topics"
    NEVER_SIGNED_UP = "never_signed_up"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Departure:
    """An unsubscription that can be taken back."""

    newsletter: str | None  #: None: everything
    at: datetime
    before: Status


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
    paused_until: datetime | None = None
    lists: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    suppressed: str | None = None
    evidence: str = ""  #: of the consent, as whoever had the person before recorded it; kept beside the event


@lru_cache(maxsize=4096)
def _preferences(preferences: Preferences) -> str:
    """Return preferences as they are stored; most newcomers want what many others do."""
    return preferences.to_json()


def _row(key: str, newcomer: Newcomer, secret: bytes, now: datetime) -> dict[str, Any]:
    return {
        "email": newcomer.email,
        "email_key": key,
        "email_digest": store.email_digest(key, secret),
        "name": newcomer.name,
        "status": newcomer.status,
        "preferences": _preferences(newcomer.preferences),
        "frequency": newcomer.frequency,
        "timezone": newcomer.timezone,
        "language": newcomer.language,
        "paused_until": newcomer.paused_until,
        "link_version": 1,
        "created_at": now,
        "changed_at": now,
    }


def _add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert those rows that are not there yet; return whether there were any."""
    if not rows:
        return False
    insert = db.insert(connection, table).on_conflict_do_nothing()
    return bool(connection.execute(insert.returning(*table.primary_key), rows).all())


def _event(subscriber_id: int, kind: Event, source: str, now: datetime, detail: str = "") -> dict[str, Any]:
    return {
        "subscriber_id": subscriber_id,
        "kind": kind,
        "newsletter": None,
        "source": source,
        "detail": detail,
        "at": now,
    }


def _add_for_each(connection: Connection, table: Table, ids: Collection[int], values: Mapping[str, object]) -> None:
    """Insert the same values for many people, by id, in one statement: a tenth of the work of a row each."""
    same = [literal(value, table.c[name].type) for name, value in values.items()]
    people = select(subscribers.c.id, *same).where(subscribers.c.id.in_(ids))
    insert = db.insert(connection, table).from_select(["subscriber_id", *values], people)
    connection.execute(insert.on_conflict_do_nothing())


def _join_all(connection: Connection, people: Mapping[int, Newcomer], now: datetime) -> None:
    """Put people on their lists."""
    members: dict[str, list[int]] = {}
    for id, person in people.items():
        for name in person.lists:
            members.setdefault(name, []).append(id)
    for name, ids in members.items():
        _add_for_each(connection, subscriptions, ids, {"list": name, "created_at": now})


def _record_newcomers(connection: Connection, people: Mapping[int, Newcomer], source: str, now: datetime) -> None:
    """Record that people were imported: those of whom the same is to be said together."""
    alike: dict[str, list[int]] = {}
    own_words = []
    for id, person in people.items():
        detail = _detail(person.status, person.lists, person.evidence)
        if person.evidence:
            own_words.append(_event(id, Event.IMPORTED, source, now, detail))
        else:
            alike.setdefault(detail, []).append(id)
    for detail, ids in alike.items():
        said = {"kind": Event.IMPORTED, "newsletter": None, "source": source, "detail": detail, "at": now}
        _add_for_each(connection, consent_events, ids, said)
    if own_words:
        connection.execute(consent_events.insert(), own_words)


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
    insert = db.insert(connection, subscribers).on_conflict_do_nothing()
    rows = [_row(key, newcomer, secret, now) for key, newcomer in newcomers.items()]
    stored = connection.execute(insert.returning(subscribers.c.email_key, subscribers.c.id), rows)
    ids: dict[str, int] = {row.email_key: row.id for row in stored}
    people = {id: newcomers[key] for key, id in ids.items()}
    _join_all(connection, people, now)
    _add(connection, unsubscriptions, _departures(people, now))
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
    events = [_event(ids[key], Event.SUPPRESSED, source, now, reasons[key]) for key in added]
    _add(connection, consent_events, events)


def _detail(status: Status, lists: Iterable[str], evidence: str = "") -> str:
    return f"status={status} lists={';'.join(lists)} {evidence}".rstrip()


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
    for subscriber_id in confirmed:
        _set_status(connection, subscriber_id, Status.CONFIRMED, now)
    details = {id: f"lists={';'.join(names)} {evidence.get(id, '')}".rstrip() for id, names in lists.items()}
    details |= {id: _detail(Status.CONFIRMED, lists.get(id, ()), evidence.get(id, "")) for id in confirmed}
    events = [_event(id, Event.IMPORTED, source, now, detail) for id, detail in details.items()]
    _add(connection, consent_events, events)


def _set_status(
    connection: Connection, subscriber_id: int, status: Status, now: datetime, paused_until: datetime | None = None
) -> None:
    values = {"status": status, "paused_until": paused_until, "changed_at": now}
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(values))


def _locked(connection: Connection, subscriber_id: int) -> Subscriber | None:
    """Read a person as they are now, and let nobody else change them until this transaction ends."""
    connection.execute(select(subscribers.c.id).where(subscribers.c.id == subscriber_id).with_for_update())
    return store.by_id(connection, subscriber_id)


def _received(subscriber: Subscriber, newsletters: Iterable[Newsletter]) -> list[str]:
    """Name the newsletters that the person's lists give, without those that they left."""
    return [
        newsletter.slug
        for newsletter in newsletters
        if newsletter.slug not in subscriber.left and not set(newsletter.lists).isdisjoint(subscriber.lists)
    ]


def unsubscribe(
    connection: Connection,
    subscriber: Subscriber,
    newsletters: Sequence[Newsletter],
    *,
    newsletter: str | None,
    source: str,
    now: datetime,
) -> Status:
    """End the subscription to one newsletter, or with None to everything; return the status that follows.

    `newsletters` are all that the settings have: when the person's lists give none of them any more, the status is
    `unsubscribed`. Doing it again changes and records nothing.
    """
    person = _locked(connection, subscriber.id)
    if person is None:  # erased a moment ago
        return Status.UNSUBSCRIBED
    received = _received(person, newsletters)
    leaving = received if newsletter is None else [newsletter]
    changed = _add(
        connection,
        unsubscriptions,
        [{"newsletter": slug, "subscriber_id": person.id, "at": now} for slug in leaving if slug not in person.left],
    )
    status = person.status if set(received) - set(leaving) else Status.UNSUBSCRIBED
    if status is not person.status:
        _set_status(connection, person.id, status, now)
        changed = True
    if changed:
        event = _event(person.id, Event.UNSUBSCRIBED, source, now, person.status) | {"newsletter": newsletter}
        _add(connection, consent_events, [event])
    return status


def departure(connection: Connection, subscriber_id: int, *, now: datetime) -> Departure | None:
    """Return somebody's last unsubscription while it can be taken back: nothing else happened since, but for a reason.

    Of an unsubscription that was recorded without what was before it, nobody knows what to return to.
    """
    table = consent_events.c
    newest = select(table.kind, table.newsletter, table.at, table.detail).where(
        table.subscriber_id == subscriber_id, table.kind != Event.EXPLAINED
    )
    event = connection.execute(newest.order_by(table.id.desc()).limit(1)).one_or_none()
    if event is None or event.kind != Event.UNSUBSCRIBED or not event.detail or now - event.at >= UNDO_TIME:
        return None
    return Departure(event.newsletter, event.at, Status(event.detail))


def return_(connection: Connection, subscriber: Subscriber, *, source: str, now: datetime) -> bool:
    """Take somebody's last unsubscription back, as they ask; return whether there was one.

    They get again what they got before it, a break excepted. A suppressed address stays suppressed.
    """
    person = _locked(connection, subscriber.id)
    left = departure(connection, subscriber.id, now=now) if person else None
    if person is None or left is None:
        return False
    table = unsubscriptions.c
    connection.execute(delete(unsubscriptions).where(table.subscriber_id == person.id, table.at == left.at))
    if person.status is Status.UNSUBSCRIBED:
        _set_status(connection, person.id, Status.CONFIRMED if left.before is Status.PAUSED else left.before, now)
    event = _event(person.id, Event.RETURNED, source, now) | {"newsletter": left.newsletter}
    _add(connection, consent_events, [event])
    return True


def give_reason(connection: Connection, subscriber: Subscriber, reason: Reason, *, source: str, now: datetime) -> bool:
    """Record why somebody left, as they say: one answer to each unsubscription that can still be taken back.

    Returns whether there is one to answer for.
    """
    person = _locked(connection, subscriber.id)
    left = departure(connection, subscriber.id, now=now) if person else None
    if person is None or left is None:
        return False
    table = consent_events.c
    newest = select(table.kind).where(table.subscriber_id == person.id).order_by(table.id.desc()).limit(1)
    if connection.execute(newest).scalar_one() != Event.EXPLAINED:
        event = _event(person.id, Event.EXPLAINED, source, now, reason) | {"newsletter": left.newsletter}
        _add(connection, consent_events, [event])
    return True


def suppress(connection: Connection, email: str, *, reason: str, source: str, secret: bytes, now: datetime) -> bool:
    """Forbid mail to an address for good, known or not; return whether it was allowed until now.

    The first reason stays. Only a keyed hash of the address is kept.
    """
    key = store.email_key(email)
    query = select(subscribers.c.id, subscribers.c.email_digest).where(subscribers.c.email_key == key)
    person = connection.execute(query).one_or_none()
    # A person keeps the hash that they were stored with, should the secret have changed since.
    digests = {store.email_digest(key, secret)} | ({person.email_digest} if person else set())
    rows = [{"email_digest": digest, "reason": reason, "source": source, "at": now} for digest in sorted(digests)]
    added = _add(connection, suppressions, rows)
    if added and person:
        _add(connection, consent_events, [_event(person.id, Event.SUPPRESSED, source, now, reason)])
    return added


def suppressed(connection: Connection, digests: Sequence[str]) -> dict[str, str]:
    """Return the reasons why some of these `email_digest`s must not be mailed."""
    query = select(suppressions.c.email_digest, suppressions.c.reason).where(suppressions.c.email_digest.in_(digests))
    return {row.email_digest: row.reason for row in connection.execute(query)}


def erase(connection: Connection, subscriber: Subscriber, *, source: str, now: datetime) -> None:
    """Delete a person and every row about them, their deliveries included.

    If they had left anything, a suppression stays, so that no later import brings them back.
    """
    person = _locked(connection, subscriber.id)
    if person is None:
        return
    if person.status is Status.UNSUBSCRIBED or person.left:
        query = select(subscribers.c.email_digest).where(subscribers.c.id == person.id)
        digest = connection.execute(query).scalar_one()
        _add(connection, suppressions, [{"email_digest": digest, "reason": ERASED, "source": source, "at": now}])
    connection.execute(delete(subscribers).where(subscribers.c.id == person.id))


def pause(connection: Connection, subscriber: Subscriber, until: datetime, *, source: str, now: datetime) -> Status:
    """Stop mail until an instant, for somebody confirmed or paused; nobody else's status changes."""
    person = _locked(connection, subscriber.id)
    if person is None or person.status not in (Status.CONFIRMED, Status.PAUSED) or person.paused_until == until:
        return person.status if person else Status.UNSUBSCRIBED
    _set_status(connection, person.id, Status.PAUSED, now, until)
    _add(connection, consent_events, [_event(person.id, Event.PAUSED, source, now, until.isoformat())])
    return Status.PAUSED


def resume(connection: Connection, subscriber: Subscriber, *, source: str, now: datetime) -> Status:
    """End somebody's pause; nobody else's status changes."""
    person = _locked(connection, subscriber.id)
    if person is None or person.status is not Status.PAUSED:
        return person.status if person else Status.UNSUBSCRIBED
    _set_status(connection, person.id, Status.CONFIRMED, now)
    _add(connection, consent_events, [_event(person.id, Event.RESUMED, source, now)])
    return Status.CONFIRMED
