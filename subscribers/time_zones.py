"""The time zones to choose from: places that people know, by region, each with what its clocks show at present."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import get_timezone_location

from digest import languages
from digest.languages import N_

UNIVERSAL = "UTC"
_TABLE = "zone.tab"  # one zone for each place that has its own, without the old names for the same (tzdata)
_CONTINENTS = {  # the first part of a zone's name -> CLDR's code (UN M.49) of where that is
    "Africa": "002",
    "America": "019",
    "Antarctica": "AQ",
    "Arctic": "150",
    "Asia": "142",
    "Australia": "009",
    "Europe": "150",
    "Pacific": "009",
}
_OCEANS = {
    # Translators: the islands of this ocean, as a heading in a list of time zones.
    "Atlantic": N_("Atlantic Ocean"),
    # Translators: the islands of this ocean, as a heading in a list of time zones.
    "Indian": N_("Indian Ocean"),
}


class Zone(NamedTuple):
    """One time zone: its IANA name, and what a list shows, “London (UTC+0)”."""

    name: str
    title: str


class Region(NamedTuple):
    """Zones of one part of the world, by title."""

    title: str
    zones: Sequence[Zone]


@cache
def names() -> frozenset[str]:
    """Return the IANA names of all zones that can be chosen."""
    lines = (files("tzdata") / "zoneinfo" / _TABLE).read_text().splitlines()
    return frozenset(line.split("\t")[2] for line in lines if line and not line.startswith("#")) | {UNIVERSAL}


def offset(name: str, now: datetime) -> str:
    """Return by how much a zone's clocks differ from universal time at an instant: “UTC+5:30”."""
    ahead = now.astimezone(ZoneInfo(name)).utcoffset() or timedelta(0)
    hours, minutes = divmod(abs(ahead) // timedelta(minutes=1), 60)
    sign = "\N{MINUS SIGN}" if ahead < timedelta(0) else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02d}" if minutes else "")


def title(name: str, language: str, now: datetime) -> str:
    """Return what a list shows for a zone: “London (UTC+0)”."""
    if name == UNIVERSAL:
        return UNIVERSAL
    return f"{_place(name, language)} ({offset(name, now)})"


def _place(name: str, language: str) -> str:
    """Return what a language calls the place of a zone; CLDR has several under the name that the zone had earlier."""
    locale = languages.locale(language)
    for known in (name, *_earlier_names().get(name, ())):
        if city := locale.time_zones.get(known, {}).get("city"):
            return str(city)
    return str(get_timezone_location(ZoneInfo(name), locale=locale, return_city=True)).rpartition("/")[2]


@cache
def _earlier_names() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for earlier, present in get_global("zone_aliases").items():
        found.setdefault(present, []).append(earlier)
    return found


def regions(language: str, now: datetime) -> Sequence[Region]:
    """Return all zones in the words of a language, by region."""
    return _regions(language, now.astimezone(UTC).replace(minute=0, second=0, microsecond=0))


@lru_cache(maxsize=64)  # 10 ms and 60 KB each: languages in use, at the hour that it is
def _regions(language: str, hour: datetime) -> Sequence[Region]:
    found: dict[str, list[Zone]] = {}
    for name in names() - {UNIVERSAL}:
        heading = _heading(name.partition("/")[0], language)
        found.setdefault(heading, []).append(Zone(name, title(name, language, hour)))
    return tuple(Region(heading, tuple(sorted(zones, key=_alphabetical))) for heading, zones in sorted(found.items()))


def _alphabetical(zone: Zone) -> str:
    """Return by what zones are sorted: letters without their marks, so that “Ålesund” stands among those with A."""
    return "".join(letter for letter in normalize("NFKD", zone.title) if not combining(letter)).casefold()


def _heading(part: str, language: str) -> str:
    if part in _OCEANS:
        return languages.translations(language).gettext(_OCEANS[part])
    return str(languages.locale(language).territories[_CONTINENTS[part]])
