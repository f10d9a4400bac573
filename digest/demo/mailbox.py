"""A folder of caught mails: an .eml file each, byte for byte as it came, numbered in the order of arrival."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

from digest.ingest.text import one_line

_NAME = re.compile(r"[0-9]{4,12}")
_UNSEEN = re.compile(r"[\s\u00ad\u034f\u061c\u200b-\u200f\u2007\u2060\ufeff]+")  # what pads a preheader
_UNREADABLE = (LookupError, ValueError, AttributeError, TypeError)  # what email.* raises on mails of unlikely form
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A caught mail as an inbox shows it."""

    id: str
    sender: str  #: name, or address
    name: str  #: of the addressee; empty where only the address is known
    email: str
    subject: str
    preheader: str
    size: int  #: bytes of the whole message
    at: datetime

    @property
    def label(self) -> str:
        """The addressee's name, or address."""
        return self.name or self.email or "nobody"

    @property
    def initials(self) -> str:
        """One or two letters for the addressee."""
        words = re.findall(r"\w+", self.label.partition("@")[0])
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper()


@dataclass(frozen=True, slots=True)
class Content:
    """What a caught mail holds; None where it has no such part."""

    html: str | None
    text: str | None
    source: str


class Mailbox:
    """The folder, for one writer and any number of readers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last: int | None = None  #: the number of the newest mail, once it was looked for

    def add(self, message: bytes) -> str:
        """Keep a message and return its id. It is there whole or not at all. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._last is None:
            self._last = max(map(int, self.ids()), default=0)
        number = f"{self._last + 1:04d}"
        draft = self._folder / f"{number}.eml.new"
        with draft.open("wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / f"{number}.eml")
        self._last += 1
        return number

    def ids(self) -> list[str]:
        """Return what there is, in the order of arrival."""
        names = [path.stem for path in self._folder.glob("*.eml")]
        return sorted((name for name in names if _NAME.fullmatch(name)), key=int)

    def letters(self) -> list[Letter]:
        """Return every mail, in the order of arrival."""
        return [letter for id in self.ids() if (letter := self.letter(id))]

    def letter(self, id: str) -> Letter | None:
        """Return a mail as an inbox shows it, or None when it is not there."""
        try:
            path = self._path(id)
            return _letter(path, path.stat().st_mtime_ns) if path else None
        except FileNotFoundError:  # deleted a moment ago
            return None

    def content(self, id: str) -> Content | None:
        """Return what a mail holds, or None when it is not there."""
        try:
            path = self._path(id)
            return _content(path.read_bytes()) if path else None
        except FileNotFoundError:
            return None

    def _path(self, id: str) -> Path | None:
        return self._folder / f"{id}.eml" if _NAME.fullmatch(id) else None


@lru_cache(maxsize=1024)
def _letter(path: Path, changed_ns: int) -> Letter:
    raw = path.read_bytes()
    message = _parsed(raw)
    html = _part(message, "html")
    name, email = parseaddr(_header(message, "to"))
    sender_name, sender_email = parseaddr(_header(message, "from"))
    return Letter(
        id=path.stem,
        sender=sender_name or sender_email,
        name=name,
        email=email,
        subject=_header(message, "subject"),
        preheader=preheader(html) if html else "",
        size=len(raw),
        at=datetime.fromtimestamp(changed_ns / 1e9, UTC),
    )


def _content(raw: bytes) -> Content:
    message = _parsed(raw)
    source = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    return Content(_part(message, "html"), _part(message, "plain"), source)


def _parsed(raw: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what that policy makes
    return message


def _header(message: EmailMessage, name: str) -> str:
    try:
        return one_line(str(message[name] or ""))
    except _UNREADABLE:
        return ""


def _part(message: EmailMessage, kind: str) -> str | None:
    """Return the part that a mail program would show as `html` or `plain`."""
    try:
        part = message.get_body((kind,))
        return str(part.get_content()) if part else None
    except _UNREADABLE:
        return None


class _Hidden(HTMLParser):
    """Collects the text of the first element that is not displayed: where mails keep what inboxes show."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.texts: list[str] = []
        self.is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go in, or deeper."""
        if self.is_over or tag in _VOID:
            return
        style = "".join((dict(attrs).get("style") or "").split()).lower()
        if self.depth or "display:none" in style:
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        """Come out."""
        if self.depth and tag not in _VOID:
            self.depth -= 1
            self.is_over = self.depth == 0

    def handle_data(self, data: str) -> None:
        """Keep what is inside."""
        if self.depth and not self.is_over:
            self.texts.append(data)


def preheader(html: str) -> str:
    """Return the hidden line that inboxes show after the subject, without what pads it."""
    parser = _Hidden()
    parser.feed(html)
    return _UNSEEN.sub(" ", "".join(parser.texts)).strip()
