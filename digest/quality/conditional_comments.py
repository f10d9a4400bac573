"""What stands in conditional comments, and how Outlook on Windows reads them."""

import operator
import re

OUTLOOK_VERSION = 16  # of Outlook 2016 and every later one that Word lays out
_SHOWN = re.compile(r"<!--\[if ([^\]]*)\]>\s*<!-->(.*?)<!--\s*<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
_HIDDEN = re.compile(r"<!--\[if ([^\]]*)\]>(.*?)<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
_COMPARED = re.compile(r"(?:(gte?|lte?)\s+)?mso(?:\s+(\d+))?", re.IGNORECASE)
_COMPARISONS = {"": operator.eq, "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def as_outlook_reads(html: str) -> str:
    """Return the HTML that Outlook gets: [if mso] blocks opened, [if !mso] blocks gone."""

    def chosen(match: re.Match[str]) -> str:
        return match[2] if holds(match[1]) else ""

    return _HIDDEN.sub(chosen, _SHOWN.sub(chosen, html))


def holds(condition: str) -> bool:
    """Return whether a condition such as `mso | IE`, `!mso` or `(gte mso 9)&(vml)` is true in Outlook on Windows."""
    bare = re.sub(r"[()\s]+", " ", condition)
    return any(all(_term_holds(term.strip()) for term in either.split("&")) for either in bare.split("|"))


def _term_holds(term: str) -> bool:
    if term.startswith("!"):
        return not _term_holds(term[1:].strip())
    compared = _COMPARED.fullmatch(term)
    if not compared:
        return term.lower() in ("vml", "true")
    holds_for = _COMPARISONS[(compared[1] or "").lower()]
    return bool(holds_for(OUTLOOK_VERSION, int(compared[2] or OUTLOOK_VERSION)))
