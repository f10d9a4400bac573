from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import schedule, timetable
from digest.schedule import Slot

WEEK = timedelta(days=7)
SKIPPED_DATES = {
    date(2011, 12, 30),
    date(1993, 8, 21),
    date(1994, 12, 31),
    date(1995, 1, 1),
}  # by crossing the date line


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def slots(text: str, timezone: str, start: str, end: str) -> list[tuple[str, str]]:
    found = schedule.slots(text, timezone, instant(start), instant(end))
    return [(slot.at.strftime("%Y-%m-%dT%H:%MZ"), slot.local) for slot in found]


def test_weekly_slots_keep_their_local_time_when_the_clock_changes() -> None:
    assert slots("mon 07:00", "Europe/London", "2026-10-18T00:00:00Z", "2026-11-01T00:00:00Z") == [
        ("2026-10-19T06:00Z", "2026-10-19T07:00"),
        ("2026-10-26T07:00Z", "2026-10-26T07:00"),
    ]


def test_start_is_included_and_end_is_not() -> None:
    assert slots("mon 07:00", "UTC", "2026-11-16T07:00:00Z", "2026-11-23T07:00:00Z") == [
        ("2026-11-16T07:00Z", "2026-11-16T07:00")
    ]


@pytest.mark.parametrize(
    ("text", "timezone", "day", "found"),
    [
        ("daily 01:30", "Europe/London", "2026-03-29", [("2026-03-29T01:00Z", "2026-03-29T02:00")]),
        ("daily 01:00", "Europe/London", "2026-03-29", [("2026-03-29T01:00Z", "2026-03-29T02:00")]),
        ("daily 02:00", "Europe/London", "2026-03-29", [("2026-03-29T01:00Z", "2026-03-29T02:00")]),
        ("daily 02:15", "Australia/Lord_Howe", "2026-10-03", [("2026-10-03T15:30Z", "2026-10-04T02:30")]),
        ("daily 00:00", "America/Sao_Paulo", "2017-10-15", [("2017-10-15T03:00Z", "2017-10-15T01:00")]),
    ],
)
def test_hour_that_the_clock_skips_gives_the_first_minute_after_it(
    text: str, timezone: str, day: str, found: list[tuple[str, str]]
) -> None:
    assert slots(text, timezone, f"{day}T00:00:00Z", f"{day}T23:59:00Z") == found


@pytest.mark.parametrize(
    ("timezone", "day", "found"),
    [
        ("Europe/London", "2026-10-25", [("2026-10-25T00:30Z", "2026-10-25T01:30")]),
        ("America/New_York", "2026-11-01", [("2026-11-01T05:30Z", "2026-11-01T01:30")]),
    ],
)
def test_hour_that_comes_twice_gives_the_first(timezone: str, day: str, found: list[tuple[str, str]]) -> None:
    assert slots("daily 01:30", timezone, f"{day}T00:00:00Z", f"{day}T23:59:00Z") == found


def test_gap_over_midnight_moves_the_slot_to_the_next_day() -> None:
    assert slots("sat 23:30", "America/Nuuk", "2024-03-30T00:00:00Z", "2024-04-01T00:00:00Z") == [
        ("2024-03-31T01:00Z", "2024-03-31T00:00")
    ]
    assert slots("fri 07:00", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z") == [
        ("2011-12-30T10:00Z", "2011-12-31T00:00")
    ]


def test_skipped_day_and_the_next_give_no_slot_twice() -> None:
    assert slots("daily 00:00", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z") == [
        ("2011-12-29T10:00Z", "2011-12-29T00:00"),
        ("2011-12-30T10:00Z", "2011-12-31T00:00"),
        ("2011-12-31T10:00Z", "2012-01-01T00:00"),
    ]


def test_no_schedule_and_no_time_have_no_slots() -> None:
    assert slots("", "UTC", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z") == []
    assert slots("daily 07:00", "UTC", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z") == []


def test_ends_of_the_calendar_do_not_overflow() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

    assert list(schedule.slots("daily 07:00", "Pacific/Kiritimati", first, schedule.EARLIEST)) == []
    assert next(schedule.slots("daily 07:00", "UTC", first, last)).local == "1970-01-01T07:00"
    assert list(schedule.slots("daily 07:00", "UTC", schedule.LATEST, last)) == []


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ("2026-11-23T06:59:59Z", None),
        ("2026-11-23T07:00:00Z", "2026-11-23T07:00"),
        ("2026-11-24T07:00:00Z", "2026-11-23T07:00"),
        ("2026-11-24T07:00:01Z", None),
    ],
)
def test_slot_is_due_from_its_instant_for_a_day(now: str, found: str | None) -> None:
    slot = schedule.due("mon 07:00", "Europe/London", instant(now))

    assert (slot and slot.local) == found


def test_latest_of_several_missed_slots_is_due() -> None:
    slot = schedule.due("daily 07:00", "UTC", instant("2026-11-23T12:00:00Z"), catch_up=WEEK)

    assert slot == Slot(instant("2026-11-23T07:00:00Z"), "2026-11-23T07:00")


@given(
    st.sampled_from(sorted(available_timezones())),
    st.sets(st.sampled_from(timetable.DAYS), min_size=1),
    st.times(),
    st.datetimes(datetime(1980, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC)),
    st.integers(1, 400),
)
def test_slots_are_one_for_each_date_at_its_local_time(
    timezone: str, days: set[str], at: time, start: datetime, length: int
) -> None:
    zone, end = ZoneInfo(timezone), start + timedelta(days=length)
    found = list(schedule.slots(f"{','.join(days)} {at:%H:%M}", timezone, start, end))

    assert all(start <= slot.at < end for slot in found)
    assert all(one.at < other.at for one, other in pairwise(found))
    for slot in found:
        local = slot.at.astimezone(zone)
        assert slot.local == f"{local:%Y-%m-%dT%H:%M}"
        assert local.second == 0
        shifted = (slot.at - timedelta(minutes=1)).astimezone(zone).utcoffset() != local.utcoffset()
        assert f"{local:%H:%M}" == f"{at:%H:%M}" or shifted
        assert timetable.DAYS[local.weekday()] in days or shifted
    dates = {start.astimezone(zone).date() + timedelta(days=n) for n in range(1, length - 1)}
    wanted = {date for date in dates if timetable.DAYS[date.weekday()] in days}
    assert wanted - {slot.at.astimezone(zone).date() for slot in found} <= SKIPPED_DATES
