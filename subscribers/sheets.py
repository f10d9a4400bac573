"""People as a CSV file: reading one that anybody may have written, and cells that are safe in a spreadsheet."""

import csv
import io
import re
import shutil
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from digest.errors import SourceError
from digest.spelling import nearest
from subscribers import encodings

COLUMNS = (
    "email",
    "name",
    "categories",
    "frequency",
    "timezone",
    "language",
    "list",
    "status",
    "depth",
    "muted",
    "paused_until",
    "suppressed",
    "left",
    "max_articles",
    "preferred_time",
)
LONGEST_LINE = 65_536  # characters; a person with every choice made has under 2,000
MOST_LINES = 50  # of one row; a line break inside quotes is rare, a forgotten closing quote is not
DELIMITERS = ",;\t|"
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def harmless(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run as a formula (CWE-1236); `plain` takes it away."""
    return "'" + cell if _FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """Return the cell without spaces around it and without the apostrophe of `harmless`."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _QUOTED_FORMULA.match(cell) else cell


class Rejection(NamedTuple):
    """A row that cannot be taken: the physical line where it begins, counted from 1, and why."""

    line: int
    reason: str


class Row(NamedTuple):
    """One person's cells by column; empty ones are left out."""

    line: int
    cells: dict[str, str]


class _Unreadable(Exception):
    """A row that is no CSV."""


class _Lines:
    """The physical lines of a file, as csv.reader takes them; those of a broken row can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self._taken) == MOST_LINES:
            raise _Unreadable("a quotation mark is opened here and not closed")
        line = self._waiting.popleft() if self._waiting else self._read()
        if not line:
            raise StopIteration
        self._taken.append(line)
        self._number += 1
        if _is_cut(line):
            raise _Unreadable(f"the line is longer than {LONGEST_LINE} characters")
        return line

    def _read(self) -> str:
        """Read a line; of one that is too long, keep the beginning and pass over the rest."""
        line = rest = self._file.readline(LONGEST_LINE)
        while _is_cut(rest):
            rest = self._file.readline(LONGEST_LINE)
        return line

    @property
    def first(self) -> int:
        """The number of the line where the present row begins."""
        return self._number - len(self._taken) + 1

    def begin_row(self) -> None:
        """Forget the lines of the row before."""
        self._taken = []

    def give_back(self) -> None:
        """Let the lines after the first of a broken row be read again, as rows of their own."""
        self._waiting.extendleft(reversed(self._taken[1:]))
        self._number -= len(self._taken[1:])
        self._taken = self._taken[:1]

    def peek(self) -> str:
        """Return the first line that is not blank, without taking it; an empty text when there is none."""
        seen: list[str] = []
        for line in self:
            self.begin_row()
            seen.append(line)
            if line.strip():
                break
        self._waiting.extendleft(reversed(seen))
        self._number -= len(seen)
        return seen[-1] if seen else ""


def _is_cut(line: str) -> bool:
    return len(line) == LONGEST_LINE and not line.endswith(("\n", "\r"))


def _cells(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str]] | Rejection]:
    """Yield each row's first line and cells; blank rows are left out, and broken ones do not hide the next."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Unreadable) as error:
            lines.give_back()
            yield Rejection(lines.first, _sentence(error))
            continue
        if any(map(str.strip, cells)):
            yield lines.first, cells


def _sentence(error: Exception) -> str:
    if isinstance(error, _Unreadable):
        return str(error)
    if "limit" in str(error):
        return "a field is too long"
    return "the quotation marks do not pair up; one inside a quoted field is written twice"


def _column(header: str) -> str:
    """Return a column's name as ours are written: `Paused until` is `paused_until`."""
    return re.sub(r"[\s-]+", "_", plain(header).casefold())


def _delimiter(line: str) -> str:
    """Return that of `DELIMITERS` which divides the header into the most names of ours, then into the most names."""

    def names(delimiter: str) -> tuple[int, int]:
        parts = {_column(name.strip('" \r\n')) for name in line.split(delimiter)}
        return len(parts & set(COLUMNS)), len(parts)

    return max(DELIMITERS, key=names)


class Sheet:
    """An open CSV file in any encoding. `columns` are the names in its header as we write ours; `name` is the file's.

    `total_bytes` is its size. Raises SourceError when its bytes are in no encoding, or it has no header.
    """

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self.total_bytes = file.seek(0, io.SEEK_END)
        file.seek(0)
        self.encoding = encodings.detect(name, file)
        self._file = file
        self._text = TextIOWrapper(file, encoding=self.encoding.name, newline="")
        try:
            self._rows = self._begin()
            self.columns = self._header()
        except SourceError:
            self._text.detach()  # or it would close the file, which is its owner's
            raise

    def _begin(self) -> Iterator[tuple[int, list[str]] | Rejection]:
        """Return the rows with the header before them, divided by the delimiter that the header has."""
        lines = _Lines(self._text)
        try:
            return _cells(lines, _delimiter(lines.peek()))
        except _Unreadable as error:
            raise SourceError(f"{self.name}: line 1: {error}") from error

    def _header(self) -> tuple[str, ...]:
        match next(self._rows, None):
            case None:
                raise SourceError(f"{self.name} is empty: its first line must name the columns, such as email,name")
            case Rejection(line, reason):
                raise SourceError(f"{self.name}: line {line}: {reason}")
            case (_, headers):
                columns = tuple(_column(header) for header in headers)
        twice = sorted({column for column in columns if column in COLUMNS and columns.count(column) > 1})
        if twice:
            raise SourceError(f"{self.name} has the column “{twice[0]}” twice: rename or delete one of them")
        return columns

    @property
    def assumed(self) -> list[str]:
        """Say in which encoding the file is read, unless it is UTF-8, and what to do if that is wrong."""
        name, is_guess = self.encoding
        if name in ("utf-8", "utf-8-sig"):
            return []
        if is_guess:
            return [f"{self.name} is read as {name}, a guess: if names look wrong, save it as “CSV UTF-8”"]
        return [f"{self.name} is read as {name}"]

    @property
    def unknown(self) -> list[str]:
        """Say of each column that is not one of ours that it is ignored, with the nearest one that is."""
        strangers = dict.fromkeys(column for column in self.columns if column and column not in COLUMNS)
        return [f"{self.name}: the column “{name[:60]}” is ignored{nearest(name[:60], COLUMNS)}" for name in strangers]

    @property
    def bytes_read(self) -> int:
        """How far into the file reading has come."""
        return self._file.tell()

    def rows(self) -> Iterator[Row | Rejection]:
        """Yield the rows below the header, one at a time, whatever they hold."""
        width = len(self.columns)
        for found in self._rows:
            if isinstance(found, Rejection):
                yield found
                continue
            line, cells = found
            if len(cells) > width and any(map(str.strip, cells[width:])):
                yield Rejection(line, f"{len(cells)} cells where the header has {width}: quote those with commas")
                continue
            named = zip(self.columns, map(plain, cells), strict=False)
            yield Row(line, {column: cell for column, cell in named if cell})


@contextmanager
def opened(path: Path) -> Iterator[Sheet]:
    """Open a CSV file. Raises SourceError when it cannot be read, or has no header."""
    with ExitStack() as stack:
        try:
            sheet = Sheet(path.name, seekable(path, stack))
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
        yield sheet


def seekable(path: Path, stack: ExitStack) -> BinaryIO:
    """Open a file for reading until the stack is closed; what comes through a pipe is copied to a temporary file."""
    file: BinaryIO = stack.enter_context(path.open("rb"))
    if file.seekable():
        return file
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 -- the stack closes it
    shutil.copyfileobj(file, copy)
    copy.seek(0)
    return copy


def write(rows: Iterable[Sequence[str]], file: TextIO) -> None:
    """Write a header of COLUMNS, and rows of as many cells each, made harmless for spreadsheets."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
