"""One message for one reader: the edition's pieces and the reader's values, joined. Nothing is parsed or rendered."""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from digest.compose.compiling import CompiledIssue, Part
from digest.compose.headers import boundary
from digest.compose.pieces import text_name
from digest.compose.quoted_printable import encode_value, undotted
from digest.compose.values import EDITIONS
from digest.compose.wrapping import wrap
from digest.model import Issue

PLAIN_EVERYWHERE = re.compile(r"(?!\.)[\x20\x21\x23-\x25\x28-\x3b\x3f-\x7e]{1,75}")  # in a line, and in HTML
NOTHING = ""  # the name of a value that is always empty


class Value(NamedTuple):
    """A reader's value, encoded for the wire: escaped in the HTML part, as it is in the text part."""

    text: bytes
    html: bytes


class Frame(NamedTuple):
    """Words and, after each, a place for a value of the reader's: what opens or closes a part."""

    segment: int  #: which segment it becomes
    words: list[bytes]  #: at each odd place nothing, until a value comes there
    fill: Callable[[Mapping[str, bytes]], tuple[bytes, ...]]  #: takes the values for the odd places, in their order


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An edition ready for its readers: segments between which one value comes again and again, as a story's links do.

    The other values stand in few segments, the frames; the header goes before the words of the first.
    """

    segments: list[bytes]
    frames: tuple[Frame, ...]
    repeated: str  #: the value between two segments
    turn: int  #: how many segments, from the first on, have the text part's form of it after them


Run = bytes | tuple[bytes | str, ...]  #: words without a value as one; else words, and in place of a value its name


class EncodedIssue(NamedTuple):
    """A compiled issue with its pieces as bytes, cut at the value that comes most often."""

    repeated: str
    html: Mapping[str, tuple[Run, ...]]
    text: Mapping[str, tuple[Run, ...]]
    before_text: bytes
    before_html: bytes
    after_html: bytes


def _as_runs(part: Part, repeated: str) -> dict[str, tuple[Run, ...]]:
    return {name: tuple(_runs(words, repeated)) for name, words in part.pieces.items()}


def _runs(words: Sequence[str], repeated: str) -> Iterator[Run]:
    """Cut a piece's words at the repeated value. Every other word is the name of a value."""
    run: list[bytes | str] = []
    for place, word in enumerate(words):
        if not place % 2:
            run.append(word.encode("ascii"))
        elif word != repeated:
            run.append(word)
        else:
            yield _run(run)
            run = []
    yield _run(run)


def _run(words: Sequence[bytes | str]) -> Run:
    fixed = [undotted(word) for word in words if isinstance(word, bytes)]
    return b"".join(fixed) if len(fixed) == len(words) else tuple(words)


def _most_frequent(compiled: CompiledIssue) -> str:
    """Return the reader's value that has the most places in an issue's pieces; empty where there are none."""
    parts = (compiled.html, compiled.text)
    names = (name for part in parts for words in part.pieces.values() for name in words[1::2])
    counts = Counter(name for name in names if name not in EDITIONS)
    return counts.most_common(1)[0][0] if counts else ""


def encode_issue(issue: Issue, compiled: CompiledIssue) -> EncodedIssue:
    """Prepare a compiled issue for splicing.

    A part's last piece ends in a soft line break, which RFC 2045 does not allow at the end: an empty line follows it.
    """
    mark, repeated = boundary(issue).encode("ascii"), _most_frequent(compiled)
    head = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return EncodedIssue(
        repeated=repeated,
        html=_as_runs(compiled.html, repeated),
        text=_as_runs(compiled.text, repeated),
        before_text=b"\r\n--%b\r\n" % mark + head % b"plain",
        before_html=b"\r\n\r\n--%b\r\n" % mark + head % b"html",
        after_html=b"\r\n\r\n--%b--\r\n" % mark,
    )


@lru_cache(maxsize=4096)  # 2 KB each: what stands between two cards comes again in many editions
def _joined(words: tuple[bytes, ...]) -> bytes:
    return b"".join(words)


def _frame(segment: int, words: Sequence[bytes], places: Sequence[tuple[int, str]]) -> Frame:
    """Return a frame of words with places among them; what stands between two places is joined."""
    ends = [place for place, _ in places]
    between = zip([0, *(end + 1 for end in ends)], [*ends, len(words)], strict=True)
    joined = [word for begin, end in between for word in (_joined(tuple(words[begin:end])), b"")]
    names = [name for _, name in places]
    if len(names) == 1:  # of one name, `itemgetter` would give the value and no tuple
        return Frame(segment, joined, itemgetter(*names, NOTHING))
    return Frame(segment, joined[:-1], itemgetter(*names))


