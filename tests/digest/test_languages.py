"""Languages by their tags: words, dates, numbers and lists, and what is done with tags that nobody knows."""

from datetime import UTC, date, datetime

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from digest import languages

MONDAY = datetime(2026, 11, 30, 7, 5, tzinfo=UTC)
TEN = ("en", "ar", "de", "es", "fr", "he", "hi", "ja", "pt", "zh")
SUBTAGS = st.lists(st.text(max_size=9) | st.sampled_from(["en", "zh", "Hant", "TW", "de", "XX"]), max_size=5)
TAGS = SUBTAGS.map("-".join) | st.text(max_size=50)


def test_ten_languages_have_words() -> None:
    assert languages.translated() == TEN


@given(TAGS)
def test_no_tag_makes_anything_fail(tag: str) -> None:
    assert languages.direction(tag) in ("ltr", "rtl")
    assert languages.long_date(MONDAY, "Europe/London", tag)
    assert languages.short_date(MONDAY, "Europe/London", tag)
    assert languages.moment(MONDAY, "Europe/London", tag)
    assert languages.number(1234, tag)
    assert languages.listed(("A", "B", "C"), tag)
    assert languages.name(tag)
    assert languages.translations(tag).gettext("Topics")
    assert languages.is_known(languages.canonical(tag))
    assert languages.is_known(languages.suggestion(tag))


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("en", "Topics"),
        ("en-US", "Topics"),
        ("de", "Themen"),
        ("DE-at", "Themen"),
        ("de-XX", "Themen"),
        ("pt-BR", "Temas"),
        ("pt_BR", "Temas"),
        ("zh-Hant-TW", "主题"),
        ("iw", "נושאים"),
        ("sv", "Topics"),
        ("und", "Topics"),
        ("", "Topics"),
        ("nonsense", "Topics"),
    ],
)
def test_words_come_from_the_nearest_catalogue(tag: str, words: str) -> None:
    assert languages.translations(tag).gettext("Topics") == words


def test_words_that_are_missing_are_english() -> None:
    words = languages.translations("de")
    assert words.gettext("Not in any catalogue") == "Not in any catalogue"
    assert words.ngettext("%(n)s stranger", "%(n)s strangers", 2) == "%(n)s strangers"
    assert words.pgettext("a context", "Topics") == "Topics"


@pytest.mark.parametrize("tag", ["ar", "ar-EG", "AR", "he", "iw", "fa", "ur", "az-Arab", "pa-Arab-PK", "yi", "ar-XX"])
def test_what_is_written_from_right_to_left(tag: str) -> None:
    assert languages.direction(tag) == "rtl"


@pytest.mark.parametrize("tag", ["en", "de", "ja", "az", "pa", "und", "", "arr", "hebrew"])
def test_what_is_written_from_left_to_right(tag: str) -> None:
    assert languages.direction(tag) == "ltr"


@pytest.mark.parametrize(
    ("tag", "long", "short"),
    [
        ("en", "Monday 30 November 2026", "30 Nov"),
        ("en-GB", "Monday 30 November 2026", "30 Nov"),
        ("en-US", "Monday, November 30, 2026", "Nov 30"),
        ("de", "Montag, 30. November 2026", "30. Nov."),
        ("fr", "lundi 30 novembre 2026", "30 nov."),
        ("es", "lunes, 30 de noviembre de 2026", "30 nov"),
        ("pt", "segunda-feira, 30 de novembro de 2026", "30 de nov."),
        ("ar", "الاثنين، 30 نوفمبر 2026", "30 نوفمبر"),
        ("he", "יום שני, 30 בנובמבר 2026", "30 בנוב׳"),
        ("ja", "2026年11月30日月曜日", "11月30日"),
        ("zh", "2026年11月30日星期一", "11月30日"),
        ("hi", "सोमवार, 30 नवंबर 2026", "30 नव॰"),
        ("nonsense", "Monday 30 November 2026", "30 Nov"),
    ],
)
def test_days(tag: str, long: str, short: str) -> None:
    assert languages.long_date(MONDAY, "Europe/London", tag) == long
    assert languages.short_date(MONDAY, "Europe/London", tag) == short.replace(" ", "\N{NO-BREAK SPACE}")


def test_days_without_their_weekday() -> None:
    days = [languages.day(date(2026, 11, 30), tag) for tag in ("en", "en-US", "de", "ja")]
    assert days == ["30 November 2026", "November 30, 2026", "30. November 2026", "2026年11月30日"]


