"""The grammar of `schedule` in digest.toml: days of the week and one local time."""

import re
from dataclasses import dataclass
from datetime import date, time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # in the order of date.weekday()
EXAMPLES = "“mon 07:00”, “mon,thu 07:00”, “mon-fri 07:00”, “daily 06:30”, or “” for by hand"
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Days of the week, 0 for Monday, and the time on the wall clock of those days."""

    days: frozenset[int]
    at: time

    def includes(self, day: date) -> bool:
        """Tell whether something is planned for this date."""
        return day.weekday() in self.days


def _day(word: str) -> int:
    if word not in DAYS:
        raise ValueError(f"“{word}” is not a day: the days are {', '.join(DAYS)} and daily")
    return DAYS.index(word)


def _days(words: str) -> frozenset[int]:
    """Read `daily`, or days and ranges with commas between them; a range may run over Sunday."""
    if words == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in words.split(","):
        first, dash, last = part.partition("-")
        start = _day(first)
        days.update((start + step) % 7 for step in range((_day(last) - start) % 7 + 1 if dash else 1))
    return frozenset(days)


def parse(text: str) -> Timetable | None:
    """Read a schedule; nothing written means no schedule: None.

    Raises ValueError, which says what is wrong and what a schedule looks like.
    """
    words = re.sub(r"\s*([,-])\s*", r"\1", text.strip().lower()).split()
    if not words:
        return None
    if len(words) != 2:
        raise ValueError(f"“{text}” is not days and one time, such as {EXAMPLES}")
    clock = _TIME.fullmatch(words[1])
    if clock is None:
        raise ValueError(f"“{words[1]}” is not a time between 00:00 and 23:59; a schedule is {EXAMPLES}")
    return Timetable(_days(words[0]), time(int(clock[1]), int(clock[2])))
