"""One worker's run over an issue: claim, compose, send, record, over several connections at once."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from digest.errors import ServerError, ServerRefusedError, ServerUnavailableError
from digest.journal import Journal
from digest.ledger import Outcome, retry_at
from digest.model import Delivery, DeliveryStatus
from digest.smtp.envelope import Envelope
from digest.smtp.login import open_session
from digest.smtp.pace import Pace
from digest.smtp.route import Route
from digest.smtp.session import Session
from digest.smtp.verdict import Stage, Verdict

Compose = Callable[[Sequence[Delivery]], list[bytes]]
Progress = Callable[[DeliveryStatus], None]

TRIES = 3  # attempts at one delivery in a run that may end before its message was handed over
FAILURES = 5  # of one connection in a row, until the server counts as away
RECIPIENT_WEIGHT = 0.25  # of a failure once a recipient was named: it may be about them, so 20 of those in a row
FIRST_WAIT = 0.5  # seconds after the first of them; doubles with each: 7.5 seconds in all


@dataclass(frozen=True, slots=True)
class Job:
    """A message with its delivery, and how often it was tried in this run."""

    delivery: Delivery
    message: bytes
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """What a run needs to know: the server, the sender, the messages, and how many at once."""

    route: Route
    sender: str
    connections: int
    messages_per_second: float
    released_at: datetime
    clock: Callable[[], datetime]
    first_wait: float = FIRST_WAIT


class Feed:
    """Jobs for all connections: one batch is sent while the next is claimed and composed in a thread.

    Memory holds two batches, however many subscribers there are.
    """

    def __init__(self, journal: Journal, compose: Compose) -> None:
        self._journal, self._compose = journal, compose
        self._jobs: deque[Job] = deque()
        self._ahead: asyncio.Task[list[Job]] | None = None
        self._is_dry = False
        self._turn = asyncio.Lock()

    async def take(self) -> Job | None:
        """Return the next job, or None when nothing is left."""
        async with self._turn:
            if not self._jobs and not self._is_dry:
                self._jobs.extend(await (self._ahead or self._prepare()))
                self._is_dry = not self._jobs
                self._ahead = self._prepare() if self._jobs else None
            return self._jobs.popleft() if self._jobs else None

    def give_back(self, job: Job) -> None:
        """Let another connection have the job."""
        self._jobs.append(job)

    def try_again(self, job: Job) -> bool:
        """Let a job be tried again after the others; False when it has had its TRIES."""
        if job.tries + 1 < TRIES:
            self._jobs.append(replace(job, tries=job.tries + 1))
            return True
        return False

    async def close(self) -> None:
        """Wait for the batch that is being prepared; what it claimed is freed with the run's other claims."""
        if self._ahead is not None:
            await asyncio.gather(self._ahead, return_exceptions=True)

    def _prepare(self) -> asyncio.Task[list[Job]]:
        return asyncio.create_task(asyncio.to_thread(self._batch))

    def _batch(self) -> list[Job]:
        deliveries = self._journal.claim()
        if not deliveries:
            return []
        return [Job(d, message) for d, message in zip(deliveries, self._compose(deliveries), strict=True)]


class Intent:
    """The wish to hand one message over, and what the ledger answered."""

    def __init__(self, journal: Journal, delivery: Delivery) -> None:
        self._journal, self._delivery = journal, delivery
        self.answer: bool | None = None  #: None: not asked

    async def declare(self) -> bool:
        """Commit that the message is about to be handed over; return whether it may be."""
        self.answer = await asyncio.wrap_future(self._journal.intend(self._delivery))
        return self.answer


