"""How many messages a second may begin: over all connections, and to each domain that has a limit of its own."""

import math
from collections.abc import Mapping

LATE_SECONDS = 0.01  # a timer wakes late; what is late by less is made up for, so that 500 a second do not become 400
GROWTH = math.log(2) / 60  # messages a second that each turn adds to a lowered rate: so it doubles in a minute
SLOWEST = 1.0  # messages a second; halving stops there


class _Gate:
    """Lets through so many a second, evenly."""

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self._next = -math.inf

    def wait(self, now: float) -> float:
        return max(0.0, self._next - now)

    def take(self, now: float) -> None:
        self._next = max(self._next, now - LATE_SECONDS) + 1 / self.per_second


class Pace:
    """A turn for everyone who asks, at most `per_second` of them over all; 0: no limit.

    `by_domain` limits recipients' domains in the same way; the others have the common limit alone. Within any time of
    t seconds, no more than `per_second` × (t + LATE_SECONDS) + 1 turns are given: nothing makes up for idle time.

    A server that throttles us halves the rate (`slow_down`), and while mail flows it doubles within a minute, up to
    `per_second`. So where nobody knows a server's limit, the rate swings between one half of it and the whole.
    """

    def __init__(self, per_second: float, by_domain: Mapping[str, float]) -> None:
        self._most = per_second or math.inf
        self._common = _Gate(self._most)
        self._by_domain = {domain.casefold(): _Gate(limit) for domain, limit in by_domain.items()}
        self._since, self._taken = math.inf, 0  # turns since the rate was last halved, and when the first was taken

    def wait(self, domain: str, now: float) -> float:
        """Take a turn and return 0, or return the seconds until there may be one, and take nothing."""
        common, own = self._common, self._by_domain.get(domain.casefold()) if self._by_domain else None
        if seconds := max(common.wait(now), own.wait(now) if own else 0.0):
            return seconds
        if own:
            own.take(now)
        common.take(now)
        common.per_second = min(self._most, common.per_second + GROWTH)
        self._since = min(self._since, now)
        self._taken += 1
        return 0.0

    def slow_down(self, now: float) -> None:
        """Halve the rate at which mail went out since the last time; call it once for each volley of refusals.

        What went out in less than a second tells no rate: then what was allowed is halved, if that was limited.
        """
        rate, seconds = self._common.per_second, now - self._since
        if seconds >= 1 or rate == math.inf:
            rate = min(rate, self._taken / max(seconds, 1.0))
        self._common.per_second = max(min(SLOWEST, self._most), rate / 2)
        self._since, self._taken = math.inf, 0
