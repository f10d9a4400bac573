"""Quoted-printable (RFC 2045 §6.7) in pieces that may be joined in any order.

Every encoded piece ends in a soft line break, which adds nothing to the decoded content. No line is longer than 76
characters, and none begins with a full stop, an F or a hyphen: so a message needs no dot-stuffing (RFC 5321 §4.5.2),
no ">From " and holds no boundary by accident.
"""

import re

_SOFT_BREAK = "=\r\n"
_LINE_START = frozenset(".F-")
_LITERAL = [chr(byte) if 32 <= byte <= 126 and byte != 61 else f"={byte:02X}" for byte in range(256)]
_LITERAL[9] = "\t"
_ESCAPES = {chr(byte): text for byte, text in enumerate(_LITERAL) if len(text) > 1}
_ROW = re.compile(r".{1,75}(?<!=)(?<!=.)", re.DOTALL)  # never ends inside an escape
_SHORT_ROW = re.compile(r".{0,72}(?<!=)(?<!=.)", re.DOTALL)  # after an escaped first character
_PLAIN_VALUE = re.compile(rb"(?![.F-])[\x20-\x3c\x3e-\x7e]{1,75}")
_TO_ESCAPE = re.compile("[^\t\x20-\x3c\x3e-\x7e]")


def _rows(line: str) -> list[str]:
    """Cut an escaped line into rows of at most 75 characters, none beginning with a character of `_LINE_START`."""
    rows, position = [], 0
    while position < len(line):
        first = line[position]
        if first in _LINE_START:
            match = _SHORT_ROW.match(line, position + 1)
            rows.append(f"={ord(first):02X}{match[0] if match else ''}")
            position = match.end() if match else position + 1
        else:
            match = _ROW.match(line, position)
            assert match  # noqa: S101 - an escape is three characters long, so a row always fits
            rows.append(match[0])
            position = match.end()
    return rows


def _escape(data: bytes) -> str:
    return _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], data.decode("latin-1"))


def _guard_trailing_space(row: str) -> str:
    """Escape white space before a hard line break, which RFC 2045 lets any relay remove."""
    if row[-1:] not in (" ", "\t"):
        return row
    escaped = f"{row[:-1]}={ord(row[-1]):02X}"
    return escaped if len(escaped) <= 76 else f"{row[:-1]}{_SOFT_BREAK}={ord(row[-1]):02X}"


def encode_piece(data: bytes) -> bytes:
    """Encode a piece; an LF becomes a hard line break (CRLF). Empty data gives no bytes at all."""
    if not data:
        return b""
    *lines, last = data.split(b"\n")
    encoded = []
    for line in lines:
        rows = _rows(_escape(line)) or [""]
        encoded.append(_SOFT_BREAK.join([*rows[:-1], _guard_trailing_space(rows[-1])]) + "\r\n")
    encoded.extend(row + _SOFT_BREAK for row in _rows(_escape(last)))
    return "".join(encoded).encode("ascii")


def undotted(data: bytes) -> bytes:
    """Return what is to be part of a message as it is. Raises ValueError when a line of it begins with a full stop.

    Such a line would need another one (RFC 5321 §4.5.2); a lone one would end the message, and the rest be taken for
    commands.
    """
    if data.startswith(b".") or b"\n." in data:
        raise ValueError("a line of a message begins with a full stop")
    return data


def encode_value(data: bytes) -> bytes:
    """Encode a reader's value: short and without line breaks; the common case skips the encoder."""
    return data + b"=\r\n" if _PLAIN_VALUE.fullmatch(data) else encode_piece(data)
