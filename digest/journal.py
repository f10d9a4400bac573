"""One worker's pen in the ledger: a thread that commits the intents and outcomes of all its connections together."""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import NamedTuple, Self

from sqlalchemy import Engine

from digest import db, ledger
from digest.ledger import Outcome
from digest.model import Delivery, Issue

BATCH = 100  # deliveries claimed and composed at a time: 6 MB of messages of 60 KB
LEASE = timedelta(minutes=5)


class _Entry(NamedTuple):
    """Something to write, and who waits for it."""

    what: Delivery | Outcome
    is_intent: bool
    done: "Future[bool]"


class Journal:
    """Claims deliveries of an issue and writes what becomes of them, from `with` to its end.

    Everything that waits when the thread is free goes into one transaction; so commits grow with the load by
    themselves. At the end, claims are freed, and whatever is still `sending` becomes `unknown`.
    """

    def __init__(
        self, engine: Engine, issue: Issue, *, token: str, clock: Callable[[], datetime], lease: timedelta = LEASE
    ) -> None:
        self._engine, self._issue, self._token, self._clock = engine, issue, token, clock
        self._lease, self._renewal_seconds = lease, lease.total_seconds() / 4
        self._waiting: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._unsaved: list[Outcome] = []  # of commits that failed; they go first into the next one
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
        with db.transaction(self._engine) as connection:
            ledger.record(connection, self._issue.id, self._unsaved, token=self._token, now=self._clock())
            ledger.recover(connection, self._issue.id, dead_claims=[self._token], now=self._clock())

    def claim(self) -> list[Delivery]:
        """Take the next deliveries; at the end of the list, those that became free behind it."""
        found = self._claim(self._after)
        if not found and self._after:
            found = self._claim(0)
        if found:
            self._after = found[-1].subscriber_id
        return found

    def intend(self, delivery: Delivery) -> "Future[bool]":
        """Note that a message is about to be handed over. True: it may be; False: another worker has taken it over."""
        return self._put(delivery, is_intent=True)

    def withdraw(self, delivery: Delivery) -> "Future[bool]":
        """Take an intent back: not a byte of the message was written."""
        return self._put(delivery)

    def record(self, outcome: Outcome) -> "Future[bool]":
        """Write what became of an attempt; the delivery is no longer this worker's."""
        self._held.discard(outcome.subscriber_id)
        return self._put(outcome)

    def _put(self, what: Delivery | Outcome, *, is_intent: bool = False) -> "Future[bool]":
        entry = _Entry(what, is_intent, Future())
        self._waiting.put(entry)
        return entry.done

    def _claim(self, after: int) -> list[Delivery]:
        with db.transaction(self._engine) as connection:
            found = ledger.claim(
                connection,
                self._issue,
                token=self._token,
                now=self._clock(),
                leased_until=datetime.now(UTC) + self._lease,
                after=after,
                size=BATCH,
            )
        self._held.update(delivery.subscriber_id for delivery in found)
        return found

    def _run(self) -> None:
        is_open = True
        while is_open:
            entries = self._gather()
            is_open = None not in entries
            self._commit([entry for entry in entries if entry is not None])

    def _gather(self) -> list[_Entry | None]:
        """Wait for something to write, or until the leases want renewal; then take all that is there."""
        entries: list[_Entry | None] = []
        try:
            entries.append(self._waiting.get(timeout=max(0.0, self._renew_at - time.monotonic())))
            while True:
                entries.append(self._waiting.get_nowait())
        except queue.Empty:
            return entries

    def _commit(self, entries: list[_Entry]) -> None:
        outcomes = self._unsaved + [entry.what for entry in entries if isinstance(entry.what, Outcome)]
        try:
            marked = self._write(outcomes, entries)
        except Exception as error:  # this thread's edge: whoever waits must hear of it
            self._unsaved = outcomes
            _fail(entries, error)
            return
        self._unsaved = []
        for entry in entries:
            entry.done.set_result(not entry.is_intent or entry.what.subscriber_id in marked)

    def _write(self, outcomes: list[Outcome], entries: list[_Entry]) -> set[int]:
        """Write in one transaction; return whose messages may be handed over."""
        issue_id, token, now = self._issue.id, self._token, self._clock()
        deliveries = [(entry.what, entry.is_intent) for entry in entries if isinstance(entry.what, Delivery)]
        withdrawn = [delivery for delivery, is_intent in deliveries if not is_intent]
        intended = [delivery.subscriber_id for delivery, is_intent in deliveries if is_intent]
        with db.transaction(self._engine) as connection:
            ledger.record(connection, issue_id, outcomes, token=token, now=now)
            ledger.withdraw(connection, issue_id, withdrawn, token=token)
            marked = ledger.mark_sending(connection, issue_id, intended, token=token, now=now)
            if is_late := time.monotonic() >= self._renew_at:
                until = datetime.now(UTC) + self._lease
                ledger.renew(connection, issue_id, self._held.copy(), token=token, leased_until=until)
        if is_late:
            self._renew_at = time.monotonic() + self._renewal_seconds
        return marked


def _fail(entries: Iterable[_Entry], error: Exception) -> None:
    for entry in entries:
        entry.done.set_exception(error)