def test_days_are_those_of_the_time_zone() -> None:
    late = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    assert languages.long_date(late, "Asia/Tokyo", "en") == "Monday 30 November 2026"
    assert languages.short_date(late, "Asia/Tokyo", "en-US") == "Nov\N{NO-BREAK SPACE}30"


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", "Monday 30 November at 07:05, London time"),
        ("en-US", "Monday, November 30 at 7:05\N{NARROW NO-BREAK SPACE}AM, London time"),
        ("de", "Montag, 30. November, um 07:05 Uhr (Ortszeit London)"),
        ("fr", "lundi 30 novembre à 07:05 (heure locale\N{NO-BREAK SPACE}: Londres)"),
        ("es", "lunes, 30 de noviembre, a las 7:05 (hora de Londres)"),
        ("pt", "segunda-feira, 30 de novembro, às 07:05 (horário de Londres)"),
        ("ar", "الاثنين، 30 نوفمبر الساعة 7:05 ص بتوقيت لندن"),
        ("he", "יום שני, 30 בנובמבר בשעה 7:05, שעון לונדון"),
        ("ja", "11月30日月曜日 7:05（ロンドン時間）"),
        ("zh", "11月30日星期一 07:05（伦敦时间）"),
        ("hi", "सोमवार, 30 नवंबर, 7:05 am (लंदन का समय)"),
        ("sv", "Monday 30 November at 07:05, London time"),  # no Swedish day in an English sentence
    ],
)
def test_moments(tag: str, said: str) -> None:
    assert languages.moment(MONDAY, "Europe/London", tag) == said


@pytest.mark.parametrize(
    ("timezone", "said"),
    [
        ("UTC", "Monday 30 November at 07:05, UTC"),
        ("America/Argentina/Buenos_Aires", "Monday 30 November at 04:05, Buenos Aires time"),
        ("Asia/Kolkata", "Monday 30 November at 12:35, Kolkata time"),
        ("Etc/GMT+5", "Monday 30 November at 02:05, GMT+5 time"),
    ],
)
def test_moments_say_where_the_clock_hangs(timezone: str, said: str) -> None:
    assert languages.moment(MONDAY, timezone, "en") == said


def test_a_day_without_its_year_is_whole_in_every_region() -> None:
    for name in locale_identifiers():
        found = Locale.parse(name)
        if found.language in TEN and found.script not in ("Dsrt", "Shaw", "Latn"):
            said = languages.moment(MONDAY, "UTC", name)
            assert "2026" not in said, name
            assert "30" in said, name
            assert not said.startswith((" ", ",", "年")), name
            assert "  " not in said, name
            assert ", ," not in said, name


def test_numbers_and_lists() -> None:
    assert languages.number(12345.5, "en") == "12,345.5"
    assert languages.number(12345, "fr") == "12\N{NARROW NO-BREAK SPACE}345"
    assert languages.number(1234567, "hi") == "12,34,567"
    assert languages.listed([], "en") == ""
    assert languages.listed(["World"], "en") == "World"
    assert languages.listed(["World", "Science"], "de") == "World und Science"
    assert languages.listed(["World", "Business", "Science"], "en") == "World, Business and Science"
    assert languages.listed(["World", "Business", "Science"], "en-US") == "World, Business, and Science"
    assert languages.listed(["{0}", "{", "%s"], "en") == "{0}, { and %s"


def test_names_are_those_that_speakers_use() -> None:
    names = [languages.name(tag) for tag in ("de", "fr", "pt-BR", "ar", "ja")]
    assert names == ["Deutsch", "Français", "Português (Brasil)", "العربية", "日本語"]


@pytest.mark.parametrize("tag", ["en", "pt-BR", "zh-Hant-TW", "sv", "es-419", "EN-us"])
def test_known_tags(tag: str) -> None:
    assert languages.is_known(tag)


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("pt_BR", "pt-BR"),
        ("German", "de"),
        ("deutsch", "de"),
        ("francais", "fr"),
        ("englsh", "en"),
        ("de-XX", "de"),
        ("und", "en"),
        ("", "en"),
    ],
)
def test_unknown_tags_and_what_was_meant(tag: str, meant: str) -> None:
    assert not languages.is_known(tag)
    if tag != "und":
        assert languages.suggestion(tag) == meant


@pytest.mark.parametrize(
    ("tags", "tag"),
    [
        (("de-CH", "en"), "de-CH"),
        (("", "fr"), "fr"),
        (("sv", "pt_br"), "pt-BR"),
        (("sv", "fi"), "en"),
        ((), "en"),
    ],
)
def test_the_first_that_we_speak_is_spoken(tags: tuple[str, ...], tag: str) -> None:
    assert languages.spoken(*tags) == tag


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("de", "de"),
        ("sv, de-AT;q=0.5, en;q=0.8", "en"),
        ("de;q=0.8, fr;q=0.9", "fr"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("fr ; q=0.9, de;q=0.9", "fr"),
        ("*", None),
        ("sv, *;q=0.1", None),
        ("", None),
        (";;;,,,q=,de;q=x,fr;q=2,\xff\x00", None),
        (",".join(["sv"] * 500 + ["de"]), None),
    ],
)
def test_what_visitors_accept(header: str, tag: str | None) -> None:
    assert languages.accepted(header) == tag


@given(st.text() | st.lists(TAGS).map(", ".join))
def test_any_header_gives_a_language_that_we_speak_or_none(header: str) -> None:
    found = languages.accepted(header)
    assert found is None or languages.spoken(found) == found
