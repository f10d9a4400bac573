"""When a newsletter is due: the slots of its schedule, as instants, in its own time zone. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest import timetable

CATCH_UP = timedelta(hours=24)  # a slot that was missed by more is not news any more; the next one covers it
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9990, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class Slot(NamedTuple):
    """One occurrence of a schedule. `local` is what the clock on the wall shows: `2026-11-23T07:00`."""

    at: datetime  #: UTC
    local: str


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of the first minute after the gap that a wall time falls in.

    Of such a time, fold 1 gives an instant before the clock jumps, and fold 0 one after it (PEP 495); the jump is
    found by halving.
    """
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    seconds = after.astimezone(zone).second
    return after + (timedelta(seconds=60 - seconds) if seconds else timedelta(0))


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall time: the first of two, and of one that the clock skips, the first minute after."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    exists = instant.astimezone(zone).replace(tzinfo=None) == wall
    return instant if exists else _end_of_gap(wall, zone)


def _dates(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def slots(schedule: str, timezone: str, start: datetime, end: datetime) -> Iterator[Slot]:
    """Return the slots with `start` ≤ at < `end`, in order; an empty schedule has none.

    A schedule gives one slot for each date that it names, whatever the clock does on that date.
    """
    table, zone = timetable.parse(schedule), ZoneInfo(timezone)
    start, end = max(start, EARLIEST), min(end, LATEST)
    if table is None or start >= end:
        return
    previous: datetime | None = None
    # A date earlier and later: a gap can push a slot over midnight.
    for day in _dates(start.astimezone(zone).date() - 2 * _DAY, end.astimezone(zone).date() + _DAY):
        if not table.includes(day):
            continue
        at = _instant(datetime.combine(day, table.at), zone)
        if start <= at < end and at != previous:
            yield Slot(at, at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"))
        previous = at


def due(schedule: str, timezone: str, now: datetime, *, catch_up: timedelta = CATCH_UP) -> Slot | None:
    """Return the latest slot at or before `now` that is not older than `catch_up`, or None."""
    latest: Slot | None = None
    for slot in slots(schedule, timezone, now - catch_up, now + timedelta(microseconds=1)):
        latest = slot
    return latest
