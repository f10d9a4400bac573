"""One message for one reader: the edition's pieces and the reader's values, joined. Nothing is parsed or rendered here."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from digest.compose.compiling import CompiledIssue, Part
from digest.compose.headers import boundary
from digest.compose.pieces import text_name
from digest.compose.quoted_printable import encode_value
from digest.model import Issue


class Slot(NamedTuple):
    """Where a reader's value goes: in which part, and which value."""

    part: str
    name: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An edition ready for its readers: references to the issue's pieces, and the places of their values."""

    pieces: list[bytes]
    places: tuple[tuple[int, Slot], ...]


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
    kind: str, pieces: Mapping[str, tuple[bytes | str, ...]], names: Sequence[str], values: Mapping[str, str]
) -> Iterator[bytes | Slot]:
    """Yield a part's bytes in order, with the edition's values in place and slots for the reader's."""
    for name in names:
        for word in pieces.get(name, ()):
            if isinstance(word, bytes):
                yield word
            elif word in values:
                yield encoded(kind, values[word])
            else:
                yield Slot(kind, word)


def encoded(part: str, value: str) -> bytes:
    """Return a value for a part: escaped in HTML, as it is in text, and encoded for the wire."""
    return encode_value((html.escape(value) if part == "html" else value).encode())


def arrange(issue: EncodedIssue, names: Sequence[str], values: Mapping[str, str]) -> Arrangement:
    """Put an edition's pieces in order; `values` are those that all its readers share."""
    html_names = ["open", *[n for n in names if n[0] == "i"], "mid", *[n for n in names if n[0] != "i"], "end"]
    text_names = ["open", *[text_name(n) for n in names if n[0] != "i"], "end"]
    words: list[bytes | Slot] = [
        issue.before_text,
        *_part("text", issue.text, text_names, values),
        issue.before_html,
        *_part("html", issue.html, html_names, values),
        issue.after_html,
    ]
    places = tuple((place, word) for place, word in enumerate(words) if isinstance(word, Slot))
    return Arrangement([b"" if isinstance(word, Slot) else word for word in words], places)


def splice(header: bytes, arrangement: Arrangement, values: Mapping[Slot, bytes]) -> bytes:
    """Return one reader's message: CRLF lines of at most 76 characters in the body, none beginning with a full stop.

    `values` are the reader's, as `encoded` gives them, for every slot of the arrangement.
    """
    words = [header, *arrangement.pieces]
    for place, slot in arrangement.places:
        words[place + 1] = values[slot]
    return b"".join(words)


def html_bytes(compiled: CompiledIssue, names: Sequence[str], values: Mapping[str, str]) -> int:
    """Return the size of an edition's HTML: a sum, without building it. The reader's own values are not counted."""
    sizes, pieces = compiled.html.sizes, compiled.html.pieces
    total = 0
    for name in ("open", "mid", *names, "end"):
        total += sizes[name] + sum(len(html.escape(values.get(word, "")).encode()) for word in pieces[name][1::2])
    return total
