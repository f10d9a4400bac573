"""One value about a person as text, whoever gave it, checked and in the form in which it is stored.

Each function raises UsageError, whose message quotes the value, says what is wrong with it, and what would do.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from digest import timetable
from digest.errors import UsageError
from digest.model import Depth
from digest.spelling import nearest
from subscribers.model import Frequency, Status

MOST_ARTICLES = 200  # as `max_articles` of a newsletter
LAST_YEAR = 2200  # of an instant
LONGEST = 200  # characters of a name, or of any other text that a person chooses
_SHOWN = 60  # characters of a wrong value that a message quotes
_INVISIBLE = {"Cc", "Cs", "Co", "Cn"}  # control characters, lone surrogates, private and unassigned characters
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_PART = re.compile(r"(?:\\[\\;=]|[^;])+")
_PAIR = re.compile(r"((?:\\[\\;=]|[^=])*)=([^=]*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\;=])")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}")
_DOT_ATOM = re.compile(r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+(?:\.[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+)*")
_LONGEST_LOCAL, _LONGEST_ADDRESS = 64, 254  # octets: RFC 5321 section 4.5.3.1.1, and RFC 3696 as corrected
_DOMAIN = re.compile(r"(?!-)[^\W_]([\w-]{0,62}\.)+[^\W\d_][\w-]{1,62}")


def _keeps(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE and character not in _DIRECTIONS


def clean(text: str) -> str:
    """Return the text on one line, without characters that cannot be seen, of at most 200 characters."""
    if not text.isprintable():
        text = "".join(character for character in text if character.isspace() or _keeps(character))
    return " ".join(text.split())[:LONGEST].strip()


def quote(text: str) -> str:
    """Return a wrong value as a message may show it: printable, short, in quotation marks."""
    shown = clean(text)
    return f"“{shown[:_SHOWN]}…”" if len(shown) > _SHOWN else f"“{shown}”"


def _hint(word: str, known: Iterable[str]) -> str:
    """Name the nearest known word; for a long one nobody meant any."""
    return nearest(word, known) if len(word) <= _SHOWN else ""


@lru_cache(maxsize=65_536)
def _is_domain(domain: str) -> bool:
    """Tell whether mail can be sent to a domain in ASCII; readers share few of them, and the grammar is slow."""
    try:
        validate_email(f"x@{domain}", strict=True, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _is_plain(address: str) -> bool:
    """Tell at once of a usual address that it is valid: a dot-atom (RFC 5322 section 3.2.3), and not too long."""
    local, _, domain = address.rpartition("@")
    fits = len(local) <= _LONGEST_LOCAL and len(address) <= _LONGEST_ADDRESS
    return fits and _DOT_ATOM.fullmatch(local) is not None and domain.isascii() and _is_domain(domain)


def email(text: str) -> str:
    """Return the address as it was written, if it is one that mail can be sent to.

    Addresses of reserved domains pass, so that a test system can use them. So do international ones (RFC 6531): where
    the server cannot take more than ASCII before the @, delivery passes them over and says so.
    """
    address = text.strip()
    if not address:
        raise UsageError("the email address is missing")
    if _is_plain(address):
        return address
    try:
        validate_email(address, strict=True, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise UsageError(f"{quote(address)} is not an email address: {str(error).rstrip('.')}") from error
    return address


class Categories:
    """The categories that people may choose; where none are known yet, any."""

    def __init__(self, known: Iterable[str]) -> None:
        self._by_fold = {clean(name).casefold(): name for name in known}

    def spelled(self, text: str) -> str:
        """Return the category in its known spelling."""
        name = clean(text)
        if not self._by_fold and name:
            return name
        try:
            return self._by_fold[name.casefold()]
        except KeyError:
            known = self._by_fold.values()
            hint = _hint(name, known) or f"; known: {', '.join(sorted(known))}"
            raise UsageError(f"{quote(text)} is not a known category{hint}") from None

    def known(self, text: str) -> str | None:
        """Return the known category of this name, or None."""
        return self._by_fold.get(clean(text).casefold())

    def chosen(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return categories in the order given, each once."""
        return tuple(dict.fromkeys(self.spelled(name) for name in names))

    def muted(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return what is not wanted, sorted, each once: domains in lower case, and categories."""
        return tuple(sorted({_domain(name) if "." in name else self.spelled(name) for name in names}))

    def depths(self, pairs: Iterable[str]) -> tuple[tuple[str, Depth], ...]:
        """Read `Sport=headlines`, with a backslash before `=` or `;` inside a category; the last word on one counts."""
        found: dict[str, Depth] = {}
        for pair in pairs:
            match = _PAIR.fullmatch(pair)
            if match is None:
                raise UsageError(f"{quote(pair)} is not a category and a depth, such as Sport=headlines")
            found[self.spelled(_ESCAPED.sub(r"\1", match[1]))] = depth(match[2])
        return tuple(sorted(found.items()))


def split(text: str) -> list[str]:
    """Split at `;`, with a backslash before one that belongs to a value; empty parts are left out."""
    return [part for raw in _PART.findall(text) if (part := _ESCAPED.sub(r"\1", raw).strip())]


def split_pairs(text: str) -> list[str]:
    """Split at `;` and leave backslashes in place, for `Categories.depths`."""
    return [part for raw in _PART.findall(text) if (part := raw.strip())]


def escape(text: str) -> str:
    """Return a value so that `split` and `Categories.depths` read it back as it is."""
    return re.sub(r"([\\;=])", r"\\\1", text)


def joined(values: Iterable[str]) -> str:
    """Return what `split` splits."""
    return ";".join(escape(value) for value in values)


def _one_of(text: str, known: Sequence[str], noun: str) -> str:
    word = re.sub(r"[\s-]+", "_", clean(text).casefold())
    if word not in known:
        raise UsageError(f"{quote(text)} is not a {noun}{_hint(word, known)}; known: {', '.join(known)}")
    return word


def frequency(text: str) -> Frequency:
    """Return one of the known frequencies."""
    return Frequency(_one_of(text, list(Frequency), "frequency"))


def depth(text: str) -> Depth:
    """Return one of the known depths."""
    return Depth(_one_of(text, list(Depth), "depth"))


def status(text: str) -> Status:
    """Return one of the known statuses."""
    return Status(_one_of(text, list(Status), "status"))


@lru_cache(maxsize=1)
def _timezones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def timezone(text: str) -> str:
    """Return the IANA name of a time zone; an empty one means the newsletter's."""
    name = clean(text)
    known = _timezones()
    if name and name.casefold() not in known:
        hint = _hint(name, known.values())
        raise UsageError(f"{quote(text)} is not a time zone such as Europe/Paris{hint}")
    return known[name.casefold()] if name else ""


def _subtag(part: str) -> str:
    """Return a script as `Hant`, a region as `TW`, anything else in lower case: RFC 5646 section 2.1.1."""
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()


def language(text: str) -> str:
    """Return a language tag such as `fr` or `pt-BR` in its usual case; an empty one means the newsletter's."""
    tag = clean(text).replace("_", "-")
    if tag and not _LANGUAGE.fullmatch(tag):
        raise UsageError(f"{quote(text)} is not a language such as fr or pt-BR")
    primary, *rest = tag.split("-")
    return "-".join([primary.lower(), *(_subtag(part) for part in rest)])


def instant(text: str) -> datetime:
    """Return an instant with an offset as UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{quote(text)} is not an instant such as 2026-11-23T07:00:00Z") from None
    if at.tzinfo is None:
        raise UsageError(f"{quote(text)} has no offset from UTC: add Z, or one such as +01:00")
    if at.year > LAST_YEAR:  # so that it can be said in any time zone, and no clock gets there
        raise UsageError(f"{quote(text)} is too far away: name an instant before the end of {LAST_YEAR}")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{quote(text)} is beyond the calendar") from None


def preferred_time(text: str) -> str:
    """Return when somebody wants mail as it is stored, such as `mon 07:00`; empty: when an issue comes out."""
    try:
        wish = timetable.parse_wish(clean(text))
    except ValueError:
        raise UsageError(f"{quote(text)} is not {timetable.WISHES}; days: {', '.join(timetable.DAYS)}") from None
    return str(wish) if wish else ""


def max_articles(text: str) -> int | None:
    """Return how many stories of an issue somebody wants at most; empty: as many as the newsletter has."""
    word = clean(text)
    if not word:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", word) or not 1 <= int(word) <= MOST_ARTICLES:
        raise UsageError(f"{quote(text)} is not a number of stories from 1 to {MOST_ARTICLES}")
    return int(word)


def _domain(text: str) -> str:
    name = text.strip().lower()
    if len(name) > LONGEST or not _DOMAIN.fullmatch(name):
        raise UsageError(f"{quote(text)} is not a domain such as news.example.com, nor a known category")
    return name


def lists(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of lists, each once, in the order given."""
    return tuple(dict.fromkeys(name for text in names if (name := clean(text))))


def slugs(names: Iterable[str]) -> tuple[str, ...]:
    """Return the slugs of newsletters, each once, in the order given."""
    found = tuple(dict.fromkeys(name.strip() for name in names))
    for name in found:
        if not _SLUG.fullmatch(name):
            raise UsageError(f"{quote(name)} is not the slug of a newsletter")
    return found
