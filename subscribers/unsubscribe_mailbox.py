"""The mailbox to which mails for unsubscribing come, as a worker reads it: each mail once.

That matters where somebody subscribed again later: their old mail must not end it. A Maildir keeps that itself, in the
flag S of a file in `cur`. Of an mbox, a small file beside it says how far it was read, and how what was read ended, so
that another mbox in its place is read from its beginning.
"""

import fcntl
import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from digest.errors import SettingsError
from subscribers import mail_files
from subscribers.mail_departures import Summary
from subscribers.mail_files import Mail

MARK_SUFFIX = ".read-by-digest"
_SEEN, _FLAGGED = "S", "F"  # the latter is what mail programs show as a star: for somebody to look at
_INFO = ":2,"
_TAIL_BYTES = 1024

Take = Callable[[Iterable[Mail]], Summary]


def read(mailbox: Path, take: Take) -> Summary:
    """Give the mails that were not read before to `take`, and then mark them as read.

    Raises SettingsError where the mailbox cannot be read or marked. An mbox that is not there yet is empty.
    """
    try:
        if mail_files.is_maildir(mailbox):
            return _read_maildir(mailbox, take)
        return _read_mbox(mailbox, take)
    except OSError as error:
        name = error.filename or mailbox
        raise SettingsError(
            f"unsubscribe_mailbox: {name}: {error.strerror or error}: it must be a Maildir or an mbox that this "
            "program may read and write beside"
        ) from error


def _read_maildir(mailbox: Path, take: Take) -> Summary:
    summary = Summary()
    for file in mail_files.maildir_files(mailbox):
        if _SEEN in _flags(file):
            continue
        with suppress(FileNotFoundError):  # another worker has taken it
            with file.open("rb") as opened:
                mail = Mail(str(file), opened.read(mail_files.MAIL_BYTES))
            done = take([mail])
            _mark(mailbox, file, _SEEN + (_FLAGGED if done.unmatched else ""))
            for outcome, number in done.counts.items():
                summary.counts[outcome] += number
            summary.unmatched.extend(done.unmatched)
    return summary


def _flags(file: Path) -> str:
    return file.name.partition(_INFO)[2] if file.parent.name == "cur" else ""


def _mark(mailbox: Path, file: Path, flags: str) -> None:
    """Put a mail among those that were looked at, with these flags besides its own."""
    name = file.name.partition(_INFO)[0]
    file.replace(mailbox / "cur" / f"{name}{_INFO}{''.join(sorted({*_flags(file), *flags}))}")


def _read_mbox(mailbox: Path, take: Take) -> Summary:
    if not mailbox.exists() and mailbox.parent.is_dir():
        return Summary()
    mark = mailbox.with_name(mailbox.name + MARK_SUFFIX)
    with mailbox.open("rb") as opened:
        if _is_delivered_into(mailbox, opened):  # the next time will do
            return Summary()
        opened.seek(_read_until(opened, mark))
        summary = take(mail_files.mbox(opened, str(mailbox)))
        _write_mark(opened, mark)
    return summary


def _is_delivered_into(mailbox: Path, opened: BinaryIO) -> bool:
    """Tell whether somebody writes at this moment, by either lock in use; else keep them from it until it is closed."""
    try:
        fcntl.lockf(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return mailbox.with_name(f"{mailbox.name}.lock").exists()


def _read_until(opened: BinaryIO, mark: Path) -> int:
    """Return how far an mbox was read; 0 where it is not the one that the mark is about."""
    words = mark.read_text().split() if mark.exists() else []
    if len(words) == 2 and words[0].isdecimal() and _tail(opened, int(words[0])) == words[1]:
        return int(words[0])
    return 0


def _tail(opened: BinaryIO, end: int) -> str:
    """Return a hash of how the file's first `end` bytes end."""
    start = max(0, end - _TAIL_BYTES)
    opened.seek(start)
    return hashlib.sha256(opened.read(end - start)).hexdigest()


def _write_mark(opened: BinaryIO, mark: Path) -> None:
    end = opened.tell()
    mark.write_text(f"{end} {_tail(opened, end)}\n")
