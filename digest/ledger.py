"""The delivery ledger: one row for each issue and subscriber. After planning, the only writer of a delivery's status.

    planned, deferred → claim → mark_sending → sending → record → accepted, deferred, rejected, unknown

A claim is a worker's token and a lease on a row. Whatever a worker writes is guarded by its token, so one that slept
past its lease cannot overwrite what another did meanwhile. A crash leaves `sending` behind only where a message's bytes
may have been written; `recover` makes those `unknown`, and nothing sends them again by itself.
"""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, and_, bindparam, case, exists, func, or_, select, update

from digest import db, issues, tables
from digest.model import Culprit, Delivery, DeliveryStatus, Issue
from digest.prepared import Prepared
from subscribers import store

FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(minutes=54)  # with its jitter just under an hour
JITTER = 0.1  # share of the interval: spreads the retries of a list that was deferred as one
LIFETIME = timedelta(hours=24)  # of a delivery that its server puts off, since it did so first: news ages
LONGEST_WAIT = timedelta(days=8)  # for a reader's own time, with a day to spare

_D = tables.deliveries
OPEN = (  # what may be handed over, now or later
    DeliveryStatus.PLANNED,
    DeliveryStatus.DEFERRED,
)
# What is written for each message is built once: building a statement takes longer than executing it.
_ISSUE = bindparam("issue", type_=tables.SmallId)
_HOLDER, _NEWSLETTER = bindparam("holder", type_=Text), bindparam("newsletter", type_=Text)
_PERSON = bindparam("person", type_=tables.SmallId)
_PEOPLE = bindparam("people", type_=tables.SmallId, expanding=True)
_NOW, _AGAIN = bindparam("now", type_=tables.UtcDateTime()), bindparam("again", type_=tables.UtcDateTime())
_HELD_OPEN = and_(  # those of the worker's rows that it has not handed over
    _D.c.issue_id == _ISSUE, _D.c.subscriber_id.in_(_PEOPLE), _D.c.claim == _HOLDER, _D.c.status.in_(OPEN)
)
_MAILABLE = select(tables.subscribers.c.id).where(
    tables.subscribers.c.id.in_(_PEOPLE), store.mailable(_NEWSLETTER, _NOW)
)
_MARK_SENDING = Prepared(
    update(_D)
    .where(
        _D.c.issue_id == _ISSUE,
        _D.c.subscriber_id == _PERSON,
        _D.c.claim == _HOLDER,
        or_(*(_D.c.status == status for status in OPEN)),
        exists().where(tables.subscribers.c.id == _D.c.subscriber_id, store.mailable(_NEWSLETTER, _NOW)),
    )
    .values(status=DeliveryStatus.SENDING, attempts=_D.c.attempts + 1, at=_NOW)
)
_SKIP_HELD = (
    update(_D)
    .where(_HELD_OPEN, _D.c.subscriber_id.not_in(_MAILABLE))
    .values(status=DeliveryStatus.SKIPPED, at=_NOW, next_at=None, claim=None, leased_until=None)
    .returning(_D.c.subscriber_id)
)
_ROW_HELD = and_(_D.c.issue_id == _ISSUE, _D.c.subscriber_id == _PERSON, _D.c.claim == _HOLDER)
_RECORD = Prepared(
    update(_D)
    .where(_ROW_HELD)
    .values(
        status=bindparam("outcome"),
        attempts=_D.c.attempts + case((_D.c.status == DeliveryStatus.SENDING, 0), else_=1),
        code=bindparam("answer"),
        reply=bindparam("words"),
        culprit=bindparam("blamed"),
        next_at=_AGAIN,
        put_off_at=case((_AGAIN.is_(None), _D.c.put_off_at), else_=func.coalesce(_D.c.put_off_at, _NOW)),
        at=_NOW,
        claim=None,
        leased_until=None,
    )
)
_WITHDRAW = (
    update(_D)
    .where(_ROW_HELD, _D.c.status == DeliveryStatus.SENDING)
    .values(status=bindparam("former"), attempts=_D.c.attempts - 1)
)
Counts = dict[DeliveryStatus, int]


class Resolution(StrEnum):
    """What an operator decides about deliveries whose fate is unknown."""

    RESEND = "resend"  #: they did not arrive: plan them again
    ACCEPT = "accept"  #: they arrived


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to record about one delivery after an attempt."""

    subscriber_id: int
    status: DeliveryStatus
    code: int
    reply: str
    next_at: datetime | None
    culprit: Culprit


class OwnTimes(NamedTuple):
    """Deliveries that wait for their readers' own times."""

    deliveries: int
    first_at: datetime | None
    last_at: datetime | None


