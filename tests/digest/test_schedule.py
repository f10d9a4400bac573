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


@pytest.mark.parametrize(
    ("wish", "timezone", "start", "found"),
    [
        ("07:00", "Europe/Paris", "2026-11-23T07:00:00Z", "2026-11-24T06:00:00Z"),  # 08:00 in Paris: it has passed
        ("18:30", "Europe/Paris", "2026-11-23T07:00:00Z", "2026-11-23T17:30:00Z"),
        ("08:00", "Europe/Paris", "2026-11-23T07:00:00Z", "2026-11-23T07:00:00Z"),  # just now
        ("wed", "Europe/Paris", "2026-11-23T07:00:00Z", "2026-11-25T06:00:00Z"),  # at the usual hour there
        ("mon", "Europe/Paris", "2026-11-23T07:00:00Z", "2026-11-23T07:00:00Z"),  # the whole day will do
        ("mon", "America/Los_Angeles", "2026-11-23T07:00:00Z", "2026-11-23T15:00:00Z"),  # where it is Sunday yet
        ("mon 06:00", "Europe/London", "2026-11-23T07:00:00Z", "2026-11-30T06:00:00Z"),
        ("sun 01:30", "Europe/London", "2026-03-23T07:00:00Z", "2026-03-29T01:00:00Z"),  # the clock skips it
        ("01:30", "Europe/London", "2026-10-25T00:40:00Z", "2026-10-26T01:30:00Z"),  # the second one is not meant
    ],
)
def test_a_wish_comes_true_at_the_next_such_moment(wish: str, timezone: str, start: str, found: str) -> None:
    wanted = timetable.parse_wish(wish)
    assert wanted

    assert schedule.moment(wanted, timezone, instant(start), usual=time(7)) == instant(found)


@given(
    st.sampled_from(sorted(available_timezones())),
    st.none() | st.integers(0, 6),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.datetimes(datetime(1980, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC)),
)
def test_nobody_waits_longer_than_a_day_for_an_hour_or_a_week_for_a_day(
    timezone: str, day: int | None, at: time, start: datetime
) -> None:
    found = schedule.moment(timetable.Wish(day, at), timezone, start, usual=time(7))

    local = found.astimezone(ZoneInfo(timezone))
    longest = timedelta(days=1 if day is None else 7)
    slack = timedelta(days=1, hours=2)  # where a zone crosses the date line, and where clocks are put back
    assert start <= found < start + longest + slack
    shifted = (found - timedelta(minutes=1)).astimezone(local.tzinfo).utcoffset() != local.utcoffset()
    assert (f"{local:%H:%M}" == f"{at:%H:%M}" and day in (None, local.weekday())) or shifted


def test_a_slot_in_many_zones_is_due_where_it_comes_first() -> None:
    zones = ["America/New_York", "Asia/Tokyo", "Europe/London"]

    before = schedule.due_somewhere("mon 07:00", zones, instant("2026-11-22T21:59:59Z"))
    tokyo = schedule.due_somewhere("mon 07:00", zones, instant("2026-11-22T22:00:00Z"))
    london = schedule.due_somewhere("mon 07:00", zones, instant("2026-11-23T08:00:00Z"))

    assert before is None
    assert tokyo == london == Slot(instant("2026-11-22T22:00:00Z"), "2026-11-23T07:00")


def test_a_slot_that_the_clock_skips_in_one_zone_is_one_slot() -> None:
    found = schedule.due_somewhere("daily 01:30", ["Europe/London", "UTC"], instant("2026-03-29T02:00:00Z"))

    assert found == Slot(instant("2026-03-29T01:00:00Z"), "2026-03-29T01:30")


def test_nowhere_is_nothing_due() -> None:
    assert schedule.due_somewhere("", ["UTC"], instant("2026-11-23T08:00:00Z")) is None
    assert schedule.due_somewhere("daily 07:00", [], instant("2026-11-23T08:00:00Z")) is None


def test_the_coming_slot_is_now_or_later_and_there_is_none_without_a_schedule() -> None:
    monday = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)

    assert schedule.coming("mon 07:00", "Europe/London", monday) == Slot(monday, "2026-11-23T07:00")
    later = schedule.coming("mon 07:00", "Europe/London", monday + timedelta(seconds=1))
    assert later == Slot(monday + timedelta(days=7), "2026-11-30T07:00")
    assert schedule.coming("", "Europe/London", monday) is None
