"""One-click unsubscribing (RFC 8058): many at once in one transaction, each answered once it is committed.

Mail providers press the button for whole audiences within minutes of an issue. A transaction takes about a millisecond
of processor time whatever is in it, so requests wait a moment for others, and are written together.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from digest import db
from digest.config import Settings
from subscribers import consent
from subscribers.consent import Leaver

FORM = ("List-Unsubscribe", "One-Click")  # the field and the value that say so (RFC 8058 section 3.2)
GATHER_SECONDS = 0.01  # at 1,000 requests a second, ten are written at once, which takes a fifth of the time
TOGETHER = 500  # people in one statement


class Clicks:
    """The requests that wait for their transaction; lives as long as its application, in its event loop."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._gathered: list[Leaver] = []
        self._known: asyncio.Task[set[int]] | None = None  # what will be written with the gathered ones
        self._turn = asyncio.Lock()  # of one transaction after the other

    async def leave(self, leaver: Leaver) -> bool:
        """End a subscription; return, once that is committed, whether the person is known.

        Raises what the database does, where it could not be written; then nothing was.
        """
        if self._known is None or not self._gathered:
            self._known = asyncio.create_task(self._write_soon())
        self._gathered.append(leaver)
        known = await asyncio.shield(self._known)  # a visitor who goes away takes nobody along
        return leaver.subscriber_id in known

    async def _write_soon(self) -> set[int]:
        """Write those who are gathered by the time that it is their turn; return the ids of the known among them."""
        await asyncio.sleep(GATHER_SECONDS)
        async with self._turn:
            leavers, self._gathered = self._gathered, []
            return await run_in_threadpool(self._write, leavers)

    def _write(self, leavers: Sequence[Leaver]) -> set[int]:
        """Write them all in one transaction; return the ids of those who are known."""
        newsletters, now = self._settings.newsletters, datetime.now(UTC)
        known: set[int] = set()
        with db.transaction(self._engine) as connection:
            for start in range(0, len(leavers), TOGETHER):
                some = leavers[start : start + TOGETHER]
                known.update(consent.unsubscribe_all(connection, some, newsletters, source="one-click", now=now))
        return known
