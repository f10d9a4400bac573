"""Markdown to blocks: headings, and the passages of paragraphs, quotations and list items, in the order of the text."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pyromark import Markdown, Options

from digest.ingest.citations import BARE, LABEL, MAX_MARKS, Mark, numbers
from digest.ingest.passages import MARK, STYLES, Passage, tidied
from digest.ingest.text import CJK, legal, one_line

_PARSER = Markdown(options=Options.ENABLE_STRIKETHROUGH | Options.ENABLE_TASKLISTS)

# Characters that stand in for others while the parser reads; no text from outside can hold them.
_NOTHING = "\x01"
_ANGLE = "\x02"
_TILDE = "\x03"

_DROPPED_TAGS = "b|strong|i|em|u|s|sup|sub|span|br|a|p|div|small|mark|code"
_PARTING_TAGS = frozenset({"br", "p", "div"})  # what they part are words
_TAG = re.compile(
    rf"</?(?P<name>{_DROPPED_TAGS})(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'=<>`]+))*\s*/?>", re.IGNORECASE
)
_OPEN_ANGLE = re.compile(rf"(?<![\\])(?<!\]\()(?:(?P<tag>{_TAG.pattern})|(?P<link><(?=https?://[^\s<>]*>))|<)", re.I)
_CONTROL_REFERENCE = re.compile(r"&#(?:0*([0-9]{1,7})|x0*([0-9a-f]{1,6}));", re.IGNORECASE)
_LONE_TILDE = re.compile(r"(?<!~)~(?!~)")

_EAST = f"{CJK}\u1100-\u11ff\uac00-\ud7a3"  # for a character class: CJK and Hangul
_HAS_EAST = re.compile(f"[{_EAST}]")
_ASTERISKS = re.compile(r"\*+")
_AFTER_A_LABEL = re.compile(r"\*\*(?<=[:.!?”\")]\*\*)(?=\w)")
_STRONG_UNDERSCORES = re.compile(r"(`+)[^`\n]*`+|(?<![A-Za-z0-9_])__(?=\S)([^_\n]{1,200})(?<=\S)__(?![A-Za-z0-9_])")


class Block(NamedTuple):
    """A heading, or a passage of its own: a paragraph, quotation, list item or block of code."""

    heading: bool
    said: Passage


def _freed(emphasis: re.Match[str]) -> str:
    """Return two underscores at each side as asterisks, which may stand inside a word; code stays as it is."""
    return emphasis[0] if emphasis[1] else f"**{emphasis[2]}**"


def _is_east(character: str) -> bool:
    return bool(_HAS_EAST.match(character))


def _flanked(run: re.Match[str]) -> str:
    """Put nothing, as a letter, between asterisks and punctuation where either side of them is East Asian.

    CommonMark takes `**` in `は**「東京」**は` for neither an opening nor a closing one, because it stands between
    punctuation and a letter.
    """
    text, (start, end) = run.string, run.span()
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    if before.isalnum() == after.isalnum() or not before.strip() or not after.strip() or before == "\\":
        return run[0]
    if not _is_east(before) and not _is_east(after):
        return run[0]
    return run[0] + _NOTHING if before.isalnum() else _NOTHING + run[0]


def _with_emphasis(text: str) -> str:
    """Return markdown in which emphasis beside punctuation is emphasis without spaces around it, too."""
    if not text.isascii() and _HAS_EAST.search(text):
        text = _STRONG_UNDERSCORES.sub(_freed, text) if "__" in text else text
        text = _ASTERISKS.sub(_flanked, text)
    return _AFTER_A_LABEL.sub(lambda found: _NOTHING + found[0], text)  # `**Note:**this`


def _angle(found: re.Match[str]) -> str:
    """Return a known tag so that it stands in a line, not as a block; an address as it is; else the bare character."""
    if found["tag"]:
        return _NOTHING + found[0]
    return found[0] if found["link"] else _ANGLE


def _without_control(reference: re.Match[str]) -> str:
    """Drop a character reference to what `legal` drops."""
    number = int(reference[1]) if reference[1] else int(reference[2], 16)
    return reference[0] if number == 0 or number > 0x10FFFF or legal(chr(number)) else ""


def _masked(markdown: str) -> str:
    """Return markdown in which angle brackets, tildes and asterisks mean to CommonMark what they mean to writers."""
    if "<" in markdown:
        markdown = _OPEN_ANGLE.sub(_angle, markdown)
    if "~" in markdown:
        markdown = _LONE_TILDE.sub(_TILDE, markdown)
    if "&#" in markdown:
        markdown = _CONTROL_REFERENCE.sub(_without_control, markdown)
    return _with_emphasis(markdown)


def _unmasked(text: str) -> str:
    return text.replace(_NOTHING, "").replace(_ANGLE, "<").replace(_TILDE, "~")


class _Link(NamedTuple):
    """A link that is being read, and how much had been read before it."""

    kind: str
    address: str
    label: str  #: of a reference
    parts: int
    marks: int
    style: str


_EMPHASES = ("Strong", "Emphasis")


class _Reader:
    """Gathers the words of one passage after the other."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._marks: list[Mark] = []
        self._counted = 0  # numbers of marks, in all passages
        self._style = STYLES[0]
        self._wanted = STYLES[0]
        self._depth = dict.fromkeys(_EMPHASES, 0)
        self._links: list[_Link] = []

    def text(self, text: str) -> None:
        """Add text, in which bare numbers in brackets are marks."""
        at = 0
        for found in BARE.finditer(text):
            self.add(text[at : found.start()])
            self._mark(numbers(found[0]), "")
            at = found.end()
        self.add(text[at:])

    def tag(self, tag: str) -> None:
        """Pass over an HTML tag of the known ones; any other is text."""
        known = _TAG.fullmatch(tag)
        if not known:
            self.text(tag)
        elif known["name"].lower() in _PARTING_TAGS:
            self.add(" ")

    def add(self, text: str) -> None:
        """Add words in the style of this place."""
        if not text:
            return
        if self._wanted != self._style:
            self._parts.append(self._wanted)
            self._style = self._wanted
        self._parts.append(text)

    def emphasise(self, name: str, change: int) -> None:
        """Go one emphasis in or out; emphasis of a kind within the same kind changes nothing."""
        self._depth[name] += change
        self._wanted = STYLES[2 * (self._depth["Strong"] > 0) + (self._depth["Emphasis"] > 0)]

    def start_link(self, link: Mapping[str, str]) -> None:
        """Enter a link."""
        place = len(self._parts), len(self._marks), self._style
        self._links.append(_Link(link["link_type"], _unmasked(link["dest_url"]), link["id"], *place))

    def end_link(self) -> None:
        """Replace a link that is a citation by a mark; any other link is its text already."""
        link = self._links.pop()
        label = "".join(self._parts[link.parts :]).strip(f"{STYLES} \n")
        if label and not label.strip(MARK):
            named = tuple(number for mark in self._marks[link.marks :] for number in mark.numbers)
        elif LABEL.fullmatch(label):
            named = numbers(label)
        else:
            return
        del self._parts[link.parts :], self._marks[link.marks :]
        self._style = link.style
        if link.kind in ("Inline", "Autolink"):
            self._mark(named, link.address)
        else:  # `[1]` and `[1][2]` where `[2]: address` is defined
            self._mark(named, "")
            if link.kind == "Reference":
                self._mark(numbers(link.label), "")

    def _mark(self, named: tuple[int, ...], address: str) -> None:
        """Add a mark; one too many says nothing."""
        self._counted += len(named)
        self._marks.append(Mark(named, address) if self._counted <= MAX_MARKS else Mark((), ""))
        self.add(MARK)

    def take(self) -> Passage | None:
        """Return what was gathered, if anything, and begin the next passage."""
        if not self._parts:
            return None
        words = _unmasked("".join(self._parts))
        words = tidied(words if self._style == STYLES[0] else words + STYLES[0])
        marks = tuple(self._marks)
        self._parts, self._marks, self._style = [], [], STYLES[0]
        return Passage(words, marks) if words else None