def release(connection: Connection, issue_id: int, now: datetime) -> datetime:
    """Note that sending was asked for, and return when that was for the first time.

    Then it takes the place of earlier issues of the newsletter with those who still wait for their own time: whoever
    chose a day gets one mail on it, the newest.
    """
    table = tables.issues
    unreleased = update(table).where(table.c.id == issue_id, table.c.released_at.is_(None))
    if connection.execute(unreleased.values(released_at=now)).rowcount:
        _replace_waiting(connection, issue_id, now)
    released_at: datetime = connection.execute(select(table.c.released_at).where(table.c.id == issue_id)).scalar_one()
    return released_at


def retry_at(delivery: Delivery, now: datetime) -> datetime | None:
    """Return when a deferred delivery may be tried again: after 5 minutes, then 10, 20, … up to an hour.

    The jitter is the same whenever it is computed. None: its LIFETIME, since it was put off first, is over by then.
    """
    interval = min(FIRST_RETRY * 2 ** min(delivery.attempts, 10), LONGEST_RETRY)
    seed = zlib.crc32(f"{delivery.issue_id}:{delivery.subscriber_id}:{delivery.attempts}".encode())
    at = now + interval * (1 + JITTER * seed / 2**32)
    return at if at < (delivery.put_off_at or now) + LIFETIME else None


def expire(connection: Connection, issue_id: int, *, now: datetime) -> int:
    """Give up on deferred deliveries whose time is over; return how many."""
    late = update(_D).where(
        _D.c.issue_id == issue_id,
        _D.c.status == DeliveryStatus.DEFERRED,
        _D.c.claim.is_(None),
        func.coalesce(_D.c.put_off_at, _D.c.at, type_=_D.c.at.type) <= now - LIFETIME,
    )
    return connection.execute(late.values(status=DeliveryStatus.EXPIRED, at=now, next_at=None)).rowcount


def _waiting(now: datetime) -> ColumnElement[bool]:
    """Return the condition for rows that wait for a reader's own time; an index holds those that have one."""
    return and_(
        _D.c.due_at.is_not(None), _D.c.status == DeliveryStatus.PLANNED, _D.c.claim.is_(None), _D.c.next_at > now
    )


def _replace_waiting(connection: Connection, issue_id: int, now: datetime) -> None:
    """Skip the deliveries of earlier issues whose readers still wait, and get this one no later than those."""
    own, newer = tables.issues.alias(), _D.alias()
    earlier = (
        select(tables.issues.c.id)
        .join(own, (own.c.newsletter == tables.issues.c.newsletter) & (own.c.number > tables.issues.c.number))
        .where(own.c.id == issue_id, tables.issues.c.released_at.is_not(None))
    )
    comes_at = func.coalesce(newer.c.next_at, own.c.until, type_=_D.c.next_at.type)
    comes_in_time = exists().where(
        own.c.id == issue_id,
        newer.c.issue_id == issue_id,
        newer.c.subscriber_id == _D.c.subscriber_id,
        newer.c.status.in_(OPEN),
        comes_at <= _D.c.next_at,
    )
    had_to_wait = and_(  # one whose moment is that of the new issue has not been sent either: who chose only a day
        _D.c.due_at > now - LONGEST_WAIT,
        _D.c.status == DeliveryStatus.PLANNED,
        _D.c.claim.is_(None),
        _D.c.next_at.is_not(None),
    )
    replaced = update(_D).where(had_to_wait, _D.c.issue_id.in_(earlier), comes_in_time)
    connection.execute(replaced.values(_skipped(now) | {"reply": "a newer issue took its place"}))


def waiting(connection: Connection, issue_id: int, *, now: datetime) -> OwnTimes:
    """Return how many deliveries wait for their readers' own times, and from when until when."""
    times = (func.min(_D.c.next_at, type_=_D.c.next_at.type), func.max(_D.c.next_at, type_=_D.c.next_at.type))
    query = select(func.count(), *times).where(_D.c.issue_id == issue_id, _waiting(now))
    return OwnTimes(*connection.execute(query).one())


def is_due_now(now: datetime) -> ColumnElement[bool]:
    """Return the condition for rows that may be handed over at this moment."""
    return and_(_D.c.status.in_(OPEN), or_(_D.c.next_at.is_(None), _D.c.next_at <= now))


def _free(issue_id: int, now: datetime) -> ColumnElement[bool]:
    """Return the condition for rows that may be tried now and that nobody works on."""
    return and_(_D.c.issue_id == issue_id, _D.c.claim.is_(None), is_due_now(now))


def is_due(connection: Connection, issue_id: int, *, now: datetime) -> bool:
    """Tell whether `claim` would find anything."""
    query = select(_D.c.subscriber_id).where(_free(issue_id, now)).limit(1)
    return connection.execute(query).first() is not None


