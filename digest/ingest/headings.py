"""What a heading opens: the names that writers in many languages give to the sections of a summary."""

import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

SECTIONS = ("tldr", "why_it_matters", "key_points", "quotes", "details", "sources")
LONGEST = 80  # characters; the longest name of headings.toml has 33, and numbers and emoji may stand around it
_NO_LETTERS = "\u0640ℹ"  # tatweel, which lengthens Arabic words for the eye, and an emoji that Unicode calls a letter


def letters(name: str) -> str:
    """Return what two spellings of one name share: its letters, without case, accents and vowel points."""
    alphabetic = "".join(char for char in name.casefold() if char.isalpha() and char not in _NO_LETTERS)
    return "".join(char for char in unicodedata.normalize("NFKD", alphabetic) if char.isalpha())


@cache
def names() -> dict[str, dict[str, str]]:
    """Return by language the letters of every known name with the section that it opens; under "" all of them."""
    tables = tomllib.loads(files(__package__).joinpath("headings.toml").read_text(encoding="utf-8"))
    known = {
        language: {letters(name): section for section, spellings in table.items() for name in spellings}
        for language, table in tables.items()
    }
    everywhere = {letters(section): section for section in SECTIONS}
    for table in known.values():
        everywhere = table | everywhere
    return known | {"": everywhere}


@lru_cache(maxsize=4_096)
def _looked_up(heading: str, language: str) -> str | None:
    known, name = names(), letters(heading)
    own = known.get(language) or known.get(language.partition("-")[0], {})
    return own.get(name) or known[""].get(name)


def section_named(heading: str, language: str) -> str | None:
    """Return which of SECTIONS a heading opens in an article of this language, or None. Any text will do."""
    return _looked_up(heading, language) if len(heading) <= LONGEST else None