class _Arranging:
    """An arrangement in the making: words are gathered until the repeated value comes."""

    def __init__(self, shared: Mapping[str, Value]) -> None:
        self._shared = shared
        self._words: list[bytes] = []
        self._places: list[tuple[int, str]] = []
        self.segments: list[bytes] = []
        self.frames: list[Frame] = []

    def add_piece(self, part: int, runs: Sequence[Run]) -> None:
        """Add a piece; between its runs stands the repeated value."""
        self.add_run(part, runs[0])
        if len(runs) == 1:
            return
        self.close_segment()
        for run in runs[1:-1]:
            if isinstance(run, bytes):
                self.segments.append(run)
            else:
                self.add_run(part, run)
                self.close_segment()
        self.add_run(part, runs[-1])

    def add_run(self, part: int, run: Run) -> None:
        """Add words, with the edition's values in place and room for the reader's."""
        if isinstance(run, bytes):
            self._words.append(run)
            return
        for word in run:
            if isinstance(word, bytes):
                self._words.append(word)
            elif word in self._shared:
                self._words.append(self._shared[word][part])
            else:
                self._places.append((len(self._words), name_of(part, word)))
                self._words.append(b"")

    def close_segment(self) -> None:
        """End a segment: with places it is a frame, filled for each reader; without it is bytes."""
        words, places = self._words, self._places
        if places:
            self.frames.append(_frame(len(self.segments), words, places))
            self.segments.append(b"")
            self._places = []
        else:
            self.segments.append(words[0] if len(words) == 1 else _joined(tuple(words)))
        self._words = []


def name_of(part: int, value: str) -> str:
    """Return what a reader's value is called in `written`, in the text part (0) or the HTML part (1)."""
    return f"{value}&" if part else value


def written(values: Mapping[str, Value]) -> dict[str, bytes]:
    """Return a reader's values by the names that arrangements have for them."""
    found = {NOTHING: b""}
    for name, value in values.items():
        found[name], found[name_of(1, name)] = value
    return found


def encoded(value: str) -> Value:
    """Return a value for both parts of a message; most are plain, an address for example, and the same in both."""
    if PLAIN_EVERYWHERE.fullmatch(value):
        plain = encode_value(value.encode())
        return Value(plain, plain)
    text, escaped = encode_value(value.encode()), html.escape(value)
    return Value(undotted(text), text if escaped == value else undotted(encode_value(escaped.encode())))


def encoded_lines(value: str) -> Value:
    """Return a sentence for both parts of a message: in the text part, it is wrapped."""
    return Value(undotted(encode_value(wrap(value).encode())), encoded(value).html)


def arrange(issue: EncodedIssue, names: Sequence[str], values: Mapping[str, str]) -> Arrangement:
    """Put an edition's pieces in order; `values` are those that all its readers share."""
    pictures = [name for name in names if name[0] == "i"]
    others = [name for name in names if name[0] != "i"] if pictures else names
    made = _Arranging({name: encoded(value) for name, value in values.items()})
    made.add_run(0, issue.before_text)
    for name in ("open", *map(text_name, others), "end"):
        if runs := issue.text.get(name):
            made.add_piece(0, runs)
    made.add_run(0, issue.before_html)
    turn = len(made.segments)
    for name in ("open", *pictures, "mid", *others, "end"):
        if runs := issue.html.get(name):
            made.add_piece(1, runs)
    made.add_run(1, issue.after_html)
    made.close_segment()
    return Arrangement(made.segments, tuple(made.frames), issue.repeated, turn)


def splice(header: bytes, arrangement: Arrangement, values: Mapping[str, bytes]) -> bytes:
    """Return one reader's message: CRLF lines of at most 76 characters in the body, none beginning with a full stop.

    `values` are the reader's, `written`, for every slot of the arrangement; `header` is made of the fields of
    `headers`. Every word begins a line, and none of pieces, values and fields has a line that begins with a full stop
    (`undotted`, asserted where each is made): so neither has the message.
    """
    segments = arrangement.segments.copy()
    for segment, words, fill in arrangement.frames:
        filled = words.copy()
        filled[1::2] = fill(values)
        segments[segment] = b"".join(filled)
    segments[0] = header + segments[0]
    if len(segments) == 1:
        return segments[0]
    text, html = values[arrangement.repeated], values[name_of(1, arrangement.repeated)]
    if text == html:
        return text.join(segments)
    turn = arrangement.turn + 1
    return text.join(segments[:turn]) + html.join([b"", *segments[turn:]])


def html_bytes(compiled: CompiledIssue, names: Sequence[str], values: Mapping[str, str]) -> int:
    """Return the size of an edition's HTML: a sum, without building it. The reader's own values are not counted."""
    sizes, pieces = compiled.html.sizes, compiled.html.pieces
    total = 0
    for name in ("open", "mid", *names, "end"):
        total += sizes[name] + sum(len(html.escape(values.get(word, "")).encode()) for word in pieces[name][1::2])
    return total
