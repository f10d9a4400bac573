"""Lines of a text mail: at most 78 columns wide, as terminals and mail clients count them, whatever the script."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable
from itertools import chain

from uniseg.linebreak import line_break_units

LINE_WIDTH = 78  # RFC 5322 §2.1.1
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0003fffd]"
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese, Khmer


def width(text: str) -> int:
    """Return how many columns a text takes: wide characters two (UAX #11), marks that sit on others none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf")
        else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def _units(word: str) -> Iterable[str]:
    """Return the parts of a word that may stand on different lines, the last with the space after it."""
    return line_break_units(f"{word} ") if _WIDE.search(word) or _UNSPACED.search(word) else (f"{word} ",)


def wrap(text: str, first: str = "", rest: str = "") -> str:
    """Wrap to the width of a text mail; an address is never broken.

    Scripts that put no spaces between words are broken where UAX #14 allows it.
    """
    if not _WIDE.search(text) and not _UNSPACED.search(text):
        wrapped = textwrap.wrap(
            text,
            LINE_WIDTH,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "\n".join(wrapped)
    lines, line = [], first
    for unit in chain.from_iterable(map(_units, filter(None, text.split(" ")))):
        if line.strip() and width(line + unit.rstrip()) > LINE_WIDTH:
            lines.append(line.rstrip())
            line = rest
        line += unit
    return "\n".join([*lines, line.rstrip()])
