"""Messages for all connections of a run: claimed and composed ahead, and handed out when the pace lets them begin."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from digest.journal import BATCH, Journal, patiently
from digest.model import Delivery
from digest.smtp.envelope import Mail
from digest.smtp.pace import Pace

Compose = Callable[[Sequence[Delivery]], list[Mail]]

TRIES = 3  # attempts at one delivery in a run that may end before its message was handed over
FIRST = 20  # of the first batch: connections wait for it, and its editions are all to be made ready
AT_HAND = 5 * BATCH  # of them that wait for their domain's turn, at most: 30 MB of messages of 60 KB


@dataclass(frozen=True, slots=True)
class Job:
    """A mail with its delivery, and how often it was tried in this run."""

    delivery: Delivery
    mail: Mail
    tries: int = 0


class Jobs:
    """One batch is sent while the next is claimed and composed in a thread.

    Recipients' domains with a pace of their own wait in a lane each, so that they keep nobody else waiting. Memory
    holds a few batches, however many subscribers there are.
    """

    def __init__(self, journal: Journal, compose: Compose, pace: Pace, paced_domains: Collection[str]) -> None:
        self._journal, self._compose, self._pace = journal, compose, pace
        self._lanes: dict[str, deque[Job]] = {domain.casefold(): deque() for domain in paced_domains}
        self._open = self._lanes.setdefault("", deque())
        self._ahead: asyncio.Task[list[Job]] | None = None
        self._is_dry = False
        self._size = FIRST
        self._turn = asyncio.Lock()

    def ready(self, now: float) -> Job | None:
        """Return a job that may begin now, if one is at hand: of the next batch, too, once that is prepared.

        Else every connection would pay a round trip more at the end of each batch.
        """
        if not self._waiting() and not self._turn.locked() and self._ahead and self._ahead.done():
            if self._ahead.exception():
                return None  # whoever takes the next job hears of it
            self._accept(self._ahead.result())
        found = self._next(now)
        return found if isinstance(found, Job) else None

    async def take(self, stop: asyncio.Event) -> Job | None:
        """Return the next job when it may begin; None when nothing is left, or when `stop` comes first."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            while not stop.is_set():
                found = self._next(loop.time())
                if isinstance(found, Job):
                    return found
                if not self._is_dry and not self._open and self._waiting() < AT_HAND:
                    await self._refill()
                elif self._waiting():
                    await pause(stop, found)
                else:
                    return None
        return None

    def give_back(self, job: Job) -> None:
        """Let another connection have the job."""
        self._lane(job).append(job)

    def try_again(self, job: Job) -> bool:
        """Let a job be tried again after the others; False when it has had its TRIES."""
        if job.tries + 1 < TRIES:
            self.give_back(replace(job, tries=job.tries + 1))
            return True
        return False

    async def close(self) -> None:
        """Wait for the batch that is being prepared; what it claimed is freed with the run's other claims."""
        if self._ahead is not None:
            await asyncio.gather(self._ahead, return_exceptions=True)

    def _next(self, now: float) -> Job | float:
        """Return a job whose turn has come, or the seconds until there may be one."""
        soonest = 60.0
        for domain, lane in self._lanes.items():
            if lane:
                seconds = self._pace.wait(domain, now)
                if not seconds:
                    return lane.popleft()
                soonest = min(soonest, seconds)
        return soonest

    def _waiting(self) -> int:
        return sum(map(len, self._lanes.values()))

    def _lane(self, job: Job) -> deque[Job]:
        if len(self._lanes) == 1:
            return self._open
        return self._lanes.get(job.mail.recipient.rpartition("@")[2].casefold(), self._open)

    async def _refill(self) -> None:
        self._accept(await (self._ahead or self._prepare()))

    def _accept(self, jobs: Sequence[Job]) -> None:
        """Hand out what was prepared, and prepare the next batch."""
        for job in jobs:
            self._lane(job).append(job)
        self._is_dry = not jobs
        self._ahead = self._prepare() if jobs else None

    def _prepare(self) -> asyncio.Task[list[Job]]:
        return asyncio.create_task(asyncio.to_thread(self._batch))

    def _batch(self) -> list[Job]:
        deliveries, self._size = self._journal.claim(self._size), BATCH
        if not deliveries:
            return []
        mails = patiently(lambda: self._compose(deliveries))
        return [Job(delivery, mail) for delivery, mail in zip(deliveries, mails, strict=True)]


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, unless the run is to stop; return whether it goes on."""
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({stopping}, timeout=seconds)
    stopping.cancel()
    return not stop.is_set()
