"""Pauses for a server that asks us to slow down."""

import math
from dataclasses import dataclass

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 600.0  # what Amazon SES advises to wait at most


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a run tells who watches it: that all its connections wait, how long, and why."""

    seconds: float
    why: str  #: “the server asks us to slow down”; holds no address


class Throttle:
    """Pauses for everyone: 5 seconds, twice as long each time, 10 minutes at most.

    The next pause is the first one again when the server took mail for as long as the last pause had lasted. Less
    proves little: a limit by the minute or the hour lets a first few messages pass after any pause. More would punish a
    whole send for one bad minute.
    """

    def __init__(self, first_seconds: float = FIRST_SECONDS) -> None:
        self._first = first_seconds
        self._until = -math.inf
        self._last = 0.0

    def throttled(self, now: float) -> bool:
        """Begin a pause, and return whether this reply began one.

        It did not when there is a pause already: it answers a message of the same volley, which was under way.
        """
        if now < self._until:
            return False
        self._last = min(2 * self._last or self._first, LONGEST_SECONDS)
        self._until = now + self._last
        return True

    def succeeded(self, now: float) -> None:
        """Note that the server took a message."""
        if self._last and now >= self._until + self._last:
            self._last = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds that everyone has to wait yet, or 0."""
        return min(max(0.0, self._until - now), self._last)  # a sum that is rounded can end a little later
