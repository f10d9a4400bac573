"""Pure: a break from mail as the preference page offers it: for some weeks, until a day, or none."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from subscribers.model import Status, Subscriber

LONGEST = timedelta(days=366)  # who wants to be away for longer does not want the newsletter
SHORT = timedelta(weeks=2)  # what the link in a mail offers


class Length(StrEnum):
    """How long a break is, by the values of the form."""

    NONE = "none"
    AS_IT_IS = "as it is"  #: the break that is running
    ONE_WEEK = "1"
    TWO_WEEKS = "2"
    FOUR_WEEKS = "4"
    DATE = "date"  #: until a day that is given


WEEKS = {
    Length.ONE_WEEK: timedelta(weeks=1),
    Length.TWO_WEEKS: timedelta(weeks=2),
    Length.FOUR_WEEKS: timedelta(weeks=4),
}


@dataclass(frozen=True, slots=True)
class Break:
    """A break as the form says it; `day` is an ISO date, as it was typed, of a break until then."""

    length: Length = Length.NONE
    day: str = ""


def can_pause(person: Subscriber) -> bool:
    """Tell whether a break means anything for somebody: they are mailed, but for a break."""
    return person.status in (Status.CONFIRMED, Status.PAUSED) and person.suppressed is None


def running_until(person: Subscriber, now: datetime) -> datetime | None:
    """Return when somebody's break ends; None without one, or after it."""
    if person.status is not Status.PAUSED or person.paused_until is None or person.paused_until <= now:
        return None
    return person.paused_until


def first_day(now: datetime, timezone: str) -> date:
    """Return the first day until which a break can last: tomorrow, where the person lives."""
    return now.astimezone(ZoneInfo(timezone)).date() + timedelta(days=1)


def last_day(now: datetime, timezone: str) -> date:
    """Return the last day until which a break can last."""
    return now.astimezone(ZoneInfo(timezone)).date() + LONGEST


def end(wanted: Break, now: datetime, timezone: str) -> datetime | None:
    """Return when a break that begins now ends; None for a day that is none, has passed, or is too far away.

    A day is meant as its beginning, on the clocks of `timezone`: on that day mail comes again.
    """
    if wanted.length in WEEKS:
        return now + WEEKS[wanted.length]
    try:
        day = date.fromisoformat(wanted.day)
    except ValueError:
        return None
    if not first_day(now, timezone) <= day <= last_day(now, timezone):
        return None
    return datetime.combine(day, time(0), ZoneInfo(timezone)).astimezone(UTC)
