"""An issue compiled once: rendered with every piece that any reader can get, cut at the marks, encoded for the wire."""

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment

from digest.compose import document
from digest.compose.pieces import Piece
from digest.compose.quoted_printable import encode_piece
from digest.errors import TemplateError
from digest.model import Issue

FRAME = ("open", "mid", "end")  # what stands around an edition's pieces


@dataclass(frozen=True, slots=True)
class Part:
    """The HTML or the text of an issue in pieces.

    A piece alternates between encoded bytes and names of values: even places hold bytes, odd ones names.
    `sizes` are the decoded bytes of each piece without its values.
    """

    pieces: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CompiledIssue:
    """All that the mails of an issue are spliced from."""

    html: Part
    text: Part


def token(nonce: str, name: str) -> str:
    """Return what stands in a rendered document for a value: alphanumeric, so that no tool on the way changes it."""
    return f"qz{nonce}{name}zq"


def _cut(document_text: str, nonce: str) -> dict[str, str]:
    """Cut a rendered document at its marks: the piece before the first is called `open`."""
    first, *rest = re.split(rf"<!--{nonce}([\w.]+)-->", document_text)
    return {"open": first, **dict(zip(rest[::2], rest[1::2], strict=True))}


def _encode(pieces: Mapping[str, str], nonce: str) -> Part:
    tokens = re.compile(rf"qz{nonce}([a-z_]+?)zq")
    encoded, sizes = {}, {}
    for name, content in pieces.items():
        words = tokens.split(content)
        words[::2] = [encode_piece(word.encode()).decode("ascii") for word in words[::2]]
        encoded[name] = tuple(words)
        sizes[name] = len(tokens.sub("", content).encode())
    return Part(encoded, sizes)


def compile_issue(templates: Environment, issue: Issue, pieces: Sequence[Piece]) -> CompiledIssue:
    """Render the issue with all those pieces once, and cut it up. Raises TemplateError."""
    values = {name: token(issue.nonce, name) for name in document.VALUES}

    def mark(name: str) -> str:
        return f"<!--{issue.nonce}{name}-->"

    def raw_mark(name: str) -> str:
        return f"<mj-raw>{mark(name)}</mj-raw>"

    html = document.render_html(templates, issue, pieces, values, mark=raw_mark)
    by_text_name = {piece.name.partition(".")[0]: piece for piece in pieces}
    text = document.render_text(
        templates, issue, list(by_text_name.values()), values, mark=lambda name: mark(name.partition(".")[0])
    )
    return CompiledIssue(_encode(_cut(html, issue.nonce), issue.nonce), _encode(_cut(text, issue.nonce), issue.nonce))


def extend(compiled: CompiledIssue, more: CompiledIssue) -> CompiledIssue:
    """Return the issue with the pieces of both. Raises TemplateError when the frame depends on what it holds."""
    return CompiledIssue(_joined(compiled.html, more.html), _joined(compiled.text, more.text))


def _joined(part: Part, more: Part) -> Part:
    if any(part.pieces[name] != more.pieces[name] for name in FRAME if name in part.pieces):
        raise TemplateError("the mail's template depends on which stories it is rendered with: it must not count them")
    return Part({**part.pieces, **more.pieces}, {**part.sizes, **more.sizes})


def pack(compiled: CompiledIssue) -> bytes:
    """Return the compiled issue as it is stored."""
    value = {
        name: {"pieces": dict(part.pieces), "sizes": dict(part.sizes)}
        for name, part in (("html", compiled.html), ("text", compiled.text))
    }
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), level=6)


def unpack(stored: bytes) -> CompiledIssue:
    """Read what `pack` wrote."""
    value = json.loads(zlib.decompress(stored))
    html, text = (
        Part({name: tuple(words) for name, words in value[part]["pieces"].items()}, value[part]["sizes"])
        for part in ("html", "text")
    )
    return CompiledIssue(html, text)
