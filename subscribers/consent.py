"""Who agreed to be mailed, and who withdrew: with `enrolment`, the only writer of status, suppressions and events."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, delete, select, update

from digest.model import Newsletter
from digest.tables import consent_events, letters, subscribers, suppressions, unsubscriptions
from subscribers import record, store
from subscribers.model import Frequency, Preferences, Status, Subscriber
from subscribers.record import NOTHING_SHOWN, Event, Reason, Shown

ERASED = "erased"  # the reason of a suppression that outlives an erased person who had left
UNDO_TIME = timedelta(days=30)  # for which an unsubscription can be taken back by the link that made it
PATIENCE = timedelta(days=7)  # with somebody who was asked to confirm and does not


class Leaver(NamedTuple):
    """Somebody, by id, who leaves one newsletter, or with None everything."""

    subscriber_id: int
    newsletter: str | None
    shown: Shown = NOTHING_SHOWN


@dataclass(frozen=True, slots=True)
class Departure:
    """An unsubscription that can be taken back."""

    newsletter: str | None  #: None: everything
    at: datetime
    before: Status


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
    _set_status(connection, confirmed, Status.CONFIRMED, now)
    details = {id: f"lists={';'.join(names)} {evidence.get(id, '')}".rstrip() for id, names in lists.items()}
    details |= {id: record.import_detail(Status.CONFIRMED, lists.get(id, ()), evidence.get(id, "")) for id in confirmed}
    events = [record.event(id, Event.IMPORTED, source, now, detail) for id, detail in details.items()]
    store.add(connection, consent_events, events)


def _set_status(
    connection: Connection, ids: Collection[int], status: Status, now: datetime, paused_until: datetime | None = None
) -> None:
    if not ids:
        return
    values = {"status": status, "paused_until": paused_until, "changed_at": now}
    connection.execute(update(subscribers).where(subscribers.c.id.in_(ids)).values(values))


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


def await_confirmation(
    connection: Connection, email: str, *, name: str, language: str, secret: bytes, now: datetime
) -> Subscriber:
    """Return the person of this address: stored as `pending` if they are new, else as they are.

    Somebody who is pending already gets their time to confirm anew.
    """
    key = store.email_key(email)
    row = {
        "email": email,
        "email_key": key,
        "email_digest": store.email_digest(key, secret),
        "name": name,
        "status": Status.PENDING,
        "preferences": Preferences().to_json(),
        "frequency": Frequency.EVERY_ISSUE,
        "timezone": "",
        "language": language,
        "link_version": 1,
        "created_at": now,
        "changed_at": now,
    }
    if not store.add(connection, subscribers, [row]):
        waiting = update(subscribers).where(subscribers.c.email_key == key, subscribers.c.status == Status.PENDING)
        connection.execute(waiting.values(changed_at=now))
    return store.by_keys(connection, [key])[key]


def request(
    connection: Connection, subscriber_id: int, newsletter: str, *, source: str, shown: Shown, now: datetime
) -> None:
    """Record that somebody asked to be mailed a newsletter. Nothing follows from it until they `confirm`."""
    record.add(connection, record.event(subscriber_id, Event.REQUESTED, source, now, newsletter=newsletter), shown)


def confirm(
    connection: Connection,
    subscriber: Subscriber,
    newsletter: Newsletter,
    newsletters: Sequence[Newsletter],
    *,
    source: str,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
    evidence: str = "",
) -> bool:
    """Begin somebody's subscription to one newsletter, which they asked for and confirmed; return whether it may.

    `evidence` is what proves it where it was not confirmed through a letter of ours.
    It may not where the address must not be mailed, unless the reason is only that they had left before they were
    erased. What else they left, of all `newsletters`, they do not get again by this.
    """
    person = _locked(connection, subscriber.id)
    if person is None or person.suppressed not in (None, ERASED):
        return False
    digest = select(subscribers.c.email_digest).where(subscribers.c.id == person.id).scalar_subquery()
    connection.execute(
        delete(suppressions).where(suppressions.c.email_digest == digest, suppressions.c.reason == ERASED)
    )
    if person.status is Status.UNSUBSCRIBED:  # only now: else their lists would bring the others back
        others = [slug for slug in _received(person, newsletters) if slug != newsletter.slug]
        rows = [{"newsletter": slug, "subscriber_id": person.id, "at": now} for slug in others]
        store.add(connection, unsubscriptions, rows)
    table = unsubscriptions.c
    own = (table.subscriber_id == person.id, table.newsletter == newsletter.slug)
    connection.execute(delete(unsubscriptions).where(*own))
    if set(newsletter.lists).isdisjoint(person.lists):
        store.join(connection, {person.id: newsletter.lists[:1]}, now=now)
    if person.status in (Status.PENDING, Status.UNSUBSCRIBED):
        _set_status(connection, [person.id], Status.CONFIRMED, now)
    event = record.event(person.id, Event.CONFIRMED, source, now, evidence, newsletter=newsletter.slug)
    record.add(connection, event, shown)
    return True


def change(
    connection: Connection,
    subscriber: Subscriber,
    changes: store.Changes,
    *,
    source: str,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
) -> bool:
    """Write what somebody wants from now on, and record it with the new values; return whether anything is new."""
    if not store.change(connection, subscriber.id, changes, now=now):
        return False
    detail = json.dumps(changes.columns(), ensure_ascii=False, separators=(",", ":"))
    record.add(connection, record.event(subscriber.id, Event.CHANGED, source, now, detail), shown)
    return True


def move(
    connection: Connection,
    subscriber: Subscriber,
    email: str,
    *,
    source: str,
    secret: bytes,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
) -> bool:
    """Send somebody's mail to another address from now on; return whether it may be.

    It may not where the address is another subscriber's, or must not be mailed. Links to preferences in earlier mails
    stop working, since they lie in another mailbox; those for unsubscribing go on.
    """
    person = _locked(connection, subscriber.id)
    key = store.email_key(email)
    digest = store.email_digest(key, secret)
    if person is None or suppressed(connection, [digest]):
        return False
    owner = store.by_keys(connection, [key]).get(key)
    if owner is not None and owner.id != person.id:
        return False
    values = {"email": email, "email_key": key, "email_digest": digest, "changed_at": now}
    statement = update(subscribers).where(subscribers.c.id == person.id)
    connection.execute(statement.values(**values, link_version=subscribers.c.link_version + 1))
    record.add(connection, record.event(person.id, Event.MOVED, source, now), shown)
    return True


def forget_unconfirmed(connection: Connection, *, now: datetime) -> int:
    """Delete everybody who was asked to confirm and has not within a week; return how many there were."""
    late = and_(subscribers.c.status == Status.PENDING, subscribers.c.changed_at < now - PATIENCE)
    _stop_letters(connection, select(subscribers.c.id).where(late))
    return connection.execute(delete(subscribers).where(late)).rowcount


def _stop_letters(connection: Connection, people: Select[tuple[int]]) -> None:
    """Take back the letters to people that are not sent yet, and forget where they would have gone."""
    connection.execute(update(letters).where(letters.c.subscriber_id.in_(people)).values(recipient="", next_at=None))


def unsubscribe(
    connection: Connection,
    subscriber: Subscriber,
    newsletters: Sequence[Newsletter],
    *,
    newsletter: str | None,
    source: str,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
) -> Status:
    """End the subscription to one newsletter, or with None to everything; return the status that follows.

    `newsletters` are all that the settings have: when the person's lists give none of them any more, the status is
    `unsubscribed`. Doing it again changes and records nothing.
    """
    leaver = Leaver(subscriber.id, newsletter, shown)
    left = unsubscribe_all(connection, [leaver], newsletters, source=source, now=now)
    return left.get(subscriber.id, Status.UNSUBSCRIBED)  # else erased a moment ago


def unsubscribe_all(
    connection: Connection, leavers: Sequence[Leaver], newsletters: Sequence[Newsletter], *, source: str, now: datetime
) -> dict[int, Status]:
    """Do `unsubscribe` for many, in a few round trips; return the status of those who are known, by id."""
    ids = sorted({leaver.subscriber_id for leaver in leavers})  # in order, so that two of these never lock each other
    connection.execute(select(subscribers.c.id).where(subscribers.c.id.in_(ids)).order_by("id").with_for_update())
    people = store.by_ids(connection, ids)
    left, events, gone = [], [], []
    for leaver in leavers:
        if (person := people.get(leaver.subscriber_id)) is None:
            continue
        after = _after_leaving(person, newsletters, leaver.newsletter)
        if after == person:
            continue
        people[person.id] = after
        new = [slug for slug in after.left if slug not in person.left]
        left += [{"newsletter": slug, "subscriber_id": person.id, "at": now} for slug in new]
        event = record.event(person.id, Event.UNSUBSCRIBED, source, now, person.status, newsletter=leaver.newsletter)
        events.append((event, leaver.shown))
        if after.status is not person.status:
            gone.append(person.id)
    store.add(connection, unsubscriptions, left)
    _set_status(connection, gone, Status.UNSUBSCRIBED, now)
    record.add_all(connection, events)
    return {person.id: person.status for person in people.values()}


def _after_leaving(person: Subscriber, newsletters: Sequence[Newsletter], newsletter: str | None) -> Subscriber:
    """Return a person as they are without one newsletter, or without any; the same where that is so already."""
    received = _received(person, newsletters)
    leaving = received if newsletter is None else [newsletter]
    status = person.status if set(received) - set(leaving) else Status.UNSUBSCRIBED
    new = tuple(slug for slug in leaving if slug not in person.left)
    return replace(person, status=status, left=person.left + new)


def departure(connection: Connection, subscriber_id: int, *, now: datetime) -> Departure | None:
    """Return somebody's last unsubscription while it can be taken back: nothing else happened since, but for a reason.

    A request that nobody confirmed counts for nothing: anybody can type an address into a form.
    Of an unsubscription that was recorded without what was before it, nobody knows what to return to.
    """
    table = consent_events.c
    newest = select(table.kind, table.newsletter, table.at, table.detail).where(
        table.subscriber_id == subscriber_id, table.kind.not_in((Event.EXPLAINED, Event.REQUESTED))
    )
    event = connection.execute(newest.order_by(table.id.desc()).limit(1)).one_or_none()
    if event is None or event.kind != Event.UNSUBSCRIBED or not event.detail or now - event.at >= UNDO_TIME:
        return None
    return Departure(event.newsletter, event.at, Status(event.detail))


def return_(
    connection: Connection, subscriber: Subscriber, *, source: str, now: datetime, shown: Shown = NOTHING_SHOWN
) -> bool:
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
        _set_status(connection, [person.id], Status.CONFIRMED if left.before is Status.PAUSED else left.before, now)
    event = record.event(person.id, Event.RETURNED, source, now, newsletter=left.newsletter)
    record.add(connection, event, shown)
    return True


def give_reason(
    connection: Connection,
    subscriber: Subscriber,
    reason: Reason,
    *,
    source: str,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
) -> bool:
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
        event = record.event(person.id, Event.EXPLAINED, source, now, reason, newsletter=left.newsletter)
        record.add(connection, event, shown)
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
    added = store.add(connection, suppressions, rows)
    if added and person:
        store.add(connection, consent_events, [record.event(person.id, Event.SUPPRESSED, source, now, reason)])
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
        store.add(connection, suppressions, [{"email_digest": digest, "reason": ERASED, "source": source, "at": now}])
    _stop_letters(connection, select(subscribers.c.id).where(subscribers.c.id == person.id))
    connection.execute(delete(subscribers).where(subscribers.c.id == person.id))


def pause(
    connection: Connection,
    subscriber: Subscriber,
    until: datetime,
    *,
    source: str,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
) -> Status:
    """Stop mail until an instant, for somebody confirmed or paused; nobody else's status changes."""
    person = _locked(connection, subscriber.id)
    if person is None or person.status not in (Status.CONFIRMED, Status.PAUSED) or person.paused_until == until:
        return person.status if person else Status.UNSUBSCRIBED
    _set_status(connection, [person.id], Status.PAUSED, now, until)
    record.add(connection, record.event(person.id, Event.PAUSED, source, now, until.isoformat()), shown)
    return Status.PAUSED


def resume(
    connection: Connection, subscriber: Subscriber, *, source: str, now: datetime, shown: Shown = NOTHING_SHOWN
) -> Status:
    """End somebody's pause; nobody else's status changes."""
    person = _locked(connection, subscriber.id)
    if person is None or person.status is not Status.PAUSED:
        return person.status if person else Status.UNSUBSCRIBED
    _set_status(connection, [person.id], Status.CONFIRMED, now)
    record.add(connection, record.event(person.id, Event.RESUMED, source, now), shown)
    return Status.CONFIRMED
