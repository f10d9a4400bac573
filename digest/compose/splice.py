"""One message for one reader: the edition's pieces and the reader's values, joined. Nothing is parsed or rendered."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from digest.compose.compiling import CompiledIssue, Part
from digest.compose.headers import boundary
from digest.compose.pieces import text_name
from digest.compose.quoted_printable import encode_value
from digest.compose.wrapping import wrap
from digest.model import Issue


class Value(NamedTuple):
    """A reader's value, encoded for the wire: escaped in the HTML part, as it is in the text part."""

    text: bytes
    html: bytes


class Slot(NamedTuple):
    """Where a reader's value goes: 0 for the text part or 1 for the HTML part, as in `Value`; and which value."""

    part: int
    name: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An edition ready for its readers: references to the issue's pieces, and the places of their values."""

    pieces: list[bytes]
    places: tuple[tuple[int, int, str], ...]  #: where among the pieces, and the slot


class EncodedIssue(NamedTuple):
    """A compiled issue with its pieces as bytes, and what stands between the parts of a message."""

    html: Mapping[str, tuple[bytes | str, ...]]
    text: Mapping[str, tuple[bytes | str, ...]]
    before_text: bytes
    before_html: bytes
    after_html: bytes


def _as_bytes(part: Part) -> dict[str, tuple[bytes | str, ...]]:
    return {
        name: tuple(word if place % 2 else word.encode("ascii") for place, word in enumerate(words))
        for name, words in part.pieces.items()
    }


def encode_issue(issue: Issue, compiled: CompiledIssue) -> EncodedIssue:
    """Prepare a compiled issue for splicing.

    A part's last piece ends in a soft line break, which RFC 2045 does not allow at the end: an empty line follows it.
    """
    mark = boundary(issue).encode("ascii")
    head = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return EncodedIssue(
        html=_as_bytes(compiled.html),
        text=_as_bytes(compiled.text),
        before_text=b"\r\n--%b\r\n" % mark + head % b"plain",
        before_html=b"\r\n\r\n--%b\r\n" % mark + head % b"html",
        after_html=b"\r\n\r\n--%b--\r\n" % mark,
    )


def _part(
    part: int, pieces: Mapping[str, tuple[bytes | str, ...]], names: Sequence[str], values: Mapping[str, Value]
) -> Iterator[bytes | Slot]:
    """Yield a part's bytes in order, with the edition's values in place and slots for the reader's."""
    for name in names:
        for word in pieces.get(name, ()):
            if isinstance(word, bytes):
                yield word
            elif word in values:
                yield values[word][part]
            else:
                yield Slot(part, word)


def encoded(value: str) -> Value:
    """Return a value for both parts of a message; most are plain, so that they are encoded once."""
    text, escaped = encode_value(value.encode()), html.escape(value)
    return Value(text, text if escaped == value else encode_value(escaped.encode()))


def encoded_lines(value: str) -> Value:
    """Return a sentence for both parts of a message: in the text part, it is wrapped."""
    return Value(encode_value(wrap(value).encode()), encoded(value).html)


def arrange(issue: EncodedIssue, names: Sequence[str], values: Mapping[str, str]) -> Arrangement:
    """Put an edition's pieces in order; `values` are those that all its readers share."""
    html_names = ["open", *[n for n in names if n[0] == "i"], "mid", *[n for n in names if n[0] != "i"], "end"]
    text_names = ["open", *[text_name(n) for n in names if n[0] != "i"], "end"]
    shared = {name: encoded(value) for name, value in values.items()}
    words: list[bytes | Slot] = [
        issue.before_text,
        *_part(0, issue.text, text_names, shared),
        issue.before_html,
        *_part(1, issue.html, html_names, shared),
        issue.after_html,
    ]
    places = tuple((place, *word) for place, word in enumerate(words) if isinstance(word, Slot))
    return Arrangement([b"" if isinstance(word, Slot) else word for word in words], places)


def splice(header: bytes, arrangement: Arrangement, values: Mapping[str, Value]) -> bytes:
    """Return one reader's message: CRLF lines of at most 76 characters in the body, none beginning with a full stop.

    `values` are the reader's, for every slot of the arrangement.
    """
    words = [header, *arrangement.pieces]
    for place, part, name in arrangement.places:
        words[place + 1] = values[name][part]
    return b"".join(words)


def html_bytes(compiled: CompiledIssue, names: Sequence[str], values: Mapping[str, str]) -> int:
    """Return the size of an edition's HTML: a sum, without building it. The reader's own values are not counted."""
    sizes, pieces = compiled.html.sizes, compiled.html.pieces
    total = 0
    for name in ("open", "mid", *names, "end"):
        total += sizes[name] + sum(len(html.escape(values.get(word, "")).encode()) for word in pieces[name][1::2])
    return total
