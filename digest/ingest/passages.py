"""Passages: what a stretch of inline markdown says, kept as one string until its citations are numbered.

Between its words that string holds single control characters, which no text from outside can hold: MARK where a
citation mark was, and one of STYLES where the style changes. A passage begins and ends in the plain style.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from digest.ingest.citations import Mark, SourceList
from digest.ingest.text import CJK, SPACES
from digest.model import RichText

STYLES = "\x0e\x0f\x10\x11"  # from here on: plain, italic, bold, both
MARK = "\x12"
_PLAIN = STYLES[0]
_CONTROLS = STYLES + MARK
_GLUE = f"{SPACES}{STYLES}"  # for a character class: what parts words without being one
_AT_ENDS = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029\u3000"
_BEFORE_MARKS = f"{_AT_ENDS}{STYLES}([（"  # what marks are closed up to, or with
_STYLES = re.compile(f"([{STYLES}])")
_SPACE = re.compile(f"[{SPACES}]")
_CJK = re.compile(f"[{CJK}]")
# Marks with the commas between them, the brackets that hold nothing else, and the space around.
_CITED_GAP = re.compile(
    rf"(?<![{_GLUE}])[{_GLUE}]*+"
    rf"(?:(?:{MARK}(?:[{_GLUE}]*+[,;，、；]?[{_GLUE}]*+(?={MARK}))?"
    rf"|[(（\[](?:[{_GLUE},;，、；]*+{MARK})++[{_GLUE},;，、；]*+[)）\]])[{_GLUE}]*+)++"
)
_STYLED_GAP = re.compile(rf"[{STYLES}](?<= [{STYLES}])[{STYLES}]*(?: |\Z)")
_OTHER_SPACE = re.compile(f"[{SPACES[1:]}]")
_ODD = re.compile(f"[{_GLUE[1:]}]")  # what may make a gap that is no single space
_LOOSE_GAP = re.compile(rf"(?<![{_GLUE}])(?: [{_GLUE}]|[{_GLUE[1:]}])[{_GLUE}]*+")  # any but a single space
_CLOSING = frozenset(".,;:!?…)]»”’—–。，、；：！？）」』】›،؛؟۔।॥")  # stand close to the word before them


class Passage(NamedTuple):
    """Words with styles and places of marks, as above, and the marks in their order."""

    words: str
    marks: tuple[Mark, ...]

    @property
    def plain(self) -> str:
        """The words alone."""
        words = self.words
        for control in _CONTROLS:
            words = words.replace(control, "")
        return words


def _is_cjk(character: str) -> bool:
    return bool(_CJK.match(character))


def _around(gap: re.Match[str]) -> tuple[str, str]:
    """Return the characters before and after a gap; nothing where a passage begins or ends."""
    start, end = gap.span()
    return gap.string[max(start - 1, 0) : start], gap.string[end : end + 1]


def _last_style(gap: str) -> str:
    return next((character for character in reversed(gap) if character in STYLES), "")


def _spaced(style: str, space: str) -> str:
    """Return a change of style with a space, which belongs to the plainer side."""
    return style + space if style == _PLAIN else space + style


def _space(before: str, gap: str, after: str) -> str:
    """Return the space that remains of a gap of white space: none at the ends and at a line break between CJK."""
    if not before or not after or not _SPACE.search(gap):
        return ""
    return "" if "\n" in gap and _is_cjk(before) and _is_cjk(after) else " "


def _closed(gap: re.Match[str]) -> str:
    """Close a gap that citation marks stand in: they follow the word before, the space follows them."""
    before, after = _around(gap)
    first, last = gap[0].index(MARK), gap[0].rindex(MARK)
    head, tail = gap[0][:first], gap[0][last + 1 :]
    space = _space(before, tail, after)
    if not _SPACE.search(tail) and after not in _CLOSING and not (_is_cjk(before) and _is_cjk(after or " ")):
        space = _space(before, gap[0], after)
    ended = _PLAIN if _last_style(head) == _PLAIN else ""
    style = _last_style(gap[0])
    return ended + MARK * gap[0].count(MARK) + _spaced("" if style == ended else style, space)


def _tightened(gap: re.Match[str]) -> str:
    """Make one space, or none at the ends, of a gap without marks."""
    before, after = _around(gap)
    return _spaced(_last_style(gap[0]), _space(before, gap[0], after))


def _leaves_gaps(words: str) -> bool:
    """Tell whether there are marks anywhere but at the usual place: at the end, right after a word."""
    bare = words.rstrip(MARK)
    return MARK in bare or bare[-1:] in _BEFORE_MARKS


def _is_loose(words: str) -> bool:
    """Tell whether any white space is more than one plain space between words."""
    if "  " in words or not (odd := _ODD.search(words)):
        return "  " in words
    at_start = words[0] in STYLES and words[1:2] == " "
    return at_start or odd[0] not in STYLES or bool(_STYLED_GAP.search(words) or _OTHER_SPACE.search(words))


def tidied(words: str) -> str:
    """Normalise white space and close the gaps that citation marks leave, across styles."""
    words = words.strip(_AT_ENDS)
    if MARK in words and _leaves_gaps(words):
        words = _CITED_GAP.sub(_closed, words)
    return _LOOSE_GAP.sub(_tightened, words) if _is_loose(words) else words


def joined(passages: Iterable[Passage], *, unspaced: bool) -> Passage:
    """Return several passages as one, with a space between them, but none where CJK meets CJK.

    In an `unspaced` language, such as Chinese, there is none where either side is CJK.
    """
    words: list[str] = []
    marks: list[Mark] = []
    enough = any if unspaced else all
    end = ""
    for one in passages:
        plain = one.plain
        words.append("" if not end or enough((_is_cjk(end), _is_cjk(plain[:1]))) else " ")
        words.append(one.words)
        marks.extend(one.marks)
        end = plain[-1:] or end
    return Passage("".join(words), tuple(marks))


_TAGS = {  # what closes one style and opens the next; italic stands inside bold
    (before, after): closing + opening
    for before, closing in zip(STYLES, ("", "</i>", "</b>", "</i></b>"), strict=True)
    for after, opening in zip(STYLES, ("", "<i>", "<b>", "<b><i>"), strict=True)
} | {(STYLES[2], STYLES[3]): "<i>", (STYLES[3], STYLES[2]): "</i>"}


def _tagged(words: str) -> str:
    """Return escaped words with tags for their styles."""
    parts = _STYLES.split(words)
    style = _PLAIN
    for index in range(1, len(parts), 2):
        parts[index], style = _TAGS[style, parts[index]], parts[index]
    return "".join(parts)


def _marked(words: str, marks: Sequence[Mark], citations: SourceList, shown: Mapping[int, str]) -> str:
    """Return words with their marks shown; marks side by side that lead to one source are one."""
    first, *rest = words.split(MARK)
    parts = [first]
    beside: set[int] = set()
    for mark, after in zip(marks, rest, strict=True):
        for number in citations.numbers[mark]:
            if number not in beside:
                beside.add(number)
                parts.append(shown[number])
        if after:
            parts.append(after)
            beside = set()
    return "".join(parts)


def rich(passage: Passage, citations: SourceList) -> RichText:
    """Return a passage in its three forms, with marks that lead to the sources."""
    escaped, plain = escape(passage.words, quote=False), passage.plain
    if not passage.marks:
        return RichText(plain, escaped if plain == passage.words else _tagged(escaped), plain)
    cited = {number for mark in passage.marks for number in citations.numbers[mark]}
    links = {
        number: f'<a class="cite" href="{escape(citations.sources[number - 1].url)}">{number}</a>' for number in cited
    }
    html = _tagged(_marked(escaped, passage.marks, citations, links))
    text = _marked(passage.words, passage.marks, citations, {number: f"[{number}]" for number in cited})
    return RichText(plain, html, _STYLES.sub("", text))
