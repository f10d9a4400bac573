"""How many messages may still go out within 24 hours: counted from the ledger, over all issues and workers."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from digest.model import DeliveryStatus
from digest.tables import deliveries

DAY = timedelta(hours=24)
GOOD_FOR = timedelta(minutes=1)  # of a count: it reads the whole ledger, 0.09 s for a million deliveries

_D = deliveries.c
_TAKES = (DeliveryStatus.ACCEPTED, DeliveryStatus.UNKNOWN, DeliveryStatus.SENDING)


def _handed_over(now: datetime) -> ColumnElement[bool]:
    return and_(_D.status.in_(_TAKES), _D.at > now - DAY)


def _used(connection: Connection, now: datetime) -> int:
    """Count what was handed over, and what is claimed to be."""
    query = select(func.count()).select_from(deliveries).where(or_(_D.claim.is_not(None), _handed_over(now)))
    return connection.execute(query).scalar_one()


def left(connection: Connection, quota: int, now: datetime) -> int:
    """Return how many of `quota` messages may still go out now.

    Counts those that were accepted or may have been in the 24 hours before, and those that a worker holds.
    """
    return max(0, quota - _used(connection, now))


def free_at(connection: Connection, quota: int, now: datetime) -> datetime:
    """Return when the next message may go out: `now`, or when enough of the earlier ones are 24 hours old.

    A quota of 0 is none. What workers hold is not handed over yet; then it is a moment within 24 hours from now.
    """
    if not quota:
        return now
    over = _used(connection, now) - quota
    if over < 0:
        return now
    query = select(_D.at).where(_handed_over(now)).order_by(_D.at).offset(over).limit(1)
    earlier: datetime | None = connection.execute(query).scalar_one_or_none()
    return (earlier or now) + DAY


class Quota:
    """What one worker may still claim: it counts its own claims, and asks the ledger each minute or when in need.

    Of several workers at once, each sees within a minute what the others did; until then they may exceed the quota.
    """

    def __init__(self, messages_per_day: int) -> None:
        self._quota = messages_per_day
        self._left = 0
        self._counted_at: datetime | None = None

    def take(self, connection: Connection, wanted: int, now: datetime) -> int:
        """Return how many of `wanted` deliveries may be claimed now, and count them as claimed."""
        if not self._quota:
            return wanted
        if self._left < wanted or self._counted_at is None or not timedelta(0) <= now - self._counted_at < GOOD_FOR:
            self._left, self._counted_at = left(connection, self._quota, now), now
        taken = min(wanted, self._left)
        self._left -= taken
        return taken
