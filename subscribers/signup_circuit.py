"""Whether sign-ups are real: when hardly any letter is confirmed, somebody sends our letters to people who asked for
nothing, and nobody is asked any more."""

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from digest.tables import letters, signups
from subscribers.letters import Kind

log = logging.getLogger("digest.sign-up")  # below the one that `digest serve` writes out

WINDOW = timedelta(days=1)
TIME_TO_CONFIRM = timedelta(minutes=15)  # letters that are newer say nothing yet
FEWEST = 50  # letters, below which a share says nothing
LEAST_SHARE = 0.1  # of letters that are confirmed; real forms see half and more
LOOK_AGAIN = timedelta(minutes=1)


class Standing(NamedTuple):
    """How many letters of the last day asked for a confirmation, and how many got it."""

    letters: int
    confirmed: int

    @property
    def is_abuse(self) -> bool:
        """Tell whether so few were confirmed that no more should be asked."""
        return self.letters >= FEWEST and self.confirmed < LEAST_SHARE * self.letters


def standing(connection: Connection, *, now: datetime) -> Standing:
    """Count the letters of a day that had time to be confirmed."""
    table = letters.c
    joined = letters.outerjoin(signups, signups.c.id == table.about)
    query = select(func.count(), func.count(signups.c.confirmed_at)).select_from(joined)
    window = (table.kind == Kind.CONFIRM, table.at >= now - WINDOW, table.at < now - TIME_TO_CONFIRM)
    row = connection.execute(query.where(*window)).one()
    return Standing(*row)


def complaint(found: Standing) -> str:
    """Say to the operator why sign-up is closed, and what ends it."""
    return (
        f"sign-up is closed for now: of {found.letters} letters of the last 24 hours that ask for a confirmation, only "
        f"{found.confirmed} were confirmed: either they do not arrive (`digest doctor`), or somebody fills in "
        "strangers’ addresses; it opens again when these letters are a day old"
    )


class SignupCircuit:
    """The standing as it was at most a minute ago, so that a flood of sign-ups does not count letters each time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found = Standing(0, 0)
        self._looked_at: datetime | None = None

    def look(self, connection: Connection, *, now: datetime) -> Standing:
        """Return how it stands; the log is told when that becomes abuse."""
        with self._lock:
            if self._looked_at is None or now - self._looked_at >= LOOK_AGAIN:
                before, self._found, self._looked_at = self._found, standing(connection, now=now), now
                if self._found.is_abuse and not before.is_abuse:
                    log.error("%s", complaint(self._found))
            return self._found