_CONTAINERS = ("Item", "BlockQuote")
_LEAVES = ("Paragraph", "Heading", "CodeBlock", "HtmlBlock")


class _Blocks:
    """Cuts what the parser tells into blocks."""

    def __init__(self) -> None:
        self._reader = _Reader()
        self._around = {"Item": 0, "BlockQuote": 0}
        self._in_code = False

    def read(self, events: Iterator[Any]) -> Iterator[Block]:  # Any: events are dictionaries of many shapes
        """Return the blocks as they end."""
        reader = self._reader
        for event in events:
            if isinstance(event, str):
                reader.add("\n")  # a line break; a rule has no text beside it
                continue
            ((kind, value),) = event.items()
            if kind == "Text" and not self._in_code:
                if "[" in value or "【" in value or "［" in value:
                    reader.text(value)
                else:
                    reader.add(value)
            elif kind in ("Start", "End"):
                if block := self._step(kind, value):
                    yield block
            elif kind in ("Code", "Text"):
                reader.add(value)
            elif kind in ("InlineHtml", "Html"):
                reader.tag(value)

    def _step(self, kind: str, value: Any) -> Block | None:
        """Enter or leave emphasis, a link or a block; return the block that ends by that."""
        name = value if isinstance(value, str) else next(iter(value))
        if name in _EMPHASES:
            self._reader.emphasise(name, 1 if kind == "Start" else -1)
            return None
        if name in _LEAVES:
            return self._leaf(kind, name)
        if name in _CONTAINERS:
            return self._container(kind, name)
        if name == "Link":
            if kind == "Start":
                self._reader.start_link(value["Link"])
            else:
                self._reader.end_link()
        return None

    def _leaf(self, kind: str, name: str) -> Block | None:
        """Return the block that ends here; in items and quotations a paragraph is a part of a block only."""
        self._in_code = name == "CodeBlock" and kind == "Start"
        if self._around["Item"] or (self._around["BlockQuote"] and name != "Heading"):
            self._reader.add("\n")
            return None
        return self._block(heading=name == "Heading" and kind == "End")

    def _container(self, kind: str, name: str) -> Block | None:
        """Return what was said before an item or quotation begins or ends."""
        self._around[name] += 1 if kind == "Start" else -1
        if name == "BlockQuote" and self._around["Item"]:
            self._reader.add("\n")
            return None
        return self._block(heading=False)

    def _block(self, *, heading: bool) -> Block | None:
        said = self._reader.take()
        return Block(heading, said) if said else None


def blocks(markdown: str) -> Iterator[Block]:
    """Return the blocks of a text. Any text will do; what it takes grows with the text and no faster."""
    return _Blocks().read(_PARSER.events(_masked(markdown)))


def line(markdown: str) -> str:
    """Return the plain words of one line of markdown, without markup and citation marks."""
    return "".join(block.said.plain for block in blocks(_NOTHING + one_line(markdown)))
