"""Who runs the sending: this process. Which worker is alive, what the dead left behind, and when to stop."""

import asyncio
import os
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from types import FrameType

from sqlalchemy import Engine

from digest import db, issues, ledger, pause, quota, trial
from digest.compose.headers import sender_of
from digest.config import Settings
from digest.deliver import Order, Progress, Run, unless_stopped
from digest.errors import DigestError, IssuePausedError, SettingsError
from digest.jobs import Compose
from digest.journal import BATCH, Journal
from digest.ledger import Counts
from digest.messages import Messages
from digest.model import Delivery, DeliveryStatus, Issue
from digest.smtp.envelope import Mail
from digest.smtp.login import open_session
from digest.smtp.route import route_to
from digest.smtp.throttle import Waiting
from digest.smtp.verdict import Verdict

Clock = Callable[[], datetime]


class Stop:
    """The wish that work ends after what is in flight. Comes from a signal, or from any thread."""

    def __init__(self) -> None:
        self.signal = 0  #: the number of the signal that asked; 0: none did
        self.is_requested = False
        self._callbacks: list[Callable[[], object]] = []

    @property
    def exit_code(self) -> int:
        """What a process that a signal ended returns: 130 after Ctrl-C, 143 after SIGTERM; 0 without one."""
        return 128 + self.signal if self.signal else 0

    def request(self, signal_number: int = 0) -> None:
        """Ask for the end."""
        self.signal = self.signal or signal_number
        self.is_requested = True
        for callback in self._callbacks:
            callback()

    @contextmanager
    def telling(self, callback: Callable[[], object]) -> Iterator[None]:
        """Call back when the end is asked for, at once if it was already; from whichever thread asks."""
        self._callbacks.append(callback)
        try:
            if self.is_requested:
                callback()
            yield
        finally:
            self._callbacks.remove(callback)

    def wait(self, seconds: float) -> bool:
        """Sleep, but not past a request; return whether there is one."""
        end = time.monotonic() + seconds
        while not self.is_requested and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))  # an Event's lock and a signal handler in the same thread could block each other
        return self.is_requested

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let the first SIGINT or SIGTERM ask for the end; a second one ends the process. For the main thread."""
        former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def handle(number: int, _frame: FrameType | None) -> None:
            for each, handler in former.items():
                signal.signal(each, handler)
            self.request(number)

        for number in former:
            signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    """Return the name of this process's number space: a container has its own."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


@cache
def _machine() -> str:
    """Return what only processes share that can see each other, until the machine restarts."""
    return ":".join((socket.gethostname(), _read("/proc/sys/kernel/random/boot_id"), _namespace()))


def _stat(pid: int) -> list[str]:
    """Return what the kernel says of a process after its name (proc(5)); nothing where nobody tells."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _state(pid: int) -> str:
    return "".join(_stat(pid)[:1])


def _started(pid: int) -> str:
    """Return when a process started, so that a number that is used again is another's; empty where nobody tells."""
    return "".join(_stat(pid)[19:20])


