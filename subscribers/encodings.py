"""Which characters the bytes of a file are: told by a mark or by UTF-8's own rules, guessed where it is neither."""

import codecs
import re
from typing import BinaryIO, NamedTuple

import chardet
from chardet import EncodingEra

from digest.errors import SourceError

_BLOCK = 1 << 20
_SAMPLE = 1 << 18  # bytes of telling lines that a guess is made from
_MARKS = (  # longest first: UTF-32's little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_RARE = re.compile(r"(?i)cp(?!932|949|125\d)|mac|ibm|hp|ebcdic")  # of DOS, old Macs and mainframes: believed of nobody
_FALLBACK = "windows-1252"  # what spreadsheets of western Europe and America write


class Encoding(NamedTuple):
    """The name by which Python knows an encoding, and whether it is only the likeliest one."""

    name: str
    is_guess: bool = False


def _first_fault(file: BinaryIO, encoding: str) -> int | None:
    """Return the number of the first line that is not in this encoding, or None."""
    file.seek(0)
    decode = codecs.getincrementaldecoder(encoding)().decode
    line = 1
    while True:
        block = file.read(_BLOCK)
        try:
            text = decode(block, final=not block)
        except UnicodeDecodeError as error:
            return line + error.object[: error.start].count(b"\n")
        except UnicodeError:
            return line  # guessed UTF-16 or UTF-32 that does not begin with its mark
        if not block:
            return None
        line += text.count("\n")


def _without_mark(start: bytes) -> str | None:
    """Return UTF-16's name if every second byte is zero, as in names of columns that are written in it."""
    half = len(start) // 2
    even, odd = start[::2].count(0), start[1::2].count(0)
    if half < 2 or max(even, odd) * 2 <= half or min(even, odd):
        return None
    return "utf-16-be" if even else "utf-16-le"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _guess(file: BinaryIO) -> str | None:
    """Return the likeliest encoding of a file that is not UTF-8; None when most of its lines are, so it is damaged.

    Only lines that are more than ASCII tell anything: a guess from all the ASCII around them is a poor one.
    """
    file.seek(0)
    telling: list[bytes] = []
    size = valid = 0
    while size < _SAMPLE and (line := file.readline(_SAMPLE)):
        if not line.isascii():
            telling.append(line)
            size += len(line)
            valid += _is_utf8(line)
    if valid > len(telling) - valid:
        return None
    sample = b"".join(telling)
    likeliest = chardet.detect(sample)["encoding"]
    if likeliest and not _RARE.match(likeliest):
        return likeliest
    return chardet.detect(sample, encoding_era=EncodingEra.MODERN_WEB)["encoding"] or _FALLBACK


def _known(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return _FALLBACK


def detect(name: str, file: BinaryIO) -> Encoding:
    """Return the encoding of a file, read to its end so that no fault turns up later; the file is at its start again.

    Raises SourceError with the line where a file breaks the rules of the encoding that it is evidently in.
    """
    start = file.read(64)
    told = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None) or _without_mark(start)
    fault = _first_fault(file, told or "utf-8")
    if fault is None:
        file.seek(0)
        return Encoding(told or "utf-8")
    guess = None if told else _guess(file)
    if guess is None:
        shown = (told or "utf-8").upper().removesuffix("-SIG")
        raise SourceError(f"{name}: line {fault} is not in {shown}: save the file as “CSV UTF-8” and import that")
    candidates = [_known(guess), _FALLBACK, "latin-1"]
    found = next(encoding for encoding in candidates if _first_fault(file, encoding) is None)
    file.seek(0)
    return Encoding(found, is_guess=True)
