"""Sends the letters that are due: `digest serve` each second, `digest worker` each minute. Forgets what is old.

A letter's `sending` is committed before its bytes are written, so that a process that dies sends nobody the same letter
twice. A server that is away, or refuses us as a whole, leaves letters `deferred`: they are tried again within a day.
"""

import asyncio
import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from digest import correspondence, db
from digest.config import Settings
from digest.engine import Clock, Stop
from digest.errors import DigestError, ServerRefusedError
from digest.model import DeliveryStatus
from digest.smtp.envelope import Mail
from digest.smtp.login import open_session
from digest.smtp.route import Route, route_to
from digest.smtp.session import Session
from digest.smtp.verdict import Reaction, Verdict
from subscribers import address_changes, consent, letters, signups
from subscribers.letters import Letter

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # between two looks for a letter: one query of an index that holds only what is not sent
REST_SECONDS = 30.0  # after a failure that the next letter would meet as well
FORGET_AGAIN = timedelta(hours=1)
GRACE_SECONDS = 5.0  # for the letter that is under way when the end is asked for
_OF_ALL = (Reaction.SLOW_DOWN, Reaction.REST, Reaction.STOP)


def send_due(engine: Engine, settings: Settings, *, clock: Clock, stop: Stop) -> int:
    """Send every letter that is due; return how many the server accepted.

    May run in several processes at once. Raises ServerError when the server is away or refuses us as a whole,
    SettingsError when a key cannot be read, and DatabaseError; what is not sent then stays due, or is put off.
    """
    with db.reading(engine) as connection:
        if not letters.is_any_due(connection, now=clock()):
            return 0
    return asyncio.run(_send_all(engine, settings, clock, stop))


def forget(engine: Engine, *, now: datetime) -> None:
    """Delete who never confirmed, and what no link or limit needs any more, as the pages promise; end late letters."""
    with db.transaction(engine) as connection:
        consent.forget_unconfirmed(connection, now=now)
        signups.forget(connection, now=now)
        address_changes.forget(connection, now=now)
        letters.give_up_late(connection, now=now)
        letters.forget(connection, now=now)


async def _send_all(engine: Engine, settings: Settings, clock: Clock, stop: Stop) -> int:
    """Reach the server first, then claim: a server that is away leaves the letters as they were."""
    route, accepted = route_to(settings.smtp), 0
    session = await open_session(route)
    try:
        while not stop.is_requested:
            session = await _usable(session, route)
            with db.transaction(engine) as connection:
                letter = letters.claim(connection, now=clock())
            if letter is None:
                break
            accepted += await _send(engine, settings, session, letter, clock)
    finally:
        await session.quit()
    return accepted


async def _usable(session: Session, route: Route) -> Session:
    if session.is_usable:
        return session
    await session.quit()
    return await open_session(route)


async def _send(engine: Engine, settings: Settings, session: Session, letter: Letter, clock: Clock) -> bool:
    """Send a letter that is claimed, and record what became of it; return whether it was accepted."""
    try:
        with db.reading(engine) as connection:
            mail = correspondence.mail(connection, letter, settings)
    except BaseException:  # nothing was handed over yet, so the letter can be tried again whatever it was
        _record(engine, letter, DeliveryStatus.DEFERRED, clock)
        raise
    if mail is None:
        _record(engine, letter, DeliveryStatus.SKIPPED, clock)
        return False
    verdict = await _hand_over(session, mail)
    _record(engine, letter, verdict.status, clock)
    if verdict.reaction in _OF_ALL:
        why = verdict.code or verdict.stage  # not the server's words: they repeat the recipient's address
        raise ServerRefusedError(f"{settings.smtp.host} refuses all mail for now, not only this recipient's: {why}")
    return verdict.status is DeliveryStatus.ACCEPTED


async def _hand_over(session: Session, mail: Mail) -> Verdict:
    """Return what became of a mail. What was not handed over, or not for this recipient's sake, is put off."""
    verdict = await session.deliver(mail, _always)
    is_put_off = verdict.status is DeliveryStatus.PLANNED or (
        verdict.status is DeliveryStatus.REJECTED and verdict.reaction in _OF_ALL
    )
    return replace(verdict, status=DeliveryStatus.DEFERRED) if is_put_off else verdict


async def _always() -> bool:
    return True


def _record(engine: Engine, letter: Letter, status: DeliveryStatus, clock: Clock) -> None:
    with db.transaction(engine) as connection:
        letters.record(connection, letter, status, now=clock())


def _now() -> datetime:
    return datetime.now(UTC)


class PostOffice:
    """Sends letters from a thread of its own, from `with PostOffice(…):` until the end of the context."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings
        self._stop = Stop()
        self._forgot_at: datetime | None = None
        self._thread = threading.Thread(target=self._work, name="letters", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the letter under way end, for some seconds; one that takes longer stays `sending`."""
        self._stop.request()
        self._thread.join(GRACE_SECONDS)

    def _work(self) -> None:
        told = ""
        while not self._stop.is_requested:
            trouble = self._attempt()
            if trouble and trouble != told:
                log.error("letters wait: %s", trouble)
            told = trouble
            self._stop.wait(REST_SECONDS if trouble else LOOK_SECONDS)

    def _attempt(self) -> str:
        """Send what is due, and forget each hour; return what went wrong, without addresses, or nothing."""
        try:
            if self._forgot_at is None or _now() - self._forgot_at >= FORGET_AGAIN:
                forget(self._engine, now=_now())
                self._forgot_at = _now()
            send_due(self._engine, self._settings, clock=_now, stop=self._stop)
        except DigestError as error:
            return " ".join(str(error).split())
        except Exception as error:  # the thread's edge: a fault in one letter must not end the sending of all others
            return f"this is a fault of the program: {type(error).__name__}"
        return ""
