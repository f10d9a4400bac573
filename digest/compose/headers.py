"""The header fields of a message (RFC 5322, 2369, 2919, 8058), written as bytes: each URI list on one line.

`email.policy` would RFC-2047-encode a List-Unsubscribe address of more than about 75 characters, and the
one-click button would disappear; so these fields are written here.
No line of them begins with a full stop (`quoted_printable.undotted`).
"""

import binascii
import hmac
import re
import string
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from digest.compose.quoted_printable import undotted
from digest.model import Issue

ENCODED_WORD_BYTES = 42  # of UTF-8 that fit into one RFC 2047 encoded word beside the field's name
LINE_CHARACTERS = 76  # RFC 2047 §2: of a line with an encoded word
_AROUND = len("=?utf-8?q??=")  # characters of an encoded word that say what it is
_Q_CODES = {character: character for character in string.ascii_letters + string.digits + "!*+-/"} | {" ": "_"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Sender(NamedTuple):
    """A newsletter's sender, taken apart."""

    name: str
    address: str
    domain: str


def sender_of(issue: Issue) -> Sender:
    """Return the issue's sender; settings checked that it is one address."""
    return sender(issue.newsletter.sender)


@lru_cache  # taking an address apart costs as much as splicing a message
def sender(text: str) -> Sender:
    """Return `Name <address>` taken apart."""
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    return Sender(name, f"{local}@{ascii_domain(domain)}", ascii_domain(domain))


def ascii_domain(domain: str) -> str:
    """Return a domain as mail servers know it (RFC 5890), as the envelope does; one that is none comes back as it is.

    Python's own `idna` codec knows the rules of 2003: it raises for domains that exist, and names others for `ß`.
    """
    return domain if domain.isascii() else _encoded_domain(domain)


@lru_cache(maxsize=1024)
def _encoded_domain(domain: str) -> str:
    try:
        return validate_email(f"x@{domain}", check_deliverability=False, test_environment=True).ascii_domain
    except EmailNotValidError:
        return domain


def encoded_text(text: str, field: str) -> str:
    """Return text for a header field: as it is where it is short ASCII, else in RFC 2047 encoded words."""
    text = _CONTROL.sub(" ", text)
    if text.isascii() and len(text) + len(field) < 75 and "=?" not in text:
        return text
    return _encoded_words(text, len(field) + 2)


def _encoded_words(text: str, begun: int) -> str:
    """Return text in encoded words (RFC 2047 §2, §4.2), folded; none ends inside a character or exceeds its line.

    `begun` characters stand before it on the first line. `email.header` takes ten times as long.
    """
    plain = sum(character in _Q_CODES for character in text)
    words = _in_base64(text, begun) if 2 * plain < len(text) else _quoted(text, begun)
    return "\r\n ".join(words)


def _quoted(text: str, begun: int) -> Iterator[str]:
    """Yield encoded words in which Latin text can be read."""
    word, room = "", LINE_CHARACTERS - begun - _AROUND
    for character in text:
        code = _Q_CODES.get(character) or "".join(f"={byte:02X}" for byte in character.encode())
        if len(code) > room:
            yield f"=?utf-8?q?{word}?="
            word, room = "", LINE_CHARACTERS - 1 - _AROUND
        word += code
        room -= len(code)
    yield f"=?utf-8?q?{word}?="


def _in_base64(text: str, begun: int) -> Iterator[str]:
    """Yield encoded words of other scripts, which are shorter so."""
    word, room = b"", (LINE_CHARACTERS - begun - _AROUND) // 4 * 3
    for character in text:
        code = character.encode()
        if len(code) > room:
            yield f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?="
            word, room = b"", (LINE_CHARACTERS - 1 - _AROUND) // 4 * 3
        word += code
        room -= len(code)
    yield f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?="


def phrase(name: str, field: str) -> str:
    """Return a display name: a quoted string, or encoded words."""
    name = _CONTROL.sub(" ", name)
    if name.isascii() and len(name) <= 60 and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    data = name.encode()
    if len(data) <= ENCODED_WORD_BYTES:
        return "=?utf-8?b?" + binascii.b2a_base64(data, newline=False).decode() + "?="
    return _encoded_words(name, len(field) + 2)


def mailbox(name: str, address: str, field: str) -> str:
    """Return `"Name" <address>`, or the address alone."""
    return f"{phrase(name, field)} <{address}>" if name else address


def message_id(issue: Issue, subscriber_id: int, secret: bytes) -> str:
    """Return the Message-ID of a delivery: the same at every attempt, and not to be guessed."""
    key = f"message-id:{issue.id}:{subscriber_id}".encode()
    mac = hmac.digest(secret, key, "sha256")[:8].hex()
    return f"<{issue.newsletter.slug}-{issue.number}.{subscriber_id}.{mac}@{sender_of(issue).domain}>"


def boundary(issue: Issue) -> str:
    """Return the MIME boundary: no encoded line begins with a hyphen, so it can't stand in a part."""
    return f"digest-{issue.nonce}"


def common_fields(issue: Issue, *, at: datetime | None = None) -> bytes:
    """Return the fields that all messages of an issue share which are dated `at`; without a word, as the issue is."""
    whose, newsletter = sender_of(issue), issue.newsletter
    tenant = re.sub(r"[^a-z0-9]", "", whose.domain.lower())[:15].ljust(5, "0")
    lines = [
        f"From: {mailbox(whose.name, whose.address, 'From')}",
        f"Date: {format_datetime(at or issue.until)}",
        f"List-Id: {phrase(newsletter.name, 'List-Id')} <{newsletter.slug}.{whose.domain}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f"Feedback-ID: {newsletter.slug}-{issue.number}:{newsletter.slug}:digest:{tenant}",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary(issue)}"',
    ]
    return undotted("".join(line + "\r\n" for line in lines).encode("ascii"))


def subject_field(subject: str) -> bytes:
    """Return the Subject field."""
    return undotted(f"Subject: {encoded_text(subject, 'Subject')}\r\n".encode("ascii"))


@lru_cache
def _mail_to(address: str) -> str:
    return f"mailto:{quote(address, safe='@')}"


def unsubscribe_field(issue: Issue, url: str, token: str) -> bytes:
    """Return List-Unsubscribe (RFC 2369) on one line: one click by https, or a mail to the newsletter's address for
    unsubscribing, and where it has none, to the sender."""
    mail = f"{_mail_to(issue.newsletter.unsubscribe_address or sender_of(issue).address)}?subject=unsubscribe%20{token}"
    return undotted(f"List-Unsubscribe: <{url}>, <{mail}>\r\n".encode("ascii"))


def recipient_fields(name: str, address: str, identity: str) -> bytes:
    """Return To and Message-ID. Only an address that needs SMTPUTF8 (RFC 6531) makes them hold more than ASCII."""
    if not address.isascii():
        local, _, domain = address.rpartition("@")
        address = f"{local}@{ascii_domain(domain)}"
    return undotted(f"To: {mailbox(name, address, 'To')}\r\nMessage-ID: {identity}\r\n".encode())
