"""When a break ends, wherever somebody lives."""

from datetime import UTC, datetime, timedelta

import pytest

from subscribers import breaks
from subscribers.breaks import Break, Length

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(("length", "weeks"), [(Length.ONE_WEEK, 1), (Length.TWO_WEEKS, 2), (Length.FOUR_WEEKS, 4)])
def test_weeks_are_counted_from_now(length: Length, weeks: int) -> None:
    assert breaks.end(Break(length), NOW, "Europe/London") == NOW + timedelta(weeks=weeks)


@pytest.mark.parametrize(
    ("timezone", "end"),
    [
        ("Europe/London", datetime(2026, 12, 1, 0, 0, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 11, 30, 15, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 12, 1, 5, 0, tzinfo=UTC)),
    ],
)
def test_a_day_begins_where_the_reader_lives(timezone: str, end: datetime) -> None:
    assert breaks.end(Break(Length.DATE, "2026-12-01"), NOW, timezone) == end


def test_tomorrow_is_the_readers() -> None:
    assert breaks.first_day(NOW, "Europe/London").isoformat() == "2026-11-24"
    assert breaks.first_day(NOW, "Asia/Tokyo").isoformat() == "2026-11-25"
    assert breaks.end(Break(Length.DATE, "2026-11-24"), NOW, "Asia/Tokyo") is None  # it is that day there already


def test_no_break_ends_never() -> None:
    assert breaks.end(Break(Length.NONE), NOW, "Europe/London") is None
