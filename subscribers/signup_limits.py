"""How many sign-ups this process takes: from one network, through one form, to one domain, and in all."""

import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

FROM_NETWORK = RateLimitItemPerMinute(10, 10)  # 10 in 10 minutes: an office behind one address signs up together
TO_DOMAIN = 3  # one of so many sign-ups in all may go to one domain: the largest provider has a third of all mailboxes
THROUGH_FORM = RateLimitItemPerHour(5)  # one form that was opened: corrections of a mistyped address


class SignupLimits:
    """Moving windows in this process's memory, which forgets them when it ends. Safe to use from several threads."""

    def __init__(self, per_hour: int) -> None:
        """Take so many sign-ups an hour in all."""
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._in_all = RateLimitItemPerHour(per_hour)
        self._to_domain = RateLimitItemPerHour(max(per_hour // TO_DOMAIN, 1))

    def wait_seconds(self, *, network: str, domain: str) -> int:
        """Count a sign-up and return 0; or count nothing and return after how many seconds one may be tried again."""
        asked: list[tuple[RateLimitItem, str]] = [
            (FROM_NETWORK, f"network {network}"),
            (self._to_domain, f"domain {domain}"),
            (self._in_all, "all"),
        ]
        full = [self._windows.get_window_stats(*one).reset_time for one in asked if not self._windows.test(*one)]
        if full:
            return max(1, round(max(full) - time.time()))
        for one in asked:
            self._windows.hit(*one)
        return 0

    def may_use(self, form: int) -> bool:
        """Count a use of one form that was opened; return whether it was not used too often."""
        return self._windows.hit(THROUGH_FORM, f"form {form}")
