"""Text that comes from outside, made fit for mail: no control characters, one line, white space in order."""

import re

SPACES = " \t\n\v\f\r\x1c-\x1f\x85\u2028\u2029"  # for a character class; no-break and thin spaces are typography
_SPACES = re.compile(f"[{SPACES}]+")
_ILLEGAL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def legal(text: str) -> str:
    """Drop what MJML refuses, UTF-8 cannot hold or clients mishandle: C0, C1, surrogates, U+FFFE and U+FFFF."""
    return _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """Return the text with every run of white space and line breaks as one space, and without control characters."""
    return _SPACES.sub(" ", legal(text)).strip(" ")
