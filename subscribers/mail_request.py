"""What a mail to the address for unsubscribing asks for: the signed token in it says who leaves which newsletter.

The token is the authority, as in the link on the web: From can be forged, so an address alone unsubscribes nobody.
The mail may come from any program: forwarded, answered, folded, in any encoding; and it may be hostile, so that its
size and the number of its parts are bounded.
"""

import codecs
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from enum import StrEnum
from html import unescape

from subscribers.tokens import Tokens, UnsubscribeLink

MOST_PARTS = 50  # of a mail that is taken apart; in one with more, only the subject counts
MOST_TOKENS = 100  # that are tried
SUBJECT_CHARACTERS = 2000
_TOKEN = re.compile(r"(?<![0-9])[0-9]{1,18}\.[a-z0-9][a-z0-9-]{0,39}\.[A-Za-z0-9_-]{22}", re.ASCII)
_TAG = re.compile(r"<[^<>]{0,500}>")
_PART = re.compile(rb"^content-type[ \t]*:", re.IGNORECASE | re.MULTILINE)  # parts cannot nest deeper than these
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_ANSWERING = ("X-Autoreply", "X-Autorespond", "X-Autoresponse")
_OF_A_LIST = ("List-Id", "List-Unsubscribe", "List-Post")  # a newsletter that came here is not a wish to leave it
_NOT_OF_MAILS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"}  # codecs; some take ages
_IN_BULK = ("bulk", "list", "junk")


class Unasked(StrEnum):
    """Why a mail unsubscribes nobody."""

    IGNORED = "ignored"  #: no person wrote it: an automatic answer, a report, a newsletter
    UNMATCHED = "unmatched"  #: there is no token of ours in it


def read(content: bytes, tokens: Tokens) -> UnsubscribeLink | Unasked:
    """Return what a mail asks for. Never raises, whatever the bytes are."""
    content = _readable(content)
    is_simple = len(_PART.findall(content)) <= MOST_PARTS
    mail = message_from_bytes(content) if is_simple else BytesHeaderParser().parsebytes(content)
    in_subject = _first(_in_subject(mail), tokens)
    if _is_automatic(mail, has_token=in_subject is not None):
        return Unasked.IGNORED
    if in_subject is not None:
        return in_subject
    texts = _texts(mail) if is_simple else iter(())
    return _first((token for text in texts for token in _TOKEN.findall(text)), tokens) or Unasked.UNMATCHED


def _readable(content: bytes) -> bytes:
    """Return a mail's bytes as mail systems write them: some programs save one in UTF-16, or with a mark before it."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    return content.decode(encoding, "replace").encode() if encoding else content


def _first(candidates: Iterator[str], tokens: Tokens) -> UnsubscribeLink | None:
    """Return what the first token of ours says."""
    tried = (tokens.read_unsubscribe(token) for _, token in zip(range(MOST_TOKENS), candidates, strict=False))
    return next((link for link in tried if link is not None), None)


def _in_subject(mail: Message) -> Iterator[str]:
    """Yield what may be tokens in the subject, as it is, and without the spaces of a program that broke it."""
    subject = _decoded(str(mail.get("Subject", ""))[:SUBJECT_CHARACTERS])
    subject = subject.replace("%20", " ")  # of programs that take a mailto address as it is
    yield from _TOKEN.findall(subject)
    yield from _TOKEN.findall("".join(subject.split()))


def _decoded(header: str) -> str:
    """Return a header's text (RFC 2047); what cannot be decoded stays as it is."""
    try:
        words = decode_header(header)
    except HeaderParseError:
        return header
    return "".join(word if isinstance(word, str) else _text(word, charset) for word, charset in words)


def _text(content: bytes, charset: str | None) -> str:
    """Decode in the encoding that a mail names, or in UTF-8 where that does not work."""
    try:
        codec = codecs.lookup(charset or "utf-8").name
        return content.decode("utf-8" if codec in _NOT_OF_MAILS else codec, "replace")
    except (LookupError, ValueError):  # an encoding that nobody knows, or one that is not of texts
        return content.decode("utf-8", "replace")


def _is_automatic(mail: Message, *, has_token: bool) -> bool:
    """Tell whether no person wrote a mail (RFC 3834 §5): an answer, a report from nobody, a newsletter.

    What is generated or sent in bulk, with a token in its subject, is what a mail provider writes when a person presses
    its button.
    """
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    return (
        submitted not in (("no", "auto-generated") if has_token else ("no",))
        or (precedence in _IN_BULK and not has_token)
        or precedence == "auto_reply"
        or str(mail.get("Return-Path", "")).strip() == "<>"
        or mail.get_content_type() == "multipart/report"
        or any(name in mail for name in (*_ANSWERING, *_OF_A_LIST))
    )


def _texts(mail: Message) -> Iterator[str]:
    """Yield the texts of a mail: of the plain parts first, then of HTML, with its links and without its tags."""
    parts = [part for part in mail.walk() if not part.is_multipart()]
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() != kind:
                continue
            payload = part.get_payload(decode=True)
            text = _text(payload if isinstance(payload, bytes) else b"", part.get_content_charset())
            if kind == "text/plain":
                yield text
            else:
                yield unescape(text)
                yield unescape(_TAG.sub("", text))