def claim(
    connection: Connection, issue: Issue, *, token: str, now: datetime, leased_until: datetime, after: int, size: int
) -> list[Delivery]:
    """Take up to `size` deliveries for the worker of that token: those with a subscriber id above `after`, by id.

    People who may no longer be mailed become `skipped` instead. An empty list means that nothing is left above
    `after`. Two workers never get the same row.
    """
    found: list[int] = []
    while not found:
        wanted = select(_D.c.subscriber_id).where(_free(issue.id, now), _D.c.subscriber_id > after)
        wanted = db.for_update_skip_locked(connection, wanted.order_by(_D.c.subscriber_id).limit(size))
        ids = list(connection.execute(wanted).scalars())
        if not ids:
            return []
        found, after = _skip_unmailable(connection, issue, ids, now), ids[-1]
    chosen = and_(_D.c.issue_id == issue.id, _D.c.subscriber_id.in_(found))
    people = tables.subscribers.c  # whoever moved since the issue was planned gets it where they are now
    address = select(people.email).where(people.id == _D.c.subscriber_id).scalar_subquery()
    connection.execute(update(_D).where(chosen).values(claim=token, leased_until=leased_until, recipient=address))
    joined = _D.join(tables.subscribers, tables.subscribers.c.id == _D.c.subscriber_id)
    rows = select(*issues.delivery_columns()).select_from(joined).where(chosen).order_by(_D.c.subscriber_id)
    return [issues.delivery_from(row) for row in connection.execute(rows)]


def _skip_unmailable(connection: Connection, issue: Issue, ids: Sequence[int], now: datetime) -> list[int]:
    """Mark those who left meanwhile as skipped; return the others."""
    people = tables.subscribers
    condition = store.mailable(issue.newsletter.slug, now)
    query = select(people.c.id).where(people.c.id.in_(ids), condition).order_by(people.c.id)
    mailable = list(connection.execute(query).scalars())
    if gone := sorted(set(ids) - set(mailable)):
        left = update(_D).where(_D.c.issue_id == issue.id, _D.c.subscriber_id.in_(gone))
        connection.execute(left.values(_skipped(now)))
    return mailable


def renew(
    connection: Connection, issue_id: int, subscriber_ids: Collection[int], *, token: str, leased_until: datetime
) -> None:
    """Extend the lease of those rows that are still the worker's."""
    held = and_(_D.c.issue_id == issue_id, _D.c.subscriber_id.in_(subscriber_ids), _D.c.claim == token)
    connection.execute(update(_D).where(held).values(leased_until=leased_until))


def mark_sending(
    connection: Connection, issue: Issue, subscriber_ids: Collection[int], *, token: str, now: datetime
) -> set[int]:
    """Note that these messages are about to be handed over, and return whose may be.

    A row that is missing from the answer was taken over by another worker, or its person left meanwhile: don't send it.
    """
    same = {"issue": issue.id, "newsletter": issue.newsletter.slug, "holder": token, "now": now}
    rows = [{**same, "person": subscriber_id} for subscriber_id in subscriber_ids]
    if _MARK_SENDING.execute(connection, rows) == len(rows):
        return set(subscriber_ids)
    return sending(connection, issue.id, subscriber_ids, token=token)


def sending(connection: Connection, issue_id: int, subscriber_ids: Collection[int], *, token: str) -> set[int]:
    """Return which of these the worker has marked already: what a commit did whose answer was lost."""
    query = select(_D.c.subscriber_id).where(
        _D.c.issue_id == issue_id,
        _D.c.subscriber_id.in_(subscriber_ids),
        _D.c.claim == token,
        _D.c.status == DeliveryStatus.SENDING,
    )
    return set(connection.execute(query).scalars())


def skip_held(
    connection: Connection, issue: Issue, subscriber_ids: Collection[int], *, token: str, now: datetime
) -> set[int]:
    """Skip those of the worker's rows whose people may no longer be mailed; return who they are."""
    return set(connection.execute(_SKIP_HELD, _held_values(issue, subscriber_ids, token, now)).scalars())


def _held_values(issue: Issue, subscriber_ids: Collection[int], token: str, now: datetime) -> dict[str, Any]:
    return {
        "issue": issue.id,
        "newsletter": issue.newsletter.slug,
        "people": list(subscriber_ids),
        "holder": token,
        "now": now,
    }


def _skipped(now: datetime) -> dict[str, Any]:
    return {"status": DeliveryStatus.SKIPPED, "at": now, "next_at": None, "claim": None, "leased_until": None}


