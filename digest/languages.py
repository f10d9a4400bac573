"""The languages of mails and pages: fixed words from catalogues, dates, numbers and lists as their readers write them.

A language is named by a BCP 47 tag, such as “pt-BR”. Nothing here fails for a tag that is not known: it falls back
to the longest part of the tag that is (“de” for “de-XX”), and then to English. What is known of languages is CLDR's,
as Babel brings it; the words are in `catalogues/`, one file a language (docs/languages.md).
"""

import difflib
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from babel.lists import format_list
from babel.localedata import locale_identifiers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

DEFAULT = "en"
_ENGLISH = "en_GB"  # plain “en” is written as in Britain: day before month, and no comma before “and”
_LONGEST_TAG = 35  # characters; RFC 5646 section 4.4.1 asks for room for that many
_UNTOLD = ("root", "und")  # tags that say “no language”
_DAY_FIRST = re.compile(r"^EEEE, (?=d)")
_YEAR = re.compile(r"^y+年?\s*|(?:[,\s]|'[^']*')*y+$")
_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
_MOST_ACCEPTED = 20  # tags of an Accept-Language header that are looked at


def N_(word: str) -> str:
    """Return the words as they are. Marks them for the catalogues where they are said later, in a language."""
    return word


@cache
def _parsed(tag: str) -> Locale | None:
    """Return the locale of the longest part of a tag that is known, or None for none."""
    parts = tag[:_LONGEST_TAG].replace("_", "-").split("-")
    while parts and parts[0].lower() not in _UNTOLD:
        try:
            return Locale.parse("_".join(parts))
        except (UnknownLocaleError, ValueError, TypeError):
            parts.pop()
    return None


@cache
def locale(tag: str) -> Locale:
    """Return the locale of a BCP 47 tag, or English where nothing is known of it."""
    found = _parsed(tag)
    return Locale.parse(_ENGLISH) if found is None or str(found) == DEFAULT else found


def primary(tag: str) -> str:
    """Return the primary subtag of a BCP 47 tag: “pt” of “pt-BR”."""
    return tag.replace("_", "-").partition("-")[0].lower()


def direction(tag: str) -> str:
    """Return “rtl” for a language written from right to left, else “ltr”, by CLDR's order of characters."""
    return str(locale(tag).text_direction)


def canonical(tag: str) -> str:
    """Return the usual spelling of what is known of a tag, for `lang` attributes: “pt-BR” of “PT-br”; else “en”."""
    return str(_parsed(tag) or DEFAULT).replace("_", "-")


def is_known(tag: str) -> bool:
    """Tell whether all of a tag is known, and written as BCP 47 has it: with hyphens."""
    if "_" in tag or tag.lower() in _UNTOLD or len(tag) > _LONGEST_TAG:
        return False
    try:
        Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return False
    return True


def suggestion(word: str) -> str:
    """Return the known tag that somebody meant who wrote this: “de” for “german” and “Deutsch”, “pt-BR” for “pt_BR”."""
    meant = word.strip().casefold()
    names = {english.casefold(): str(code) for code, english in Locale.parse(DEFAULT).languages.items()}
    names |= {name(tag).casefold(): tag for tag in translated()}
    if len(meant) > 3 and (close := difflib.get_close_matches(meant, names, n=1, cutoff=0.75)):
        return canonical(names[close[0]])
    if _parsed(meant):
        return canonical(meant)
    close = difflib.get_close_matches(meant, locale_identifiers(), n=1)
    return canonical(close[0]) if close else DEFAULT


def name(tag: str) -> str:
    """Return a language's own name, as a list to choose from shows it: “Deutsch”, “Português (Brasil)”."""
    found = _parsed(tag) or Locale.parse(DEFAULT)
    own = str(found.display_name or found.english_name)
    return own[:1].upper() + own[1:]


# words


@cache
def translated() -> tuple[str, ...]:
    """Return the tags of the languages that have a catalogue, English first: its words are those of the sources."""
    folder = files("digest") / "catalogues"
    found = sorted(file.name.removesuffix(".po") for file in folder.iterdir() if file.name.endswith(".po"))
    return (DEFAULT, *(name.replace("_", "-") for name in found))


def _catalogue(found: Locale | None) -> str | None:
    """Return the tag of the nearest catalogue: “zh” for zh_Hant_TW. None where there is none."""
    tag = str(found or "").replace("_", "-")
    while tag and tag not in translated():
        tag = tag.rpartition("-")[0]
    return tag or None


