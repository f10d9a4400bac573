"""Mails in files: a single one (`.eml`), an mbox, a Maildir, or a folder of `.eml` files. They are read, never changed.

Memory is bounded whatever the files hold: of each mail, MAIL_BYTES are read, and the rest of it is skipped.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from digest.errors import SourceError

MAIL_BYTES = 1_000_000  # whoever asks for something writes less; a picture in a signature may follow it
_LINE_BYTES = 65_536
_SEPARATOR = b"From "  # begins each mail of an mbox (RFC 4155), after an empty line
_NO_SENDER = b"Return-Path: <>\n"  # what the separator says of a mail from nobody, as reports are


class Mail(NamedTuple):
    """One mail, and where it is in words."""

    where: str
    content: bytes


def mails(path: Path) -> Iterator[Mail]:
    """Yield the mails of a file or folder, the oldest first as far as names tell.

    Raises SourceError where there is nothing to read.
    """
    try:
        if is_maildir(path):
            yield from (_single(file) for file in maildir_files(path))
        elif path.is_dir():
            yield from map(_single, _eml_files(path))
        else:
            yield from _file(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error


def is_maildir(path: Path) -> bool:
    """Tell whether a folder is a Maildir: new mail in `new`, what was looked at in `cur`."""
    return (path / "new").is_dir() and (path / "cur").is_dir()


def maildir_files(path: Path) -> list[Path]:
    """Return the files of a Maildir's mails, in the order in which they came: their names begin with the time."""
    files = [file for folder in ("new", "cur") for file in (path / folder).iterdir() if not file.name.startswith(".")]
    return sorted((file for file in files if file.is_file()), key=lambda file: file.name)


def _eml_files(path: Path) -> list[Path]:
    files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".eml" and file.is_file())
    if not files:
        raise SourceError(f"{path} is no Maildir, which has the folders `new` and `cur`, and has no .eml files")
    return files


def _single(file: Path) -> Mail:
    with file.open("rb") as opened:
        return Mail(str(file), opened.read(MAIL_BYTES))


def _file(path: Path) -> Iterator[Mail]:
    with path.open("rb") as opened:
        is_mbox = opened.read(len(_SEPARATOR)) == _SEPARATOR
        opened.seek(0)
        if is_mbox:
            yield from mbox(opened, str(path))
        else:
            yield Mail(str(path), opened.read(MAIL_BYTES))


def mbox(opened: BinaryIO, name: str) -> Iterator[Mail]:
    """Yield the mails of an mbox from where the file stands; what comes before the first separator is none."""
    content, number = bytearray(), 0
    begins_line, after_empty = True, True
    while line := opened.readline(_LINE_BYTES):
        if begins_line and after_empty and line.startswith(_SEPARATOR):
            if number:
                yield Mail(f"{name}, mail {number}", bytes(content))
            number += 1
            content = bytearray(_NO_SENDER if _is_from_nobody(line) else b"")
        elif number and len(content) < MAIL_BYTES:
            content += line
        after_empty = begins_line and not line.strip(b"\r\n")
        begins_line = line.endswith(b"\n")
    if number:
        yield Mail(f"{name}, mail {number}", bytes(content))


def _is_from_nobody(separator: bytes) -> bool:
    sender = separator.split()[1:2]
    return sender in ([b"MAILER-DAEMON"], [b"<>"])
