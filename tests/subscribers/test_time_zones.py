"""The list of time zones: complete, in the words of each language, with what clocks show now."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from digest import languages
from subscribers import time_zones

WINTER, SUMMER = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "at", "offset"),
    [
        ("Europe/London", WINTER, "UTC+0"),
        ("Europe/London", SUMMER, "UTC+1"),
        ("Asia/Kolkata", WINTER, "UTC+5:30"),
        ("America/St_Johns", WINTER, "UTC−3:30"),
        ("Pacific/Kiritimati", WINTER, "UTC+14"),
    ],
)
def test_an_offset_is_that_of_the_day(name: str, at: datetime, offset: str) -> None:
    assert time_zones.offset(name, at) == offset


@pytest.mark.parametrize("language", languages.translated())
def test_every_zone_is_listed_once_with_a_place(language: str) -> None:
    listed = [zone for region in time_zones.regions(language, WINTER) for zone in region.zones]
    assert {zone.name for zone in listed} == time_zones.names() - {time_zones.UNIVERSAL}
    assert len(listed) > 400
    assert all(zone.title and "/" not in zone.title for zone in listed)
    assert all(ZoneInfo(zone.name) for zone in listed)


def test_zones_stand_by_region_in_the_readers_words() -> None:
    german = {region.title: [zone.title for zone in region.zones] for region in time_zones.regions("de", SUMMER)}
    assert "Rom (UTC+2)" in german["Europa"]
    assert "Kairo (UTC+3)" in german["Afrika"]
    assert german["Europa"][:3] == ["Amsterdam (UTC+2)", "Andorra (UTC+2)", "Astrachan (UTC+4)"]
    americas = [place.partition(" (")[0] for place in german["Amerika"]]
    assert americas.index("Córdoba") + 1 == americas.index("Costa Rica")  # marks do not count


@pytest.mark.parametrize(
    ("name", "language", "place"),
    [
        ("Asia/Kolkata", "ja", "コルカタ"),
        ("Europe/Kyiv", "de", "Kiew"),
        ("Asia/Ho_Chi_Minh", "ar", "مدينة هو تشي منة"),
        ("Asia/Kolkata", "en", "Kolkata"),
        ("America/Argentina/Buenos_Aires", "en", "Buenos Aires"),
    ],
)
def test_a_zone_that_was_renamed_has_its_place_in_the_readers_words(name: str, language: str, place: str) -> None:
    assert time_zones.title(name, language, WINTER).partition(" (")[0] == place
