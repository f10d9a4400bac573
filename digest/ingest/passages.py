"""Inline markdown to rich text: emphasis stays, citation marks and all other markup go."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import accumulate, groupby
from typing import NamedTuple

from markdown_it.token import Token

from digest.ingest.text import SPACES, legal
from digest.model import RichText

_MARK = "\0"  # stands where a citation mark was; no other text can hold it
_NUMBERS = r"\^?\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*"
_CITATION = re.compile(rf"\[\[{_NUMBERS}\]\]|\[{_NUMBERS}\]")
_CITATION_LABEL = re.compile(rf"\[?{_NUMBERS}\]?")
_GAP = re.compile(  # white space, marks with the commas between them, and brackets that hold nothing but marks
    rf"(?:[{SPACES}]|{_MARK}(?:[{SPACES}]*[,;][{SPACES}]*(?={_MARK}))?"
    rf"|\((?:[{SPACES},;]*{_MARK})+[{SPACES},;]*\))+"
)
_UNTIDY = re.compile(rf"\A | \Z|  |[{_MARK}{SPACES[1:]}]")  # SPACES[1:]: all but the plain space
_CLOSING = frozenset(".,;:!?…)]»”’—–")  # stand close to the word before them
_ENDS = tuple(".,;:!?…")


class Run(NamedTuple):
    """A stretch of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False


class Passage(NamedTuple):
    """What inline markdown says, in styled runs, and the addresses that its citation marks point to."""

    runs: tuple[Run, ...]
    cited: tuple[str, ...]

    @property
    def plain(self) -> str:
        """The words alone."""
        return "".join(run.text for run in self.runs)

    @property
    def rich(self) -> RichText:
        """The words, and the words with their emphasis."""
        return RichText(self.plain, _html(self.runs))


def _html(runs: Iterable[Run]) -> str:
    """Return escaped text with `<b>` and `<i>`, each closed in the order in which it was opened."""
    html = ""
    for bold, group in groupby(runs, key=lambda run: run.bold):
        inner = "".join(f"<i>{text}</i>" if italic else text for text, italic in _escaped(group))
        html += f"<b>{inner}</b>" if bold else inner
    return html


def _escaped(runs: Iterable[Run]) -> Iterator[tuple[str, bool]]:
    for italic, group in groupby(runs, key=lambda run: run.italic):
        yield escape("".join(run.text for run in group), quote=False), italic


class _Reader:
    """Walks the tokens of one passage and remembers how deep in emphasis and links it is."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.cited: list[str] = []
        self._bold = self._italic = 0
        self._links: list[tuple[str, int]] = []  # address, and the number of runs before it

    def read(self, tokens: Iterable[Token]) -> None:
        """Take in the tokens; what is no text, emphasis or link is passed over."""
        for token in tokens:
            match token.type:
                case "text":
                    self._add(_CITATION.sub(_MARK, legal(token.content)))
                case "code_inline" | "html_inline":
                    self._add(legal(token.content))
                case "softbreak" | "hardbreak":
                    self._add(" ")
                case "image":
                    self.read(token.children or ())
                case "strong_open" | "strong_close":
                    self._bold += token.nesting
                case "em_open" | "em_close":
                    self._italic += token.nesting
                case "link_open":
                    self._links.append((str(token.attrs.get("href", "")), len(self.runs)))
                case "link_close":
                    self._end_link(*self._links.pop())

    def _add(self, text: str) -> None:
        self.runs.append(Run(text, self._bold > 0, self._italic > 0))

    def _end_link(self, address: str, start: int) -> None:
        """Replace a link that is a citation by a mark; any other link is its text already."""
        label = "".join(run.text for run in self.runs[start:]).strip()
        if label == _MARK or _CITATION_LABEL.fullmatch(label):
            del self.runs[start:]
            self._add(_MARK)
            self.cited.append(address)


def _space(gap: str, after: str) -> str:
    """Return what remains of a gap: one space or nothing, and nothing between a mark and the full stop after it."""
    if _MARK in gap and after in _CLOSING:
        gap = re.sub(rf".*[{_MARK})]", "", gap, flags=re.DOTALL)
    return " " if gap.strip(_MARK + "(),;") else ""


def _cut(runs: Sequence[Run], starts: Sequence[int], start: int, end: int) -> Iterator[Run]:
    """Return the characters from `start` to `end` of the text that the runs make together."""
    for index in range(bisect_right(starts, start) - 1, len(runs)):
        if starts[index] >= end:
            return
        run = runs[index]
        yield run._replace(text=run.text[max(start - starts[index], 0) : end - starts[index]])


def _tidied(runs: Sequence[Run]) -> Iterator[Run]:
    """Normalise white space and close the gaps that citation marks left, across runs."""
    runs = [run for run in runs if run.text]
    text = "".join(run.text for run in runs)
    if not _UNTIDY.search(text):
        yield from runs
        return
    starts = [0, *accumulate(len(run.text) for run in runs)]
    at = 0
    for gap in _GAP.finditer(text):
        inside = gap.start() > 0 and gap.end() < len(text)
        if inside and gap[0] == " ":
            continue
        yield from _cut(runs, starts, at, gap.start())
        at = gap.end()
        if inside and (space := _space(gap[0], text[at])):
            before, after = (runs[bisect_right(starts, place) - 1] for place in (gap.start() - 1, at))
            yield Run(space, before.bold and after.bold, before.italic and after.italic)
    yield from _cut(runs, starts, at, len(text))


def passage(tokens: Iterable[Token]) -> Passage:
    """Return what the children of one inline token say."""
    reader = _Reader()
    reader.read(tokens)
    return Passage(tuple(_tidied(reader.runs)), tuple(reader.cited))


def verbatim(text: str) -> Passage:
    """Return text that holds no markup, such as a block of code, as a passage."""
    return Passage(tuple(_tidied([Run(legal(text))])), ())


def joined(passages: Iterable[Passage]) -> Passage:
    """Return several passages as one; a semicolon parts those that do not end a sentence."""
    runs: list[Run] = []
    cited: list[str] = []
    for one in passages:
        if runs:
            runs.append(Run(" " if runs[-1].text.rstrip("”’»)\"'").endswith(_ENDS) else "; "))
        runs.extend(one.runs)
        cited.extend(one.cited)
    return Passage(tuple(runs), tuple(cited))
