"""One worker's pen in the ledger, which commits the intents and outcomes of all its connections together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from sqlalchemy import Engine

from digest import db, ledger
from digest.errors import DatabaseAwayError, DatabaseError
from digest.ledger import Outcome
from digest.model import Delivery, Issue
from digest.quota import Quota

BATCH = 100  # deliveries claimed and composed at a time: 6 MB of messages of 60 KB
LEASE = timedelta(minutes=5)
PATIENCE_SECONDS = 60.0  # for which a database that is away or busy is tried again
_SOON_SECONDS = 0.1  # until an outcome is written that no intent follows
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.1, 2.0

_T = TypeVar("_T")


class Leave(Enum):
    """The ledger's answer to an intent."""

    GRANTED = "granted"  #: it is noted: the message may be handed over
    SKIPPED = "skipped"  #: the person left meanwhile
    LOST = "lost"  #: another worker has taken the delivery over


class _Intent(NamedTuple):
    """The wish to hand one message over, and who waits for the answer."""

    subscriber_id: int
    answer: "asyncio.Future[Leave]"


class Journal:
    """Claims deliveries of an issue and writes what becomes of them, from `with` to its end, inside a running loop.

    Everything that waits goes into one transaction; so commits grow with the load by themselves. Where a commit is
    over at once, the loop writes it itself: handing it to a thread and back costs more than twice as much. One that
    would have to wait for others, or for a server, is written in a thread. A database that is away is tried again
    for PATIENCE_SECONDS. At the end, claims are freed, and whatever is still `sending` becomes `unknown`. No more than
    `messages_per_day` are handed over within 24 hours; 0: no limit.
    """

    def __init__(
        self,
        engine: Engine,
        issue: Issue,
        *,
        token: str,
        clock: Callable[[], datetime],
        lease: timedelta = LEASE,
        messages_per_day: int = 0,
    ) -> None:
        self._engine, self._issue, self._token, self._clock = engine, issue, token, clock
        self._lease, self._renewal_seconds = lease, lease.total_seconds() / 4
        self._quota = Quota(messages_per_day)
        self._loop = asyncio.get_running_loop()
        self._writer = db.Writer(engine)
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._beat: asyncio.TimerHandle | None = None
        self._intents: list[_Intent] = []
        self._withdrawn: list[Delivery] = []  # for the next commit; nobody waits for it
        self._outcomes: list[Outcome] = []  # likewise
        self._unsaved: list[Outcome] = []  # of the commit that is being made, or that failed: first in the next one
        self._unsaved_withdrawals: list[Delivery] = []  # likewise
        self._is_asked = False  # this turn of the loop ends with a commit
        self._is_writing = False  # the thread does
        self._is_in_doubt = False  # a commit failed, and may have been made all the same
        self._is_closed = False  # a commit that was asked for comes too late
        self._held: set[int] = set()
        self._after = 0
        self._renew_at = time.monotonic() + self._renewal_seconds

    def __enter__(self) -> Self:
        self._keep_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beat is not None:
            self._beat.cancel()
        self._is_closed = True
        self._thread.shutdown()
        self._writer.close()
        try:
            patiently(self._close)
        except DatabaseError as failure:
            if error is None:
                raise
            error.add_note(f"then the outcomes of the last messages could not be written: {failure}")

    def claim(self, size: int = BATCH) -> list[Delivery]:
        """Take the next deliveries; at the end of the list, those that became free behind it. For any thread.

        An empty list: nothing is left, or nothing may go out today.
        """
        found = patiently(lambda: self._claim(self._after, size))
        if not found and self._after:
            found = patiently(lambda: self._claim(0, size))
        if found:
            self._after = found[-1].subscriber_id
        return found

    def intend(self, delivery: Delivery) -> "asyncio.Future[Leave]":
        """Ask for leave to hand a message over. Raises DatabaseError when awaited.

        GRANTED is committed: it holds when this process is killed. When the machine loses power, it holds on
        PostgreSQL; SQLite may forget the last moments, since it does not wait for the disk at each commit (`db`).
        """
        intent = _Intent(delivery.subscriber_id, self._loop.create_future())
        self._intents.append(intent)
        if not self._is_asked:
            self._is_asked = True
            self._loop.call_soon(self._commit)
        return intent.answer

    def withdraw(self, delivery: Delivery) -> None:
        """Take an intent back: not a byte of the message was written."""
        self._withdrawn.append(delivery)

    def record(self, outcome: Outcome) -> None:
        """Write what became of an attempt with the next intent, or soon; the delivery is no longer this worker's."""
        self._held.discard(outcome.subscriber_id)
        self._outcomes.append(outcome)

    def _claim(self, after: int, size: int) -> list[Delivery]:
        with db.transaction(self._engine) as connection:
            size = self._quota.take(connection, size, self._clock())
            found = ledger.claim(
                connection,
                self._issue,
                token=self._token,
                now=self._clock(),
                leased_until=datetime.now(UTC) + self._lease,
                after=after,
                size=size,
            )
        self._held.update(delivery.subscriber_id for delivery in found)
        return found

    def _close(self) -> None:
        outcomes, withdrawn = self._unsaved + self._outcomes, self._unsaved_withdrawals + self._withdrawn
        with db.transaction(self._engine) as connection:
            ledger.record(connection, self._issue.id, outcomes, token=self._token, now=self._clock())
            ledger.withdraw(connection, self._issue.id, withdrawn, token=self._token)
            ledger.recover(connection, self._issue.id, dead_claims=[self._token], now=self._clock())

    def _keep_time(self) -> None:
        """Write every now and then what no intent follows, and renew the lease."""
        self._commit()
        self._beat = self._loop.call_later(_SOON_SECONDS, self._keep_time)

    def _commit(self) -> None:
        """Write everything that waits: here if that is over at once, else in the thread, which is asked again then."""
        self._is_asked = False
        if self._is_closed or self._is_writing or (intents := self._gather()) is None:
            return
        if self._writer.is_immediate:
            try:
                self._answer(intents, self._write(intents, waits=False))
                return
            except DatabaseAwayError:
                pass  # another writes just now: the thread can wait
            except Exception as error:  # whoever waits must hear of it
                self._answer(intents, error)
                return
        self._is_writing = True
        self._thread.submit(self._write_patiently, intents)

    def _gather(self) -> Sequence[_Intent] | None:
        """Return the intents that wait, what else waits put with what is unsaved; None: there is nothing to write."""
        self._unsaved += self._outcomes
        self._unsaved_withdrawals += self._withdrawn
        intents, self._intents, self._withdrawn, self._outcomes = self._intents, [], [], []
        is_late = time.monotonic() >= self._renew_at
        return intents if intents or self._unsaved or self._unsaved_withdrawals or is_late else None

    def _write_patiently(self, intents: Sequence[_Intent]) -> None:
        """Write in the thread, and let the loop go on."""
        leaves: dict[int, Leave] | Exception
        try:
            leaves = patiently(lambda: self._write(intents, waits=True))
        except Exception as error:  # this thread's edge: whoever waits must hear of it
            leaves = error
        self._loop.call_soon_threadsafe(self._written, intents, leaves)

    def _written(self, intents: Sequence[_Intent], leaves: dict[int, Leave] | Exception) -> None:
        self._is_writing = False
        self._answer(intents, leaves)
        if self._intents:
            self._commit()

    def _write(self, intents: Sequence[_Intent], *, waits: bool) -> dict[int, Leave]:
        """Write in one transaction; return the intents' answers. What is noted by then was noted before them."""
        issue, token, now = self._issue, self._token, self._clock()
        intended = [intent.subscriber_id for intent in intents]
        was_in_doubt, self._is_in_doubt = self._is_in_doubt, True
        with self._writer.transaction(waits=waits) as connection:
            ledger.record(connection, issue.id, self._unsaved, token=token, now=now)
            ledger.withdraw(connection, issue.id, self._unsaved_withdrawals, token=token)
            done = ledger.sending(connection, issue.id, intended, token=token) if was_in_doubt else set()
            wanted = [subscriber_id for subscriber_id in intended if subscriber_id not in done]
            marked = done | ledger.mark_sending(connection, issue, wanted, token=token, now=now)
            missing = [subscriber_id for subscriber_id in intended if subscriber_id not in marked]
            skipped = ledger.skip_held(connection, issue, missing, token=token, now=now) if missing else set()
            if is_late := time.monotonic() >= self._renew_at:
                until = datetime.now(UTC) + self._lease
                ledger.renew(connection, issue.id, self._held.copy(), token=token, leased_until=until)
        self._is_in_doubt, self._unsaved, self._unsaved_withdrawals = False, [], []
        if is_late:
            self._renew_at = time.monotonic() + self._renewal_seconds
        leaves = dict.fromkeys(marked, Leave.GRANTED) | dict.fromkeys(skipped, Leave.SKIPPED)
        return {subscriber_id: leaves.get(subscriber_id, Leave.LOST) for subscriber_id in intended}

    def _answer(self, intents: Sequence[_Intent], leaves: dict[int, Leave] | Exception) -> None:
        """Tell those who wait."""
        for intent in intents:
            if intent.answer.done():
                continue  # it was cancelled: nobody waits any more
            if isinstance(leaves, Exception):
                intent.answer.set_exception(leaves)
            else:
                intent.answer.set_result(leaves[intent.subscriber_id])


def patiently(work: Callable[[], _T]) -> _T:
    """Do work on the database; while it is away or busy, again and again for PATIENCE_SECONDS. For a thread."""
    until, wait = time.monotonic() + PATIENCE_SECONDS, _FIRST_WAIT_SECONDS
    while True:
        try:
            return work()
        except DatabaseAwayError:
            if time.monotonic() + wait > until:
                raise
        time.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
