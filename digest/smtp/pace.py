"""How many messages a second may begin."""


class Pace:
    """A turn for everyone who asks, at most so many a second over all connections. 0: no limit."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._next = 0.0

    def turn(self, now: float) -> float:
        """Return the seconds to wait until this message may begin. No burst makes up for time in which nobody asked."""
        mine = max(self._next, now)
        self._next = mine + self._interval
        return mine - now
