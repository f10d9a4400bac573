"""The sheets that a file holds: one, or those of a zip as Mailchimp and Substack make them."""

import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from digest.errors import SourceError
from subscribers.sheets import Sheet, seekable

MOST_BYTES = 2 << 30  # of a zip's sheets together, unpacked: ten million people and more
MOST_MEMBERS = 10_000
_BLOCK = 1 << 20
_ZIP = b"PK\x03\x04"


@dataclass(slots=True)
class Opened:
    """The sheets of a file in their order, and what is to be said about the file."""

    sheets: list[Sheet] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what zipfile raises into our error; RuntimeError is about a password, NotImplementedError a method."""
    try:
        yield
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise SourceError(
            f"{name} cannot be unpacked: {error}: unpack it yourself, and import its CSV files"
        ) from error


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """Return the CSV files of an archive. Raises SourceError where there are none."""
    members = archive.infolist()
    if any(member.filename == "[Content_Types].xml" for member in members):
        raise SourceError(f"{name} is a spreadsheet: export it as “CSV UTF-8” and import that")
    if len(members) > MOST_MEMBERS:
        raise SourceError(f"{name} holds more than {MOST_MEMBERS:,} files: import the CSV files with the people alone")
    return [member for member in members if member.filename.casefold().endswith(".csv")]


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most_bytes: int, stack: ExitStack) -> BinaryIO | None:
    """Unpack one file to disk; None where it has more than so many bytes, whatever the archive says of it."""
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 -- the stack closes it
    with archive.open(member) as packed:
        while block := packed.read(_BLOCK):
            if copy.tell() + len(block) > most_bytes:
                return None
            copy.write(block)
    return copy


def _sheet(name: str, file: BinaryIO) -> Sheet | None:
    """Return the sheet that a file is, or None where it is something else; posts and statistics lie beside people."""
    try:
        return Sheet(name, file)
    except SourceError:
        return None


def _of_archive(
    name: str, file: BinaryIO, is_wanted: Callable[[Sheet], bool], most_bytes: int, stack: ExitStack
) -> Opened:
    found, left_out = Opened(), list[str]()
    room = most_bytes
    with _explained(name):
        archive = stack.enter_context(zipfile.ZipFile(file))
    for member in _members(archive, name):
        with _explained(name):
            unpacked = _unpack(archive, member, room, stack)
        if unpacked is None:
            raise SourceError(f"{name} unpacks to more than {most_bytes >> 20:,} MB: import its CSV files one by one")
        room -= unpacked.tell()
        sheet = _sheet(PurePosixPath(member.filename).name, unpacked)
        if sheet and is_wanted(sheet):
            found.sheets.append(sheet)
        else:
            unpacked.close()
            left_out.append(member.filename)
    if not found.sheets:
        raise SourceError(f"{name} holds no list of subscribers that we know: import the CSV file with the people")
    if left_out:
        more = f" and {len(left_out) - 3:,} more" if len(left_out) > 3 else ""
        found.notes.append(f"{name}: no lists of subscribers, left out: {', '.join(left_out[:3])}{more}")
    return found


@contextmanager
def opened(path: Path, is_wanted: Callable[[Sheet], bool], most_bytes: int = MOST_BYTES) -> Iterator[Opened]:
    """Open a CSV file, whatever it holds, or those sheets of a zip that are wanted.

    Raises SourceError when it cannot be read, holds no sheet, or unpacks to more than so many bytes.
    """
    with ExitStack() as stack:
        try:
            file = seekable(path, stack)
            is_zip = file.read(len(_ZIP)) == _ZIP
            found = (
                _of_archive(path.name, file, is_wanted, most_bytes, stack)
                if is_zip
                else Opened([Sheet(path.name, file)])
            )
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
        yield found