class Run:
    """What the lines of one run share."""

    def __init__(
        self, order: Order, journal: Journal, compose: Compose, *, stop: asyncio.Event, progress: Progress
    ) -> None:
        self.order, self.journal, self.stop, self.progress = order, journal, stop, progress
        self.feed = Feed(journal, compose)
        self.pace = Pace(order.messages_per_second)
        self.lines = [Line(self) for _ in range(order.connections)]

    async def work(self, first: Session) -> None:
        """Send until nothing is left or `stop` is set; then let every line finish its message and take leave.

        `first` is an open session, so that a server that is away was noticed before anything was claimed. Raises
        ServerError when the server is in the way and DatabaseError when the ledger cannot be written; what was not
        handed over stays as it was.
        """
        self.lines[0].session = first
        ended = await asyncio.gather(*(line.work() for line in self.lines), return_exceptions=True)
        await self.feed.close()
        for error in ended:
            if error is not None:
                raise error

    async def pause(self, seconds: float) -> bool:
        """Wait, unless the run is to stop; return whether it goes on."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)
        return not self.stop.is_set()


class Line:
    """One connection's work: job after job, over a session that is opened anew when it is lost or has served enough.

    The trouble of one line never cancels another in the middle of a message: it sets `stop`, and they finish.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.session: Session | None = None
        self._failures = 0.0
        self._is_retired = False

    async def work(self) -> None:
        """Take jobs until none is left, the run stops, or this line retires."""
        try:
            while not self._is_retired and not self._run.stop.is_set() and (job := await self._run.feed.take()):
                await self._attempt(job)
        except BaseException:
            self._run.stop.set()
            raise
        finally:
            await self._leave()

    async def _attempt(self, job: Job) -> None:
        run = self._run
        try:
            session = await self._open()
        except ServerUnavailableError as error:
            run.feed.give_back(job)
            await self._failed(error)
            return
        if session is None or not await self._may_begin():
            return  # the run stops
        intent = Intent(run.journal, job.delivery)
        envelope = Envelope(run.order.sender, job.delivery.recipient)
        verdict = await session.deliver(envelope, job.message, intent.declare)
        if verdict.status is not DeliveryStatus.PLANNED:
            self._failures = 0
            self._record(job.delivery, verdict)
        elif intent.answer is not False:  # else it is another worker's now
            await self._not_handed_over(job, verdict, intent)

    async def _open(self) -> Session | None:
        """Return a session that may send, or None when the run is to stop."""
        if self.session is not None and self.session.is_usable:
            return self.session
        await self._leave()
        self.session = await unless_stopped(self._run.stop, open_session(self._run.order.route))
        return self.session

    async def _may_begin(self) -> bool:
        """Wait for this message's turn; False when the run stops before it comes."""
        delay = self._run.pace.turn(asyncio.get_running_loop().time())
        return delay <= 0 or await self._run.pause(delay)

    def _record(self, delivery: Delivery, verdict: Verdict) -> None:
        order, status, again = self._run.order, verdict.status, None
        if status is DeliveryStatus.DEFERRED:
            again = retry_at(delivery, order.released_at, order.clock())
            status = DeliveryStatus.EXPIRED if again is None else status
        self._run.journal.record(Outcome(delivery.subscriber_id, status, verdict.code, verdict.text, again))
        self._run.progress(status)

    async def _not_handed_over(self, job: Job, verdict: Verdict, intent: Intent) -> None:
        """Free the job, unless the connection broke off TRIES times when it was this recipient's turn."""
        run = self._run
        if intent.answer:
            run.journal.withdraw(job.delivery)
        if verdict.stage is Stage.MAIL:
            run.feed.give_back(job)
        elif not run.feed.try_again(job):
            self._record(job.delivery, replace(verdict, status=DeliveryStatus.DEFERRED))
        place = run.order.route.place
        error: ServerError
        if verdict.code:
            error = ServerRefusedError(f"{place} puts us off at {verdict.stage}: {verdict.code} {verdict.text}")
        else:
            error = ServerUnavailableError(f"{place} broke off at {verdict.stage}: {verdict.text}")
        await self._failed(error, weight=1 if verdict.stage is Stage.MAIL else RECIPIENT_WEIGHT)

    async def _failed(self, error: ServerError, *, weight: float = 1) -> None:
        """Wait longer each time; after FAILURES in a row leave the work to the other lines, or give up as the last."""
        self._failures += weight
        await self._leave()
        if self._failures < FAILURES:
            await self._run.pause(self._run.order.first_wait * 2 ** int(self._failures - weight))
        elif any(line.session is not None for line in self._run.lines):
            self._is_retired = True
        else:
            raise error

    async def _leave(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            await session.quit()


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, Session]) -> Session | None:
    """Return what the work makes, or None when `stop` comes first; only for work whose connection is not used again."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    (ended,) = await asyncio.gather(working, return_exceptions=True)
    if isinstance(ended, Session):  # asyncio.wait_for of Python 3.11 lets a cancellation that comes late pass unheard
        ended.abort()
        await asyncio.sleep(0)
    return None
