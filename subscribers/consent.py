"""Who agreed to be mailed, and who withdrew: with `enrolment`, the only writer of status, suppressions and events."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, delete, select, update

from digest.model import Newsletter
from digest.tables import consent_events, letters, signups, subscribers, suppressions, unsubscriptions
from subscribers import record, store, suppression
from subscribers.model import Frequency, Preferences, Status, Subscriber
from subscribers.record import NOTHING_SHOWN, Event, Reason, Shown

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


def _set_status(
    connection: Connection, ids: Collection[int], status: Status, now: datetime, paused_until: datetime | None = None
) -> None:
    if not ids:
        return
    values = {"status": status, "paused_until": paused_until, "changed_at": now}
    connection.execute(update(subscribers).where(subscribers.c.id.in_(ids)).values(values))


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
    It may not where the address must not be mailed, unless the reason may be lifted. Of all `newsletters`, they get by
    this no other than they got before, whatever else the list that they join gives: that is no part of what they
    agreed to.
    """
    person = store.hold(connection, subscriber.id)
    if person is None or person.suppressed not in (None, *suppression.LIFTABLE):
        return False
    digest = select(subscribers.c.email_digest).where(subscribers.c.id == person.id).scalar_subquery()
    suppression.lift(connection, suppressions.c.email_digest == digest)
    joining = newsletter.lists[:1] if set(newsletter.lists).isdisjoint(person.lists) else ()
    is_subscribed = person.status in (Status.CONFIRMED, Status.PAUSED)
    had = {newsletter.slug, *(_received(person, newsletters) if is_subscribed else ())}
    given = _received(replace(person, lists=(*person.lists, *joining)), newsletters)
    rows = [{"newsletter": slug, "subscriber_id": person.id, "at": now} for slug in given if slug not in had]
    store.add(connection, unsubscriptions, rows)
    table = unsubscriptions.c
    own = (table.subscriber_id == person.id, table.newsletter == newsletter.slug)
    connection.execute(delete(unsubscriptions).where(*own))
    store.join(connection, {person.id: joining}, now=now)
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

    It may not where the address is another's, or must not be mailed. Links to preferences in earlier mails stop, and so
    does what was asked for from there; those for unsubscribing go on. No import brings the old address back.
    """
    person = store.hold(connection, subscriber.id)
    key = store.email_key(email)
    digest = store.email_digest(key, secret)
    if (
        person is None
        or suppression.reasons(connection, [digest]).get(digest, suppression.ERASED) not in suppression.LIFTABLE
    ):
        return False
    owner = store.by_keys(connection, [key]).get(key)
    if owner is not None and owner.id != person.id:
        return False
    _stop_letters(connection, select(subscribers.c.id).where(subscribers.c.id == person.id))
    connection.execute(delete(signups).where(signups.c.subscriber_id == person.id))
    if key != store.email_key(person.email):
        old = store.email_digest(store.email_key(person.email), secret)
        row = {"email_digest": old, "reason": suppression.MOVED, "source": source, "at": now}
        store.add(connection, suppressions, [row])
        suppression.lift(connection, suppressions.c.email_digest == digest)
    values = {"email": email, "email_key": key, "email_digest": digest, "changed_at": now}
    connection.execute(update(subscribers).where(subscribers.c.id == person.id).values(values))
    revoke_links(connection, person.id)
    record.add(connection, record.event(person.id, Event.MOVED, source, now), shown)
    return True


def revoke_links(connection: Connection, subscriber_id: int) -> None:
    """Let no link to somebody's preferences work that was handed out until now, nor their pages in the browser."""
    newer = {"link_version": subscribers.c.link_version + 1}
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(newer))


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
    ids = sorted({leaver.subscriber_id for leaver in leavers})
    store.lock(connection, subscribers.c.id.in_(ids))
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
    _forget_signups(connection, leavers)
    record.add_all(connection, events)
    return {person.id: person.status for person in people.values()}


def _forget_signups(connection: Connection, leavers: Iterable[Leaver]) -> None:
    """Let no link confirm a sign-up from before somebody left what it is about."""
    of: dict[str | None, list[int]] = {}
    for leaver in leavers:
        of.setdefault(leaver.newsletter, []).append(leaver.subscriber_id)
    for slug, ids in of.items():
        waiting = delete(signups).where(signups.c.subscriber_id.in_(ids), signups.c.confirmed_at.is_(None))
        connection.execute(waiting if slug is None else waiting.where(signups.c.newsletter == slug))


