"""Text that comes from outside, made fit for mail: no control characters, one line, white space in order."""

import re

from digest.languages import primary

SPACES = " \t\n\v\f\r\x1c-\x1f\x85\u2028\u2029"  # for a character class; no-break and thin spaces are typography
CJK = (  # for a character class: what is written without spaces between words, and its punctuation
    "\u2e80-\u303f\u3040-\u312f\u31a0-\u31bf\u31f0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f"
    "\U00020000-\U0003ffff"
)
UNSPACED = ("zh", "ja", "yue", "wuu")  # languages whose sentences no space parts
_SPACES = re.compile(f"[{SPACES}]+")
_ILLEGAL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff"  # MJML, UTF-8 or mail clients refuse these
    "\u202a-\u202e\u2066-\u2069]"  # these turn around the text that comes after them
)


def legal(text: str) -> str:
    """Drop C0, C1, surrogates, U+FFFE, U+FFFF and the controls that override or embed a direction.

    The marks LRM and RLM and the joiners stay: languages are written with them.
    """
    return _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """Return the text with every run of white space and line breaks as one space, and without control characters."""
    return _SPACES.sub(" ", legal(text)).strip(" ")


def is_unspaced(language: str) -> bool:
    """Tell whether a language, by its BCP 47 tag, puts no spaces between words."""
    return primary(language) in UNSPACED


def count_words(text: str, *, unspaced: bool) -> int:
    """Count words: one space parts two, and where no space does, two letters are a word, roughly."""
    return len(text) // 2 if unspaced else text.count(" ") + 1
