"""How long to wait for a server that cannot be reached, and when to give it up."""

import math

ROUNDS = 6  # of waiting: 15 seconds in all, in which a server is restarted
FIRST_WAIT_SECONDS = 0.5
RECIPIENT_WEIGHT = 0.25  # of a failure once a recipient was named: it may be about them, so 24 of those in a row


class Outage:
    """Counts failures in a row over all connections; what fails while everyone waits already counts once."""

    def __init__(self, first_wait_seconds: float = FIRST_WAIT_SECONDS) -> None:
        self._first_wait = first_wait_seconds
        self._failures = 0.0
        self._until = -math.inf

    @property
    def is_final(self) -> bool:
        """Tell whether the server counts as away."""
        return self._failures >= ROUNDS

    def failed(self, now: float, *, is_about_recipient: bool) -> None:
        """Note a connection that could not be had, or was lost before a message was handed over."""
        if now < self._until:
            return
        self._until = now + self._first_wait * 2 ** int(self._failures)
        self._failures += RECIPIENT_WEIGHT if is_about_recipient else 1

    def succeeded(self) -> None:
        """Note that the server answered a message."""
        self._failures, self._until = 0.0, -math.inf

    def wait(self, now: float) -> float:
        """Return the seconds until it may be tried again."""
        return max(0.0, self._until - now)
