"""One worker's run over an issue: claim, compose, send, record, over several connections at once."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from digest.breaker import Breaker
from digest.errors import IssuePausedError, ServerError, ServerRefusedError, ServerUnavailableError
from digest.jobs import Compose, Job, Jobs, pause
from digest.journal import Journal, Leave
from digest.ledger import Outcome, retry_at
from digest.model import Delivery, DeliveryStatus
from digest.smtp.envelope import Mail
from digest.smtp.login import open_session
from digest.smtp.outage import FIRST_WAIT_SECONDS, Outage
from digest.smtp.pace import Pace
from digest.smtp.route import Route
from digest.smtp.session import Session
from digest.smtp.throttle import FIRST_SECONDS, Throttle, Waiting
from digest.smtp.verdict import Reaction, Stage, Verdict
from digest.smtp.width import Width

Progress = Callable[[DeliveryStatus | Waiting], None]

REST_SECONDS = 3600.0  # for a server's quota that is used up
SLOW_DOWN = "the server asks us to slow down"
AWAY = "the server is away"


@dataclass(frozen=True, slots=True)
class Order:
    """What a run needs to know: the issue's name, the server, how many connections, and how fast."""

    issue_name: str
    route: Route
    connections: int
    messages_per_second: float
    clock: Callable[[], datetime]
    messages_per_day: int = 0  #: over all issues and workers; 0: no limit
    domains: Mapping[str, float] = field(default_factory=dict)  #: messages a second to recipients' domains
    first_wait_seconds: float = FIRST_WAIT_SECONDS  #: for a server that is away
    first_pause_seconds: float = FIRST_SECONDS  #: for one that throttles us


class Intent:
    """The wish to hand one message over, and what the ledger answered."""

    def __init__(self, journal: Journal, delivery: Delivery) -> None:
        self._journal, self._delivery = journal, delivery
        self.leave: Leave | None = None  #: None: not asked

    async def declare(self) -> bool:
        """Commit that the message is about to be handed over; return whether it may be."""
        self.leave = await self._journal.intend(self._delivery)
        return self.leave is Leave.GRANTED


class Run:
    """What the lines of one run share."""

    def __init__(
        self, order: Order, journal: Journal, compose: Compose, *, stop: asyncio.Event, progress: Progress
    ) -> None:
        self.order, self.journal, self.stop, self.progress = order, journal, stop, progress
        self.pace = Pace(order.messages_per_second, order.domains)
        self.jobs = Jobs(journal, compose, self.pace, order.domains)
        self.width = Width(order.connections)
        self.throttle = Throttle(order.first_pause_seconds)
        self.outage = Outage(order.first_wait_seconds)
        self.breaker = Breaker(order.issue_name)
        self.lines = [Line(self) for _ in range(order.connections)]
        self._loop = asyncio.get_running_loop()
        self._moves: list[asyncio.Future[None]] = []
        self._told_until = 0.0

    async def work(self, first: Session) -> None:
        """Send until nothing is left or `stop` is set; then let every line finish its message and take leave.

        `first` is an open session, so that a server that is away was noticed before anything was claimed. Raises
        ServerError when the server is in the way, IssuePausedError among them when its refusals are our fault, and
        DatabaseError when the ledger cannot be written; what was not handed over stays as it was.
        """
        self.lines[0].session = first
        waking = asyncio.create_task(self._move_on_stop())
        ended = await asyncio.gather(*(line.work() for line in self.lines), return_exceptions=True)
        waking.cancel()
        await self.jobs.close()
        for error in ended:
            if error is not None:
                raise error

    async def may_begin(self, line: "Line") -> bool:
        """Wait until this line may begin a message; False when it is to end."""
        while not self.stop.is_set():
            if self._working() - line.is_working >= self.width.allowed:
                if line.is_working:
                    await line.leave()  # which takes its time: look again, for the others may have ended meanwhile
                else:
                    await self._move()
            elif seconds := self.holding():
                await pause(self.stop, seconds)
            else:
                line.is_working = True
                return True
        return False

    def holding(self) -> float:
        """Return the seconds for which all lines wait, or 0; tell whoever watches."""
        now = self._loop.time()
        slow, away = self.throttle.wait(now), self.outage.wait(now)
        seconds = max(slow, away)
        if seconds and now >= self._told_until:
            self.progress(Waiting(seconds, SLOW_DOWN if slow >= away else AWAY))
            self._told_until = now + seconds
        return seconds

    def moved(self) -> None:
        """Let lines look again whether they may work."""
        for move in self._moves:
            if not move.done():
                move.set_result(None)
        self._moves.clear()

    def following(self) -> Job | None:
        """Return a job to announce with the message that goes out now, if one may begin."""
        if self.stop.is_set() or self._working() > self.width.allowed or self.holding():
            return None
        return self.jobs.ready(self._loop.time())

    def learn(self, verdict: Verdict) -> None:
        """Adapt to what the server said: slower, more narrowly, or not at all.

        Raises IssuePausedError and ServerRefusedError when going on is of no use.
        """
        now = self._loop.time()
        if verdict.reaction is Reaction.STOP:
            what = "the sender" if verdict.stage is Stage.MAIL else "us"
            raise ServerRefusedError(
                f"{self.order.route.place} refuses {what}: {verdict.code or ''} {verdict.text}: "
                "may this log-in send from that address? No recipient was blamed"
            )
        if verdict.reaction is Reaction.REST:
            raise self._quota_used_up(verdict)
        if verdict.reaction is Reaction.SLOW_DOWN:
            if self.throttle.throttled(now):
                self.pace.slow_down(now)
                self.width.failed()
        elif verdict.stage is Stage.MESSAGE and verdict.status is not DeliveryStatus.UNKNOWN:
            self.throttle.succeeded(now)
        if verdict.status is not DeliveryStatus.PLANNED and (reason := self.breaker.note(verdict)):
            raise IssuePausedError(reason)

    def _quota_used_up(self, verdict: Verdict) -> IssuePausedError:
        """Return the pause for a server's quota: an hour where a try costs nothing, else until a person says so."""
        told = f"the quota of {self.order.route.place} is used up: {verdict.code} {verdict.text}: "
        again = f"`digest send {self.order.issue_name}`"
        if verdict.status is DeliveryStatus.REJECTED:
            return IssuePausedError(f"{told}{again} goes on when it is free again")
        return IssuePausedError(
            f"{told}`digest worker` tries again each hour, and {again} at once", seconds=REST_SECONDS
        )

    def reached(self) -> None:
        """Note that the server answered a message, whatever it said."""
        self.outage.succeeded()
        allowed = self.width.allowed
        self.width.succeeded()
        if self.width.allowed > allowed:
            self.moved()

    def failed(self, error: ServerError, *, is_about_recipient: bool) -> None:
        """Note a connection that could not be had, or was lost. Raises the error when the server counts as away."""
        self.outage.failed(self._loop.time(), is_about_recipient=is_about_recipient)
        if not is_about_recipient:
            self.width.failed()
        if self.outage.is_final:
            raise error

    def _working(self) -> int:
        return sum(line.is_working for line in self.lines)

    async def _move(self) -> None:
        move = self._loop.create_future()
        self._moves.append(move)
        await move

    async def _move_on_stop(self) -> None:
        await self.stop.wait()
        self.moved()