def _is_alive(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is there, and another user's
    if _state(pid) == "Z":
        return False  # it has ended, and nobody has asked how: usual in a container
    return not started or _started(pid) in (started, "")


def new_token() -> str:
    """Return a claim token of its own: machine, process, and a number that no other run has."""
    return f"{_machine()}|{os.getpid()}|{_started(os.getpid())}|{uuid.uuid4().hex}"


def is_dead(token: str, leased_until: datetime, now: datetime) -> bool:
    """Tell whether a worker is gone: its process on this machine has ended, or its lease has."""
    if leased_until < now:
        return True
    machine, pid, started, _ = token.rsplit("|", 3)
    return machine == _machine() and not _is_alive(int(pid), started)


def take_over(engine: Engine, issue: Issue, *, now: datetime) -> int:
    """Free what dead workers held; return how many deliveries are `unknown` because of them."""
    with db.transaction(engine) as connection:
        held = ledger.claims(connection, issue.id)
        dead = [token for token, until in held.items() if is_dead(token, until, datetime.now(UTC))]
        return ledger.recover(connection, issue.id, dead_claims=dead, now=now)


def counts(engine: Engine, issue: Issue) -> Counts:
    """Return how the issue's deliveries stand."""
    with db.reading(engine) as connection:
        return ledger.counts(connection, issue.id)


def check_sendable(issue: Issue) -> None:
    """Raise unless the issue is planned completely and carries the postal address that the law asks for."""
    slug = issue.newsletter.slug
    if issue.planned_at is None:
        raise DigestError(f"the planning of {issue.name} was interrupted: run `digest plan {slug}` again")
    if not issue.newsletter.postal_address.strip():
        raise SettingsError(
            f"{issue.name} has no postal address, which bulk mail must carry by law: set postal_address of “{slug}” "
            f"in the settings, run `digest plan {slug}` again, and send that issue"
        )


def ignore_progress(event: DeliveryStatus | Waiting) -> None:
    """Tell nobody."""


def send(
    engine: Engine,
    settings: Settings,
    issue: Issue,
    *,
    clock: Clock,
    stop: Stop | None = None,
    progress: Progress = ignore_progress,
) -> Counts:
    """Deliver what is due of an issue, and return how all of its deliveries stand then.

    May run again at any time, and in several processes at once: the ledger decides who sends what. Raises ServerError
    when the server is away or refuses us, and DatabaseError; `counts` still tells what was done. A pause of the issue
    is lifted; when its refusals say again that something of ours is wrong, it is paused anew (IssuePausedError). What
    is left when `messages_per_day` are used up stays `planned`, and is no error.
    """
    check_sendable(issue)
    take_over(engine, issue, now=clock())
    with db.transaction(engine) as connection:
        released_at = ledger.release(connection, issue.id, clock())
        pause.lift(connection, issue.id)
        ledger.expire(connection, issue.id, now=clock())
        is_due = ledger.is_due(connection, issue.id, now=clock())
        is_due = is_due and quota.free_at(connection, settings.smtp.messages_per_day, clock()) <= clock()
    if is_due:
        released = replace(issue, released_at=released_at)
        compose = _composer(Messages(engine, released, settings))
        order = _order(settings, released, clock)
        try:
            asyncio.run(_send(engine, released, order, compose, stop=stop or Stop(), progress=progress))
        except IssuePausedError as error:
            with db.transaction(engine) as connection:
                now = clock()
                until = None if error.seconds is None else now + timedelta(seconds=error.seconds)
                pause.pause(connection, issue.id, str(error), now, until=until)
            raise
    return counts(engine, issue)


def _composer(messages: Messages) -> Compose:
    """Return what makes the mails of deliveries."""

    def compose(deliveries: Sequence[Delivery]) -> list[Mail]:
        made = zip(deliveries, messages.many(deliveries), strict=True)
        return [Mail(messages.return_path(delivery), delivery.recipient, message) for delivery, message in made]

    return compose


def send_test(engine: Engine, settings: Settings, issue: Issue, delivery: Delivery, *, to: str) -> Verdict:
    """Send one copy of a delivery to an editor, marked as a test; the ledger never knows. Raises ServerError."""
    message = Messages(engine, issue, settings).test_copy(delivery, to=to)
    return asyncio.run(_send_one(settings, Mail(sender_of(issue).address, to, message)))


def send_trial(
    engine: Engine, settings: Settings, issue: Issue, *, now: datetime
) -> Iterator[tuple[str, Verdict | None]]:
    """Send a copy marked as a test to everybody on the newsletter's test list; the ledger never knows.

    Yields each address with what the server said, or None where no story was for that person. Raises ServerError when
    the server is in the way, SettingsError as `trial.copies` does.
    """
    sender = sender_of(issue).address
    for copy in list(trial.copies(engine, settings, issue, now=now)):  # all are made before the first is sent
        if copy.message is None:
            yield copy.recipient, None
        else:
            yield copy.recipient, asyncio.run(_send_one(settings, Mail(sender, copy.recipient, copy.message)))


async def _send_one(settings: Settings, mail: Mail) -> Verdict:
    session = await open_session(route_to(settings.smtp))
    try:
        return await session.deliver(mail, _always)
    finally:
        await session.quit()


async def _always() -> bool:
    return True


def sizes(engine: Engine, settings: Settings, issue: Issue) -> Iterator[int]:
    """Compose every message that `send` would hand over, and yield how many bytes each has; nothing is changed."""
    messages = Messages(engine, issue, settings)
    with db.reading(engine) as connection:
        waiting = (d for d in issues.deliveries(connection, issue) if d.status in ledger.OPEN)
        while batch := list(islice(waiting, BATCH)):
            yield from map(len, messages.many(batch))


def _order(settings: Settings, issue: Issue, clock: Clock) -> Order:
    return Order(
        route=route_to(settings.smtp),
        issue_name=issue.name,
        connections=settings.smtp.connections,
        messages_per_second=settings.smtp.messages_per_second,
        messages_per_day=settings.smtp.messages_per_day,
        domains=settings.smtp.domains,
        clock=clock,
    )


async def _send(
    engine: Engine, issue: Issue, order: Order, compose: Compose, *, stop: Stop, progress: Progress
) -> None:
    """Reach the server first, then claim: a server that is away leaves the ledger as it was."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    with stop.telling(lambda: loop.call_soon_threadsafe(stopping.set)):
        first = await unless_stopped(stopping, open_session(order.route))
        if first is None:
            return
        pen = Journal(engine, issue, token=new_token(), clock=order.clock, messages_per_day=order.messages_per_day)
        with pen as journal:
            await Run(order, journal, compose, stop=stopping, progress=progress).work(first)
