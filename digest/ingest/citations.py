"""Citations: what a mark says, and which of an article's sources it leads to."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from digest.ingest.addresses import canonical
from digest.ingest.links import is_link
from digest.model import Source

MAX_MARKS = 200  # numbers that one summary cites; a long one cites 60. More is an attack on the size of mails
_WIDEST = 20  # numbers in a range such as 3–7; a wider one names its ends
_SHORT = 10  # characters of a label worth remembering
_NUMBER = r"\^?\d{1,3}"
_NUMBERS = rf"{_NUMBER}(?:\s?[,;，、–-]\s?{_NUMBER})*"
BARE = re.compile(rf"\[\[{_NUMBERS}\]\]|\[{_NUMBERS}\]|【{_NUMBERS}】|［{_NUMBERS}］")
LABEL = re.compile(rf"\[?{_NUMBERS}\]?")  # of a link that is a mark
_RANGE = re.compile(r"(\d+)(?:\s?[–-]\s?\^?(\d+))?")


class Mark(NamedTuple):
    """A citation mark as it is written: its numbers, and the address that it links to or nothing."""

    numbers: tuple[int, ...]
    address: str


class SourceList(NamedTuple):
    """An article's sources, and for every mark that leads to some of them their numbers."""

    sources: tuple[Source, ...]
    numbers: Mapping[Mark, tuple[int, ...]]


def _named(label: str) -> tuple[int, ...]:
    named: dict[int, None] = {}
    for match in _RANGE.finditer(label):
        first, last = int(match[1]), int(match[2] or match[1])
        wide = not first <= last <= first + _WIDEST
        named.update(dict.fromkeys((first, last) if wide else range(first, last + 1)))
    return tuple(named)


_named_by_short = lru_cache(maxsize=1_024)(_named)


def numbers(label: str) -> tuple[int, ...]:
    """Return the numbers that a mark such as `[1, 3–5]` names, each once, in its order."""
    return _named_by_short(label) if len(label) <= _SHORT else _named(label)


def _linked(marks: Iterable[Mark], pages: Mapping[str, str]) -> dict[int, str]:
    """Return the address that the first linked mark of each number has, if it leads to a page."""
    linked: dict[int, str] = {}
    for mark in marks:
        if pages.get(mark.address):
            for number in mark.numbers:
                linked.setdefault(number, mark.address)
    return linked


def source_list(
    recorded: Sequence[tuple[str, str]], listed: Mapping[int, str], marks: Sequence[Mark], cited: Sequence[Mark]
) -> SourceList:
    """Number an article's sources: those of its record (address, title), then those that only its text cites.

    Equal pages are one source. `marks` are all marks of the text, which tell what a number means; `cited` are those
    that cite. A number means the address that a linked mark of this number has, or else the entry of this number in
    the text's own list (`listed`), or else the record's source of this number.
    """
    known = {address for address, _ in recorded} | {*listed.values()} | {mark.address for mark in marks}
    pages = {address: canonical(address) for address in known if is_link(address)}
    by_number = dict(enumerate((address for address, _ in recorded), start=1)) | dict(listed) | _linked(marks, pages)
    leads = {
        mark: [mark.address] if mark.address else [by_number.get(number, "") for number in mark.numbers]
        for mark in dict.fromkeys(cited)
    }
    first: dict[str, tuple[str, str]] = {}
    for address, title in [*recorded, *((address, "") for named in leads.values() for address in named)]:
        if page := pages.get(address):
            earlier, known_title = first.get(page, (address, ""))
            first[page] = (earlier, known_title or title)
    place = {page: number for number, page in enumerate(first, start=1)}
    numbered = {
        mark: tuple(place[pages[address]] for address in named if address in pages) for mark, named in leads.items()
    }
    return SourceList(tuple(Source(place[page], *found) for page, found in first.items()), numbered)
