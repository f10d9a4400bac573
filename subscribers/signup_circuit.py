"""Whether sign-ups are real: when hardly any letter is confirmed, somebody sends our letters to people who asked for
nothing, and nobody is asked any more."""

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from digest.tables import consent_events, letters, signups
from subscribers.letters import Kind
from subscribers.record import Event

log = logging.getLogger("digest.sign-up")  # below the one that `digest serve` writes out

OPEN_DOORS = ("form", "json")  # of anybody; what a program with a token adds is not a flood of strangers
WINDOW = timedelta(days=1)
TIME_TO_CONFIRM = timedelta(minutes=15)  # letters that are newer say nothing yet
FEWEST = 50  # letters, below which a share says nothing
FROM_NETWORK = 5  # letters that count at most: one visitor alone must not close the door to all others
LEAST_SHARE = 0.1  # of letters that are confirmed; real forms see half and more
LOOK_AGAIN = timedelta(minutes=1)


class Standing(NamedTuple):
    """How many letters of the last day count, which asked for a confirmation, and how many got it."""

    letters: int
    confirmed: int

    @property
    def is_abuse(self) -> bool:
        """Tell whether so few were confirmed that no more should be asked."""
        return self.letters >= FEWEST and self.confirmed < LEAST_SHARE * self.letters


def standing(connection: Connection, *, now: datetime) -> Standing:
    """Count the letters of a day that anybody could provoke, a few from each network, and had time to be confirmed."""
    table, event = letters.c, consent_events.c
    asked = (event.subscriber_id == table.subscriber_id, event.newsletter == table.newsletter, event.at == table.at)
    joined = letters.join(consent_events, and_(*asked, event.kind == Event.REQUESTED, event.source.in_(OPEN_DOORS)))
    joined = joined.outerjoin(signups, signups.c.id == table.about)
    window = (table.kind == Kind.CONFIRM, table.at >= now - WINDOW, table.at < now - TIME_TO_CONFIRM)
    query = select(event.network, func.count(), func.count(signups.c.confirmed_at)).select_from(joined)
    found = [tuple(row) for row in connection.execute(query.where(*window).group_by(event.network))]
    most = [
        (written if not network else min(written, FROM_NETWORK), confirmed) for network, written, confirmed in found
    ]
    return Standing(sum(written for written, _ in most), sum(min(written, confirmed) for written, confirmed in most))


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
