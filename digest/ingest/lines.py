"""The lines of a summary before they are read as markdown: what writers mean, spelled the way CommonMark expects it.

Labels such as `**TL;DR:**` become headings, the bullets of other scripts become markdown's, and the list of sources
is taken out and read.
"""

import re
import unicodedata
from typing import NamedTuple

from digest.ingest.headings import section_named
from digest.ingest.links import RUNNING, trimmed
from digest.ingest.text import legal

_BULLET = re.compile(r"[ \t]*(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)")
_INDENT = r"(?P<indent>[ \t\u3000]*)"
_DOT = re.compile(_INDENT + r"(?:[•・][ \t\u3000\xa0]*|[·◦‣▪●–—][ \t\u3000\xa0]+|[-*+][\u3000\xa0]+)(?=\S)")
_ORDINAL = re.compile(
    _INDENT + r"(?:(?P<digits>\d{1,3}(?=[．、）])|[０-９]{1,3})[．、）.)]|(?P<circled>[①-⑳]))[ \t\u3000\xa0]*(?=\S)"
)
_FENCE = re.compile(r"[ \t]*(?:>[ \t]*)*(?:[-*+][ \t]+)?(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_UNDERLINE = re.compile(r" {0,3}(?:-{2,}|=+)[ \t]*$")
_ATX = re.compile(r" {0,3}(?:> ?)*#{1,6}[ \t]")
_LABEL = re.compile(
    r"(?P<quote>(?: {0,3}>)*) {0,3}(?![-+*•・·–—#>|][ \t#]|\d{1,9}[.)][ \t])"
    r"(?:[^\w\s*_<\[(]{1,4}[ \t]*)?(?P<bold>\*{1,3}|_{1,3}|)(?P<name>[^\s*_:：][^*_:：]{0,79})(?P<inner>[:：]?)[ \t]*"
    r"(?:(?P<close>(?P=bold))[ \t]*(?P<outer>[:：]?))?[ \t\u3000\xa0]*(?P<rest>.*)"
)
_LABEL_WITHIN = 82  # characters; as far as _LABEL looks for a colon after a letter
_DEFINITION = re.compile(r" {0,3}\[\^?(?P<number>\d{1,3})\](?::|[ \t]+(?=<?https?://))[ \t]*(?P<rest>.*)")
_ENTRY = re.compile(
    rf"\[\^?(?P<mark>\d{{1,3}})\]|【(?P<lenticular>\d{{1,3}})】|(?P<address>{RUNNING})", flags=re.IGNORECASE
)
_ENTRY_NUMBER = re.compile(r"[ \t]*(\d{1,3})[.)][ \t]")
_DOUBLE_MARK = re.compile(r"\[\[([\d^,;–\s-]{1,60})\]\]\(")


class Prepared(NamedTuple):
    """Markdown that is ready to be parsed, and the addresses of the list of sources that it had, by number."""

    markdown: str
    listed: dict[int, str]


class _Label(NamedTuple):
    """A line that opens a section without being a heading."""

    quote: str  #: the `>` before it
    section: str
    rest: str  #: what the line goes on with


def _is_bullet(line: str) -> bool:
    """Tell whether a line is a bullet as markdown writes it, with text: most lines are."""
    return line.startswith("- ") and "```" not in line and "~~~" not in line


def _is_prose(line: str) -> bool:
    """Tell whether a line begins with a letter and no label, which needs a colon: most others are."""
    beginning = line[:_LABEL_WITHIN]
    return line[0].isalpha() and ":" not in beginning and "：" not in beginning


def _label(line: str, language: str) -> _Label | None:
    """Return the label that a line is or begins with."""
    found = _LABEL.match(line)
    if not found:
        return None
    bold, rest = found["bold"], found["rest"]
    colon = found["inner"] or found["outer"]
    if not colon and (rest or len(bold) < 2 or found["close"] is None):
        return None
    section = section_named(found["name"], language)
    if section is None or (section == "sources" and rest and not bold and "[" not in rest and "http" not in rest):
        return None  # “Source: a neighbour.” is a sentence
    return _Label(found["quote"], section, rest if found["close"] is not None else bold + rest)


def _with_bullets(line: str) -> str:
    """Return a line with the bullet or number of another script as one of markdown's."""
    if dot := _DOT.match(line):
        return f"{_ascii(dot['indent'])}- {line[dot.end() :]}"
    if ordinal := _ORDINAL.match(line):
        number = int(ordinal["digits"] or unicodedata.numeric(ordinal["circled"]))
        return f"{_ascii(ordinal['indent'])}{number}. {line[ordinal.end() :]}"
    return line


def _ascii(indent: str) -> str:
    return indent.replace("\u3000", "")


class _Lines:
    """Reads lines one after the other, and knows what they stand in."""

    def __init__(self, language: str) -> None:
        self._language = language
        self.out: list[str] = []
        self.listed: dict[int, str] = {}
        self._fence = ""
        self._previous = ""
        self._in_list = False
        self._in_sources = False
        self._pending: int | None = None

    @property
    def in_code(self) -> bool:
        """Tell whether a block of code is open."""
        return bool(self._fence)

    def take(self, line: str) -> None:
        """Read the next line."""
        bullet = _is_bullet(line)
        if not line or (not self._fence and not self._in_sources and (bullet or _is_prose(line))):
            self.out.append(line)
            self._in_list = bullet if line else self._in_list
        elif self._fence or _FENCE.match(line):
            self._take_code(line)
        elif definition := _DEFINITION.match(line):
            self._pending = int(definition["number"])
            self._list(definition["rest"])
            self.out.append("")
        else:
            self._take_text(line)
        self._previous = line

    def _take_code(self, line: str) -> None:
        """Pass code over, and note where it ends."""
        self.out.append(line)
        found = _FENCE.match(line)
        if not found:
            return
        fence, info = found["fence"], found["info"].strip()
        if not self._fence:
            self._fence = "" if fence[0] == "`" in info else fence
        elif fence.startswith(self._fence) and not info:
            self._fence = ""

    def _take_text(self, line: str) -> None:
        if not self._previous.lstrip(" ").startswith(">"):  # a dash below a quotation names who said it
            line = _with_bullets(line)
        indented = line[:1] in (" ", "\t")
        label = None if self._in_list and indented else _label(line, self._language)
        if label:
            self._open(label)
        elif self._in_sources and not _ATX.match(line):
            self.out.append("" if self._list(line) else line)
        else:
            self.out.append(line)
        if label or _ATX.match(line) or (_UNDERLINE.match(line) and self._previous.strip()):
            self._enter(label, line)
        elif _BULLET.match(line):
            self._in_list = True
        elif line and not indented:
            self._in_list = False

    def _open(self, label: _Label) -> None:
        """Write a label as a heading."""
        self.out += [label.quote, f"{label.quote} # {label.section}", label.quote]
        self.out += [f"{label.quote} {label.rest}"]

    def _enter(self, label: _Label | None, line: str) -> None:
        """Note whether the list of sources begins or ends here."""
        self._in_list = False
        heading = label.section if label else self._previous if _UNDERLINE.match(line) else line
        self._in_sources = section_named(heading, self._language) == "sources"
        self._pending = None
        if label and self._in_sources:
            self._list(label.rest)

    def _list(self, line: str) -> bool:
        """Note the addresses of a line in the list of sources; tell whether there are any."""
        ordinal = _ENTRY_NUMBER.match(line)
        self._pending = int(ordinal[1]) if ordinal else self._pending
        before = len(self.listed)
        found = False
        for entry in _ENTRY.finditer(line):
            if entry["address"] is None:
                self._pending = int(entry["mark"] or entry["lenticular"])
            elif self._pending is not None or not found:
                self.listed.setdefault(
                    before + 1 if self._pending is None else self._pending, trimmed(entry["address"])
                )
                self._pending = None
            found = found or entry["address"] is not None
        return found


def _with_definitions(markdown: str, listed: dict[int, str]) -> str:
    """Give links such as `[the report][1]` their addresses back, without letting them into `[[1]](address)`."""
    definitions = "".join(f"[{number}]: <{address}>\n" for number, address in listed.items())
    return _DOUBLE_MARK.sub(r"[\1](", markdown) + "\n\n" + definitions


def prepared(summary: str, language: str) -> Prepared:
    """Return a summary in this language as plain CommonMark. Any text will do."""
    lines = _Lines(language)
    for line in legal(summary).replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        lines.take(line)
    markdown = "\n".join(lines.out)
    if lines.listed and "][" in markdown and not lines.in_code:
        markdown = _with_definitions(markdown, lines.listed)
    return Prepared(markdown, lines.listed)
