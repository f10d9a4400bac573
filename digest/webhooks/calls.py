"""Calls that are to be made: what each webhook is still to be told, and what became of telling it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from digest import db
from digest.tables import webhook_calls

LEASE = timedelta(minutes=2)  # for which a call that is being made is nobody else's; longer than any attempt
LIFETIME = timedelta(days=3)  # after which nobody is told any more
REMEMBERED = timedelta(days=30)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=12)
GROWTH = 3  # 1, 3, 9, 27, 81 minutes, 4 hours, then every 12
SPREAD = 0.2  # a fifth sooner or later, so that calls that failed together do not come back together


class CallStatus(StrEnum):
    """Where a call stands."""

    WAITING = "waiting"
    DONE = "done"  #: the program answered 2xx
    FAILED = "failed"  #: given up


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that one webhook is to be told."""

    id: int
    webhook: str
    body: bytes
    attempts: int  #: this one included
    at: datetime

    @property
    def event_id(self) -> str:
        """What receivers know it by: the same at each attempt."""
        return str(json.loads(self.body)["id"])


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one webhook."""

    waiting: int
    done: int
    failed: int
    code: int | None  #: of the last attempt; 0: no answer; None: there was none
    next_at: datetime | None


def write(connection: Connection, rows: Sequence[tuple[str, int | None, str]], *, now: datetime) -> None:
    """Put calls on their way: the webhook's name, the id of the subscriber they are about, and the body.

    Without an id it is about somebody who is erased: the call is forgotten as soon as it ends.
    """
    common: dict[str, Any] = {"status": CallStatus.WAITING, "attempts": 0, "code": 0, "next_at": now, "at": now}
    values = [{"webhook": name, "subscriber_id": person, "body": body, **common} for name, person, body in rows]
    if values:
        connection.execute(webhook_calls.insert(), values)


def claim(connection: Connection, webhook: str, *, now: datetime) -> Call | None:
    """Take a webhook's oldest call that is due; None when there is none. Commit before it is made.

    One whose process dies is due again when its lease has ended: a call may come twice, but is not lost.
    """
    table = webhook_calls.c
    due = select(table.id).where(table.webhook == webhook, table.next_at <= now).order_by(table.id).limit(1)
    found = connection.execute(db.for_update_skip_locked(connection, due)).scalar_one_or_none()
    if found is None:
        return None
    leased = {"next_at": now + LEASE, "attempts": table.attempts + 1}
    row = connection.execute(update(webhook_calls).where(table.id == found).values(leased).returning(webhook_calls))
    taken = row.one()
    return Call(taken.id, taken.webhook, taken.body.encode(), taken.attempts, taken.at)


def wait(attempts: int, chance: float) -> timedelta:
    """Return how long to wait after so many attempts; `chance`, from 0 to 1, spreads them by a fifth either way."""
    usual = min(FIRST_WAIT * int(GROWTH ** min(attempts - 1, 10)), LONGEST_WAIT)
    return usual * (1 + SPREAD * (2 * chance - 1))


def record_done(connection: Connection, call: Call, code: int) -> None:
    """Write that the program heard it."""
    _record(connection, call, {"status": CallStatus.DONE, "code": code, "next_at": None})


def record_failed(connection: Connection, call: Call, code: int) -> None:
    """Write that the program wants no more of it."""
    _record(connection, call, {"status": CallStatus.FAILED, "code": code, "next_at": None})


def record_deferred(connection: Connection, call: Call, code: int, *, now: datetime, chance: float) -> None:
    """Write that the program did not hear it: it is called again, until three days are over."""
    again = now + wait(call.attempts, chance)
    if again >= call.at + LIFETIME:
        record_failed(connection, call, code)
    else:
        _record(connection, call, {"code": code, "next_at": again})


def _record(connection: Connection, call: Call, values: dict[str, Any]) -> None:
    connection.execute(update(webhook_calls).where(webhook_calls.c.id == call.id).values(values))
    _forget_erased(connection)


def _forget_erased(connection: Connection) -> None:
    """Delete the calls about people who are erased that have ended."""
    table = webhook_calls.c
    connection.execute(delete(webhook_calls).where(table.next_at.is_(None), table.subscriber_id.is_(None)))


def give_up_late(connection: Connection, *, now: datetime) -> int:
    """Give up the calls that nobody made in three days, as those of a webhook that the settings no longer have."""
    table = webhook_calls.c
    late = update(webhook_calls).where(table.next_at <= now, table.at <= now - LIFETIME)
    count = connection.execute(late.values(status=CallStatus.FAILED, next_at=None)).rowcount
    _forget_erased(connection)
    return count


def forget(connection: Connection, *, now: datetime) -> int:
    """Delete the calls that ended long ago; return how many."""
    table = webhook_calls.c
    return connection.execute(
        delete(webhook_calls).where(table.next_at.is_(None), table.at < now - REMEMBERED)
    ).rowcount


def retry(connection: Connection, webhook: str, *, now: datetime) -> int:
    """Have everything that a webhook was not told told once more, from now on for three days; return how many."""
    table = webhook_calls.c
    unheard = update(webhook_calls).where(table.webhook == webhook, table.status != CallStatus.DONE)
    afresh = {"status": CallStatus.WAITING, "attempts": 0, "next_at": now, "at": now}
    return connection.execute(unheard.values(afresh)).rowcount


def standings(connection: Connection) -> dict[str, Standing]:
    """Return how things stand with each webhook that has calls, by its name."""
    table = webhook_calls.c
    counts = select(table.webhook, table.status, func.count()).group_by(table.webhook, table.status)
    found: dict[str, dict[str, int]] = {}
    for webhook, status, count in connection.execute(counts):
        found.setdefault(webhook, {})[status] = count
    return {
        name: Standing(
            waiting=numbers.get(CallStatus.WAITING, 0),
            done=numbers.get(CallStatus.DONE, 0),
            failed=numbers.get(CallStatus.FAILED, 0),
            code=_last_code(connection, name),
            next_at=_next_at(connection, name),
        )
        for name, numbers in sorted(found.items())
    }


def _last_code(connection: Connection, webhook: str) -> int | None:
    """Return the code of the newest call that was made at least once."""
    table = webhook_calls.c
    query = select(table.code).where(table.webhook == webhook, table.attempts > 0).order_by(table.id.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _next_at(connection: Connection, webhook: str) -> datetime | None:
    table = webhook_calls.c
    query = select(func.min(table.next_at, type_=table.next_at.type)).where(table.webhook == webhook)
    found: datetime | None = connection.execute(query).scalar_one()
    return found