def _after_leaving(person: Subscriber, newsletters: Sequence[Newsletter], newsletter: str | None) -> Subscriber:
    """Return a person as they are without one newsletter, or without any; the same where that is so already."""
    received = _received(person, newsletters)
    leaving = received if newsletter is None else [newsletter]
    status = person.status if set(received) - set(leaving) else Status.UNSUBSCRIBED
    new = tuple(slug for slug in leaving if slug not in person.left)
    return replace(person, status=status, left=person.left + new)


def departure(connection: Connection, subscriber_id: int, *, newsletter: str, now: datetime) -> Departure | None:
    """Return somebody's last unsubscription while it can be taken back: nothing else happened since, but for a reason.

    It is one from this newsletter, or from everything: whoever looks at the page of one does not think of another.
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
    if event.newsletter not in (None, newsletter):
        return None
    return Departure(event.newsletter, event.at, Status(event.detail))


def return_(
    connection: Connection,
    subscriber: Subscriber,
    *,
    newsletter: str,
    source: str,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
) -> bool:
    """Take somebody's `departure` from a newsletter back, as they ask; return whether there was one.

    They get again what they got before it, a break excepted. A suppressed address stays suppressed.
    """
    person = store.hold(connection, subscriber.id)
    left = departure(connection, subscriber.id, newsletter=newsletter, now=now) if person else None
    if person is None or left is None:
        return False
    table = unsubscriptions.c
    ended = and_(table.subscriber_id == person.id, table.at == left.at)
    if left.newsletter is not None:
        ended = and_(ended, table.newsletter == left.newsletter)
    connection.execute(delete(unsubscriptions).where(ended))
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
    newsletter: str,
    source: str,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
) -> bool:
    """Record why somebody left, as they say: one answer to each unsubscription that can still be taken back.

    Returns whether there is one to answer for.
    """
    person = store.hold(connection, subscriber.id)
    left = departure(connection, subscriber.id, newsletter=newsletter, now=now) if person else None
    if person is None or left is None:
        return False
    table = consent_events.c
    newest = select(table.kind).where(table.subscriber_id == person.id).order_by(table.id.desc()).limit(1)
    if connection.execute(newest).scalar_one() != Event.EXPLAINED:
        event = record.event(person.id, Event.EXPLAINED, source, now, reason, newsletter=left.newsletter)
        record.add(connection, event, shown)
    return True


def erase(connection: Connection, subscriber: Subscriber, *, source: str, now: datetime) -> None:
    """Delete a person and every row about them, their deliveries included.

    A suppression stays, so that no later import brings them back; they themselves may sign up again.
    """
    person = store.hold(connection, subscriber.id)
    if person is None:
        return
    digest = select(subscribers.c.email_digest).where(subscribers.c.id == person.id)
    row = {
        "email_digest": connection.execute(digest).scalar_one(),
        "reason": suppression.ERASED,
        "source": source,
        "at": now,
    }
    store.add(connection, suppressions, [row])
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
    person = store.hold(connection, subscriber.id)
    if person is None or person.status not in (Status.CONFIRMED, Status.PAUSED) or person.paused_until == until:
        return person.status if person else Status.UNSUBSCRIBED
    _set_status(connection, [person.id], Status.PAUSED, now, until)
    record.add(connection, record.event(person.id, Event.PAUSED, source, now, until.isoformat()), shown)
    return Status.PAUSED


def resume(
    connection: Connection, subscriber: Subscriber, *, source: str, now: datetime, shown: Shown = NOTHING_SHOWN
) -> Status:
    """End somebody's pause; nobody else's status changes."""
    person = store.hold(connection, subscriber.id)
    if person is None or person.status is not Status.PAUSED:
        return person.status if person else Status.UNSUBSCRIBED
    _set_status(connection, [person.id], Status.CONFIRMED, now)
    record.add(connection, record.event(person.id, Event.RESUMED, source, now), shown)
    return Status.CONFIRMED
