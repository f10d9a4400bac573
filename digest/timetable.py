"""The grammar of times in words: `schedule` in digest.toml, and when a reader wants the mail."""

import re
from dataclasses import dataclass
from datetime import date, time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # in the order of date.weekday()
EXAMPLES = "“mon 07:00”, “mon,thu 07:00”, “mon-fri 07:00”, “daily 06:30”, or “” for by hand"
WISHES = "a day, a time or both, such as “mon”, “07:00” or “mon 07:00”"
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Days of the week, 0 for Monday, and the time on the wall clock of those days."""

    days: frozenset[int]
    at: time

    def includes(self, day: date) -> bool:
        """Tell whether something is planned for this date."""
        return day.weekday() in self.days


@dataclass(frozen=True, slots=True)
class Wish:
    """When a reader wants mail, by the clock where they live: on a day, at a time, or both."""

    day: int | None  #: 0 for Monday; None: any
    at: time | None  #: None: any

    def __str__(self) -> str:
        """Return the one way in which it is stored: `mon`, `07:00` or `mon 07:00`."""
        day = "" if self.day is None else DAYS[self.day]
        return f"{day} {self.at:%H:%M}".strip() if self.at else day


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


def parse_wish(text: str) -> Wish | None:
    """Read when a reader wants mail: `mon`, `07:00` or `mon 07:00`; nothing written means as it comes: None.

    Raises ValueError, which says what is wrong and what would do.
    """
    words = text.strip().lower().split()
    if not words:
        return None
    day = DAYS.index(words[0]) if words[0] in DAYS else None
    rest = words if day is None else words[1:]
    clock = _TIME.fullmatch(rest[0]) if len(rest) == 1 else None
    if rest and clock is None:
        raise ValueError(f"“{text.strip()}” is not {WISHES}; the days are {', '.join(DAYS)}")
    return Wish(day, time(int(clock[1]), int(clock[2])) if clock else None)