def catalogue(tag: str) -> str:
    """Return the tag of the catalogue that speaks for a tag: “pt” for “pt-BR”, “en” where there is none."""
    return _catalogue(_parsed(tag)) or DEFAULT


def spoken(*tags: str) -> str:
    """Return the first of the tags whose words are translated, in its usual spelling; English where none is."""
    return next((canonical(tag) for tag in tags if _catalogue(_parsed(tag))), DEFAULT)


@cache
def _words(catalogue: str) -> NullTranslations:
    if catalogue == DEFAULT:
        return NullTranslations()
    text = (files("digest") / "catalogues" / f"{catalogue.replace('-', '_')}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text), locale=catalogue.replace("-", "_")))
    compiled.seek(0)
    return GNUTranslations(compiled)


def translations(tag: str) -> NullTranslations:
    """Return the words of a language: `gettext`, `ngettext`, `pgettext`, `npgettext`; English for what is missing."""
    return _words(catalogue(tag))


def accepted(header: str) -> str | None:
    """Return the tag that a visitor likes best of those with a catalogue, or None; `header` is Accept-Language.

    Whatever else stands in the header, malformed or too much of it, is passed over.
    """
    wishes = []
    for place, wish in enumerate(header.split(",")[:_MOST_ACCEPTED]):
        tag, semicolon, rest = wish.strip().partition(";")
        quality = _QUALITY.fullmatch(rest.strip()) if semicolon else None
        weight = float(quality[1]) if quality else 0.0 if semicolon else 1.0
        if weight and _catalogue(_parsed(tag.strip())):
            wishes.append((-weight, place, canonical(tag.strip())))
    return min(wishes)[2] if wishes else None


# dates, numbers, lists


def _day_pattern(tag: str) -> str:
    """Return CLDR's pattern of a day in full; in English without the comma before a day that comes first."""
    pattern = str(locale(tag).date_formats["full"].pattern)
    return _DAY_FIRST.sub("EEEE ", pattern) if locale(tag).language == DEFAULT else pattern


def long_date(instant: datetime, timezone: str, tag: str) -> str:
    """Return a day in full: “Monday 23 November 2026”."""
    local = instant.astimezone(ZoneInfo(timezone))
    return str(format_date(local.date(), _day_pattern(tag), locale=locale(tag)))


def day(on: date, tag: str) -> str:
    """Return a day without its weekday: “23 November 2026”."""
    return str(format_date(on, "long", locale=locale(tag)))


def short_date(instant: datetime, timezone: str, tag: str) -> str:
    """Return day and month, short: “20 Nov”, never broken over a line."""
    local = instant.astimezone(ZoneInfo(timezone))
    return str(format_skeleton("MMMd", local, locale=locale(tag))).replace(" ", "\N{NO-BREAK SPACE}")


def moment(instant: datetime, timezone: str, tag: str) -> str:
    """Return a day and a time of day with where they hold: “Monday 30 November at 07:00, London time”.

    It is said in a language that has a catalogue: English for a tag without.
    """
    tag = spoken(tag)
    _ = translations(tag).gettext
    local = instant.astimezone(ZoneInfo(timezone))
    parts = {
        "day": format_date(local.date(), _YEAR.sub("", _day_pattern(tag)), locale=locale(tag)),
        "time": format_time(local.time(), "short", locale=locale(tag)),
        "city": get_timezone_location(ZoneInfo(timezone), locale=locale(tag), return_city=True).rpartition("/")[2],
    }
    if timezone in ("UTC", "Etc/UTC"):
        # Translators: a day and a time of day in universal time: “Monday 30 November at 07:00, UTC”.
        return _("%(day)s at %(time)s, UTC") % parts
    # Translators: a day and a time of day, as clocks in a city show it: “Monday 30 November at 07:00, London time”.
    return _("%(day)s at %(time)s, %(city)s time") % parts


def weekday(number: int, tag: str) -> str:
    """Return the name of a day of the week, 0 for Monday, as it stands alone: “Monday”."""
    return str(locale(tag).days["stand-alone"]["wide"][number])


def clock(at: time, tag: str) -> str:
    """Return a time of day: “07:00”."""
    return str(format_time(at, "short", locale=locale(tag)))


def number(value: float, tag: str) -> str:
    """Return a number with the signs that a language groups digits and marks fractions with: “1,234.5”."""
    return str(format_decimal(value, locale=locale(tag)))


def listed(items: Iterable[str], tag: str) -> str:
    """Return items joined as prose does: “World”, “World and Science”, “World, Business and Science”."""
    return str(format_list(list(items), locale=locale(tag)))