def record(connection: Connection, issue_id: int, outcomes: Sequence[Outcome], *, token: str, now: datetime) -> None:
    """Write what became of attempts, and end the claims. An attempt refused before `sending` counts as one, too."""
    rows = [
        {
            "issue": issue_id,
            "person": o.subscriber_id,
            "holder": token,
            "now": now,
            "outcome": o.status,
            "answer": o.code,
            "words": o.reply,
            "again": o.next_at,
            "blamed": o.culprit,
        }
        for o in outcomes
    ]
    _RECORD.execute(connection, rows)


def withdraw(connection: Connection, issue_id: int, deliveries: Sequence[Delivery], *, token: str) -> None:
    """Take `sending` back for messages of which not a byte was written; the claims stay, the attempt costs nothing."""
    rows = [
        {"issue": issue_id, "person": delivery.subscriber_id, "holder": token, "former": delivery.status}
        for delivery in deliveries
    ]
    if rows:
        connection.execute(_WITHDRAW, rows)


def claims(connection: Connection, issue_id: int) -> dict[str, datetime]:
    """Return the claims that are held on an issue's rows, each with the end of its lease."""
    query = select(_D.c.claim, func.max(_D.c.leased_until, type_=_D.c.leased_until.type))
    held = query.where(_D.c.issue_id == issue_id, _D.c.claim.is_not(None)).group_by(_D.c.claim)
    return {token: until for token, until in connection.execute(held)}


def recover(connection: Connection, issue_id: int, *, dead_claims: Collection[str], now: datetime) -> int:
    """Take over from workers that are gone: what they claimed is free again, what they were sending is `unknown`.

    Returns how many became unknown.
    """
    if not dead_claims:
        return 0
    dead = and_(_D.c.issue_id == issue_id, _D.c.claim.in_(dead_claims))
    # a commit of the dead may still be under way; PostgreSQL waits for it here, else its `sending` would lose its claim
    held = select(_D.c.subscriber_id).where(dead).order_by(_D.c.subscriber_id)
    connection.execute(held.with_for_update()).all()
    lost = update(_D).where(dead, _D.c.status == DeliveryStatus.SENDING)
    unknown = connection.execute(
        lost.values(
            status=DeliveryStatus.UNKNOWN,
            code=0,
            reply="the sender stopped before the server answered",
            culprit=Culprit.UNKNOWN,
            at=now,
            claim=None,
            leased_until=None,
        )
    )
    connection.execute(update(_D).where(dead).values(claim=None, leased_until=None))
    return unknown.rowcount


def counts(connection: Connection, issue_id: int) -> Counts:
    """Return how many of an issue's deliveries have each status, zeros included."""
    query = select(_D.c.status, func.count()).where(_D.c.issue_id == issue_id).group_by(_D.c.status)
    found = {DeliveryStatus(status): count for status, count in connection.execute(query)}
    return {status: found.get(status, 0) for status in DeliveryStatus}


def resolve(
    connection: Connection, issue_id: int, resolution: Resolution, *, subscriber_id: int | None, now: datetime
) -> int:
    """Decide about deliveries in `unknown`, one person's or all of them; return how many there were."""
    unknown = update(_D).where(_D.c.issue_id == issue_id, _D.c.status == DeliveryStatus.UNKNOWN)
    if subscriber_id is not None:
        unknown = unknown.where(_D.c.subscriber_id == subscriber_id)
    status = DeliveryStatus.ACCEPTED if resolution is Resolution.ACCEPT else DeliveryStatus.PLANNED
    return connection.execute(unknown.values(status=status, at=now, next_at=None, put_off_at=None)).rowcount


def in_doubt(connection: Connection, issue_id: int, *, subscriber_id: int | None) -> list[int]:
    """Return whose deliveries are `unknown`, of one person or of all; a crash leaves one for each open connection."""
    unknown = select(_D.c.subscriber_id).where(_D.c.issue_id == issue_id, _D.c.status == DeliveryStatus.UNKNOWN)
    if subscriber_id is not None:
        unknown = unknown.where(_D.c.subscriber_id == subscriber_id)
    return list(connection.execute(unknown.order_by(_D.c.subscriber_id)).scalars())


def replan_refused(connection: Connection, issue_id: int, *, subscriber_id: int | None, now: datetime) -> int:
    """Plan again what was rejected for a fault of ours, which is mended now, one person's or all; return how many."""
    refused = update(_D).where(
        _D.c.issue_id == issue_id, _D.c.status == DeliveryStatus.REJECTED, _D.c.culprit == Culprit.OURS
    )
    if subscriber_id is not None:
        refused = refused.where(_D.c.subscriber_id == subscriber_id)
    row = {"status": DeliveryStatus.PLANNED, "culprit": Culprit.NOBODY, "at": now, "next_at": None, "put_off_at": None}
    return connection.execute(refused.values(row)).rowcount
