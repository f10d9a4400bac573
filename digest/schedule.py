"""When a newsletter is due, and when a reader wants it: slots and moments as instants, in a time zone. Pure."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest import timetable

CATCH_UP = timedelta(hours=24)  # a slot that was missed by more is not news any more; the next one covers it
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9990, 1, 1, tzinfo=UTC)
FIRST_ZONE = "Etc/GMT-14"  # where each day begins before it does anywhere else
ROUND_THE_WORLD = timedelta(hours=26)  # from the first zone's morning to the last one's, UTC+14 to UTC-12
_DAY = timedelta(days=1)
_A_WEEK_AND_A_DAY = timedelta(days=8)  # every schedule has a slot within it


class Slot(NamedTuple):
    """One occurrence of a schedule. `local` is what the clock on the wall shows: `2026-11-23T07:00`."""

    at: datetime  #: UTC
    local: str


@lru_cache
def zone_or(name: str, usual: str) -> str:
    """Return a reader's time zone; the usual one where they named none, or one that is not known here any more."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return usual
    return name


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


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall time: the first of two, and of one that the clock skips, the first minute after."""
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    exists = at.astimezone(zone).replace(tzinfo=None) == wall
    return at if exists else _end_of_gap(wall, zone)


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
        at = instant(datetime.combine(day, table.at), zone)
        if start <= at < end and at != previous:
            yield Slot(at, at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"))
        previous = at


def due_somewhere(
    schedule: str, timezones: Collection[str], now: datetime, *, catch_up: timedelta = CATCH_UP
) -> Slot | None:
    """Return the latest slot that has come in one of these zones, not longer ago than `catch_up`, or None.

    It is due when it comes in the first of them. `local` is what the schedule says, whatever the clocks do that day.
    """
    table = timetable.parse(schedule)
    if table is None or not timezones:
        return None
    zones, latest = [ZoneInfo(name) for name in timezones], None
    for day in _dates((now - catch_up - 2 * _DAY).date(), (now + 2 * _DAY).date()):
        wall = datetime.combine(day, table.at)
        if table.includes(day) and now - catch_up <= (at := min(instant(wall, zone) for zone in zones)) <= now:
            latest = Slot(at, wall.strftime("%Y-%m-%dT%H:%M"))
    return latest


def moment(wish: timetable.Wish, timezone: str, start: datetime, *, usual: time) -> datetime:
    """Return the first moment at or after `start` that a reader in this zone wished for: within a week, or a day.

    Where they named a day only, the whole of it will do: `start` itself, or else that day at the time `usual`.
    """
    zone = ZoneInfo(timezone)
    today = start.astimezone(zone).date()
    if wish.at is None and today.weekday() == wish.day:
        return start
    wall = wish.at or usual
    # A date earlier and later, as for slots; the last is a week away, for a time that has passed today.
    days = (day for day in _dates(today - _DAY, today + 9 * _DAY) if wish.day in (None, day.weekday()))
    return next(at for day in days if (at := instant(datetime.combine(day, wall), zone)) >= start)


def due(schedule: str, timezone: str, now: datetime, *, catch_up: timedelta = CATCH_UP) -> Slot | None:
    """Return the latest slot at or before `now` that is not older than `catch_up`, or None."""
    latest: Slot | None = None
    for slot in slots(schedule, timezone, now - catch_up, now + timedelta(microseconds=1)):
        latest = slot
    return latest


def coming(schedule: str, timezone: str, now: datetime) -> Slot | None:
    """Return the next slot from `now` on, or None without a schedule."""
    return next(slots(schedule, timezone, now, now + _A_WEEK_AND_A_DAY), None)
