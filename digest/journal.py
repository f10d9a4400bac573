"""One worker's pen in the ledger: a thread that commits the intents and outcomes of all its connections together."""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from sqlalchemy import Engine

from digest import db, ledger
from digest.errors import DatabaseAwayError
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

    Everything that waits when the thread is free goes into one transaction; so commits grow with the load by
    themselves. A database that is away is tried again for PATIENCE_SECONDS. At the end, claims are freed, and whatever
    is still `sending` becomes `unknown`. No more than `messages_per_day` are handed over within 24 hours; 0: no limit.
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
        self._waiting: queue.SimpleQueue[_Intent | None] = queue.SimpleQueue()
        self._notes: deque[Delivery | Outcome] = deque()  # for the next commit; nobody waits for it
        self._unsaved: list[Outcome] = []  # of commits that failed; they go first into the next one
        self._is_in_doubt = False  # a commit failed, and may have been made all the same
        self._held: set[int] = set()
        self._after = 0
        self._renew_at = time.monotonic() + self._renewal_seconds
        self._thread = threading.Thread(target=self._run, name="ledger")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._thread.join()
        patiently(self._close)

    def claim(self) -> list[Delivery]:
        """Take the next deliveries; at the end of the list, those that became free behind it. For any thread.

        An empty list: nothing is left, or nothing may go out today.
        """
        found = patiently(lambda: self._claim(self._after))
        if not found and self._after:
            found = patiently(lambda: self._claim(0))
        if found:
            self._after = found[-1].subscriber_id
        return found

    def intend(self, delivery: Delivery) -> "asyncio.Future[Leave]":
        """Ask for leave to hand a message over; GRANTED is durable. Raises DatabaseError when awaited."""
        intent = _Intent(delivery.subscriber_id, self._loop.create_future())
        self._waiting.put(intent)
        return intent.answer

    def withdraw(self, delivery: Delivery) -> None:
        """Take an intent back: not a byte of the message was written."""
        self._notes.append(delivery)

    def record(self, outcome: Outcome) -> None:
        """Write what became of an attempt with the next intent, or soon; the delivery is no longer this worker's."""
        self._held.discard(outcome.subscriber_id)
        self._notes.append(outcome)

    def _claim(self, after: int) -> list[Delivery]:
        with db.transaction(self._engine) as connection:
            size = self._quota.take(connection, BATCH, self._clock())
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
        with db.transaction(self._engine) as connection:
            ledger.record(connection, self._issue.id, self._unsaved, token=self._token, now=self._clock())
            ledger.recover(connection, self._issue.id, dead_claims=[self._token], now=self._clock())

    def _run(self) -> None:
        is_open = True
        while is_open:
            entries = self._gather()
            is_open = None not in entries
            intents = [entry for entry in entries if entry is not None]
            try:
                self._commit(intents)
            except Exception as error:  # this thread's edge: whoever waits must hear of it
                self._answer(intents, error)

    def _gather(self) -> "list[_Intent | None]":
        """Wait for an intent, a moment at most; then take all that are there."""
        entries: list[_Intent | None] = []
        try:
            entries.append(self._waiting.get(timeout=_SOON_SECONDS))
            while True:
                entries.append(self._waiting.get_nowait())
        except queue.Empty:
            return entries

    def _commit(self, intents: Sequence[_Intent]) -> None:
        """Write everything in one transaction, and answer the intents. What is noted by then was noted before them."""
        notes = [self._notes.popleft() for _ in range(len(self._notes))]
        if not (intents or notes or self._unsaved or time.monotonic() >= self._renew_at):
            return
        self._unsaved += [note for note in notes if isinstance(note, Outcome)]
        withdrawn = [note for note in notes if isinstance(note, Delivery)]
        intended = [intent.subscriber_id for intent in intents]
        leaves = patiently(lambda: self._write(withdrawn, intended))
        self._unsaved = []
        self._answer(intents, leaves)

    def _write(self, withdrawn: Sequence[Delivery], intended: Sequence[int]) -> dict[int, Leave]:
        """Write in one transaction; return the intents' answers."""
        issue, token, now = self._issue, self._token, self._clock()
        was_in_doubt, self._is_in_doubt = self._is_in_doubt, True
        with db.transaction(self._engine) as connection:
            ledger.record(connection, issue.id, self._unsaved, token=token, now=now)
            ledger.withdraw(connection, issue.id, withdrawn, token=token)
            done = ledger.sending(connection, issue.id, intended, token=token) if was_in_doubt else set()
            wanted = [subscriber_id for subscriber_id in intended if subscriber_id not in done]
            marked = done | ledger.mark_sending(connection, issue, wanted, token=token, now=now)
            missing = [subscriber_id for subscriber_id in intended if subscriber_id not in marked]
            skipped = ledger.skip_held(connection, issue, missing, token=token, now=now) if missing else set()
            if is_late := time.monotonic() >= self._renew_at:
                until = datetime.now(UTC) + self._lease
                ledger.renew(connection, issue.id, self._held.copy(), token=token, leased_until=until)
        self._is_in_doubt = False
        if is_late:
            self._renew_at = time.monotonic() + self._renewal_seconds
        leaves = dict.fromkeys(marked, Leave.GRANTED) | dict.fromkeys(skipped, Leave.SKIPPED)
        return {subscriber_id: leaves.get(subscriber_id, Leave.LOST) for subscriber_id in intended}

    def _answer(self, intents: Sequence[_Intent], leaves: dict[int, Leave] | Exception) -> None:
        if intents:
            self._loop.call_soon_threadsafe(_resolve, intents, leaves)


def _resolve(intents: Sequence[_Intent], leaves: dict[int, Leave] | Exception) -> None:
    """Tell those who wait, in their loop."""
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
