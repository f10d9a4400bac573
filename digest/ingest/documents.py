"""JSON values out of files and streams, each with the physical line it starts on; broken places are rejections."""

import json
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain
from typing import BinaryIO, NamedTuple

_BOM = b"\xef\xbb\xbf"
_BLANK = _BOM + b" \t\r\n"
_JSON_SPACE = re.compile(r"[ \t\r\n]*")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # where `surrogateescape` put a byte that is not UTF-8
_WRONG_ENCODING = "not UTF-8: save it in that encoding"
_LONGEST_INTEGER = 20  # digits of 2**64; longer ones are no counts, and Python refuses more than 4,300


class Value(NamedTuple):
    """One JSON value, and where it starts."""

    source: str
    line: int
    value: object
    dated: bool = True  #: False: an item of a feed that has no date of its own


class Rejection(NamedTuple):
    """Something that was not accepted: where, counting physical lines from 1, and why."""

    source: str
    line: int
    reason: str


class _BrokenError(Exception):
    """The text is not JSON from here on."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


_DECODER = json.JSONDecoder(parse_int=_number)


def _decode(text: str, at: int) -> tuple[object, int]:
    """Return the JSON value that starts there, and where it ends."""
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _BrokenError(error.pos, f"not valid JSON: {error.msg} (column {error.colno})") from error
    except RecursionError as error:
        raise _BrokenError(at, "not readable: lists and objects are nested too deep") from error


def _after_space(text: str, at: int) -> int:
    match = _JSON_SPACE.match(text, at)
    return match.end() if match else at


def _elements(text: str, at: int) -> Iterator[tuple[int, int, object]]:
    """Return start, end and value of each element of the array that opens there, as far as they can be read."""
    at = _after_space(text, at + 1)
    while not text.startswith("]", at):
        value, end = _decode(text, at)
        yield at, end, value
        end = _after_space(text, end)
        if not text.startswith((",", "]"), end):
            raise _BrokenError(min(end, len(text) - 1), "not valid JSON: “,” or “]” is missing after this record")
        at = _after_space(text, end + 1) if text[end] == "," else end
        if text[end] == "," and text.startswith("]", at):
            raise _BrokenError(end, "not valid JSON: a “,” after the last record")
    if _after_space(text, at + 1) < len(text):
        raise _BrokenError(_after_space(text, at + 1), "not valid JSON: there is more after the closing “]”")


def _sequence(text: str, at: int) -> Iterator[tuple[int, int, object]]:
    """Return start, end and value of what stands there: one record, or JSON lines under another name."""
    while at < len(text):
        value, end = _decode(text, at)
        yield at, end, value
        at = _after_space(text, end)


def document(source: str, data: bytes) -> Iterator[Value | Rejection]:
    """Read a JSON document, one record or an array of them. What comes before a broken place is kept."""
    text = data.removeprefix(_BOM).decode("utf-8", "surrogateescape")
    start = _after_space(text, 0)
    if start == len(text):
        yield Rejection(source, 1, "empty: there is no record in it")
        return
    line, counted = 1, 0
    values = _elements if text[start] == "[" else _sequence
    try:
        for at, end, value in values(text, start):
            line, counted = line + text.count("\n", counted, at), at
            legible = _NOT_UTF8.search(text, at, end) is None
            yield Value(source, line, value) if legible else Rejection(source, line, _WRONG_ENCODING)
    except _BrokenError as error:
        reason = _WRONG_ENCODING if _NOT_UTF8.search(text, counted, error.at + 1) else error.reason
        yield Rejection(source, line + text.count("\n", counted, error.at), f"{reason}; nothing after it was read")


def _line(source: str, number: int, raw: bytes) -> Value | Rejection:
    """Read one line of JSON lines."""
    try:
        text = raw.decode("utf-8")
        value, end = _decode(text, _after_space(text, 0))
    except UnicodeDecodeError as error:
        return Rejection(source, number, f"not UTF-8: byte {error.start + 1} of the line")
    except _BrokenError as error:
        return Rejection(source, number, error.reason)
    if _after_space(text, end) < len(text):
        return Rejection(source, number, f"not valid JSON: there is more after the record (column {end + 1})")
    return Value(source, number, value)


def lines(source: str, stream: Iterable[bytes]) -> Iterator[Value | Rejection]:
    """Read JSON lines: a record a line, blank lines allowed; a broken line spoils no other."""
    for number, line in enumerate(stream, start=1):
        raw = line.removeprefix(_BOM) if number == 1 else line
        if raw.strip(_BLANK):
            yield _line(source, number, raw)


def _is_record(raw: bytes) -> bool:
    """Tell whether a line is a complete JSON value other than an array."""
    found = _line("", 1, raw.removeprefix(_BOM))
    return isinstance(found, Value) and not isinstance(found.value, list)


def _is_document(data: bytes) -> bool:
    """Tell whether data that begins with no complete line is a document that spans several."""
    text = data.removeprefix(_BOM).decode("utf-8", "surrogateescape")
    start = _after_space(text, 0)
    try:
        return text.startswith("[", start) or bool(_decode(text, start))
    except _BrokenError:
        return False


def stream(source: str, binary: BinaryIO) -> Iterator[Value | Rejection]:
    """Read JSON lines as they come, or a whole document when the first line is not complete by itself."""
    head: list[bytes] = []
    for raw in binary:
        head.append(raw)
        if raw.strip(_BLANK):
            break
    if not head or not head[-1].strip(_BLANK) or _is_record(head[-1]):
        return lines(source, chain(head, binary))
    data = b"".join(head) + binary.read()
    return document(source, data) if _is_document(data) else lines(source, BytesIO(data))