class Line:
    """One connection's work: job after job, over a session that is opened anew when it is lost or has served enough.

    The trouble of one line never cancels another in the middle of a message: it sets `stop`, and they finish.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._announced: Job | None = (
            None  # its envelope is on its way, so it is this line's next one, even after a stop
        )
        self.session: Session | None = None
        self.is_working = False  #: it may hold a connection

    async def work(self) -> None:
        """Take jobs until none is left or the run stops."""
        try:
            while job := await self._next():
                await self._attempt(job)
        except BaseException:
            self._run.stop.set()
            raise
        finally:
            await self.leave()

    async def leave(self) -> None:
        """Close the session, if there is one."""
        await self._close()
        if self.is_working:  # else nobody's turn comes of it, and those who wait would wake each other without end
            self.is_working = False
            self._run.moved()

    async def _close(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            await session.quit()

    async def _next(self) -> Job | None:
        job, self._announced = self._announced, None
        if job is not None and (self.session is not None and self.session.is_usable):
            return job
        if job is not None:
            self._run.jobs.give_back(job)
        return await self._run.jobs.take(self._run.stop) if await self._run.may_begin(self) else None

    def _following(self) -> Mail | None:
        self._announced = self._run.following()
        return self._announced.mail if self._announced else None

    async def _attempt(self, job: Job) -> None:
        run = self._run
        try:
            session = await self._open()
        except ServerUnavailableError as error:
            run.jobs.give_back(job)
            run.failed(error, is_about_recipient=False)
            return
        if session is None:
            return  # the run stops
        intent = Intent(run.journal, job.delivery)
        verdict = await session.deliver(job.mail, intent.declare, self._following)
        if intent.leave in (None, Leave.GRANTED):
            self._conclude(job, verdict, intent)
        elif intent.leave is Leave.SKIPPED:
            run.progress(DeliveryStatus.SKIPPED)

    async def _open(self) -> Session | None:
        """Return a session that may send, or None when the run is to stop."""
        if self.session is not None and self.session.is_usable:
            return self.session
        await self._close()
        self.session = await unless_stopped(self._run.stop, open_session(self._run.order.route))
        return self.session

    def _conclude(self, job: Job, verdict: Verdict, intent: Intent) -> None:
        """Record what became of an attempt, or free the job; then let the run learn of it."""
        run = self._run
        if verdict.status is not DeliveryStatus.PLANNED:
            self._record(job.delivery, verdict)
            run.learn(verdict)
            if verdict.status is DeliveryStatus.UNKNOWN:
                run.failed(_trouble(run.order.route, verdict), is_about_recipient=False)
            else:
                run.reached()
            return
        if intent.leave is Leave.GRANTED:
            run.journal.withdraw(job.delivery)
        if verdict.reaction is Reaction.RECONNECT and self._has_served():
            run.jobs.give_back(job)
            return  # a connection that ends in time is no failure
        if verdict.stage is Stage.MAIL:
            run.jobs.give_back(job)
        elif not run.jobs.try_again(job):
            self._record(job.delivery, replace(verdict, status=DeliveryStatus.DEFERRED))
        run.learn(verdict)
        run.failed(_trouble(run.order.route, verdict), is_about_recipient=verdict.stage is not Stage.MAIL)

    def _has_served(self) -> bool:
        """Tell whether this connection took a message before; else connecting again would go on for ever."""
        return self.session is not None and self.session.messages > 1

    def _record(self, delivery: Delivery, verdict: Verdict) -> None:
        order, status, again = self._run.order, verdict.status, None
        if status is DeliveryStatus.DEFERRED:
            again = retry_at(delivery, order.clock())
            status = DeliveryStatus.EXPIRED if again is None else status
        outcome = Outcome(delivery.subscriber_id, status, verdict.code, verdict.text, again, verdict.culprit)
        self._run.journal.record(outcome)
        self._run.progress(status)


def _trouble(route: Route, verdict: Verdict) -> ServerError:
    if verdict.code:
        return ServerRefusedError(f"{route.place} puts us off at {verdict.stage}: {verdict.code} {verdict.text}")
    return ServerUnavailableError(f"{route.place} broke off at {verdict.stage}: {verdict.text}")


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
