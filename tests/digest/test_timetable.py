from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import timetable
from digest.timetable import DAYS, Timetable, Wish


@pytest.mark.parametrize(
    ("text", "days", "at"),
    [
        ("mon 07:00", {0}, time(7)),
        ("mon,thu 07:00", {0, 3}, time(7)),
        ("daily 06:30", set(range(7)), time(6, 30)),
        ("mon-fri 7:05", set(range(5)), time(7, 5)),
        ("fri-mon 00:00", {4, 5, 6, 0}, time(0)),
        ("sun,tue-wed 23:59", {6, 1, 2}, time(23, 59)),
        ("  Mon , THU\t07:00 ", {0, 3}, time(7)),
        ("tue-tue 07:00", {1}, time(7)),
    ],
)
def test_schedule_names_days_and_a_time(text: str, days: set[int], at: time) -> None:
    assert timetable.parse(text) == Timetable(frozenset(days), at)


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_written_is_no_schedule(text: str) -> None:
    assert timetable.parse(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mno 07:00", "“mno” is not a day"),
        ("mon,,tue 07:00", "“” is not a day"),
        ("mon-,tue 07:00", "“” is not a day"),
        ("mon- 07:00", "not days and one time"),
        ("daily,mon 07:00", "“daily” is not a day"),
        ("mon 24:00", "“24:00” is not a time"),
        ("mon 7am", "“7am” is not a time"),
        ("mon ٠٧:٠٠", "is not a time"),
        ("07:00", "not days and one time"),
        ("mon", "not days and one time"),
        ("mon 07:00 thu 08:00", "not days and one time"),
        ("0 7 * * 1", "not days and one time"),
    ],
)
def test_wrong_schedule_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        timetable.parse(text)


@given(st.text(st.sampled_from("monthudaily,- 0123456789:é"), max_size=20))
def test_any_text_is_a_timetable_or_an_explained_error(text: str) -> None:
    try:
        table = timetable.parse(text)
    except ValueError as error:
        assert "“" in str(error)
    else:
        assert table is None or table.days


@given(st.sets(st.sampled_from(DAYS), min_size=1), st.times())
def test_every_list_of_days_is_read(days: set[str], at: time) -> None:
    table = timetable.parse(f"{','.join(days)} {at:%H:%M}")

    assert table == Timetable(frozenset(map(DAYS.index, days)), time(at.hour, at.minute))


@pytest.mark.parametrize(
    ("text", "stored"),
    [("mon", "mon"), (" Mon  7:05 ", "mon 07:05"), ("07:00", "07:00"), ("SUN 00:00", "sun 00:00")],
)
def test_a_wish_is_a_day_a_time_or_both(text: str, stored: str) -> None:
    assert str(timetable.parse_wish(text)) == stored


def test_no_wish_is_none() -> None:
    assert timetable.parse_wish("  ") is None


@pytest.mark.parametrize(
    "text", ["monday", "7", "24:00", "07:00 mon", "mon tue", "mon,tue 07:00", "daily 07:00", "٠٧:٠٠"]
)
def test_what_is_no_wish_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as “mon”, “07:00” or “mon 07:00”"):
        timetable.parse_wish(text)


@given(st.none() | st.integers(0, 6), st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0)))
def test_a_wish_is_read_back_as_it_is_stored(day: int | None, at: time | None) -> None:
    wish = Wish(day, at)

    assert timetable.parse_wish(str(wish)) == (wish if day is not None or at else None)


@given(st.text())
def test_any_text_is_a_wish_none_or_refused(text: str) -> None:
    try:
        wish = timetable.parse_wish(text)
    except ValueError:
        return
    assert wish is None or timetable.parse_wish(str(wish)) == wish
