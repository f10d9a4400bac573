"""Web addresses in records and summaries: which are fit for a link, and where one ends in running text."""

import re
from urllib.parse import urlsplit

MAX_URL = 4_000  # characters; browsers and servers give up between 2,000 and 8,000
RUNNING = r"https?://[^\s<>\"\[\]]+"  # a pattern: an address in running text, perhaps with what closes its sentence
_CLOSING = ".,;:!?'’”»)、。，；：！？）"
UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\ufffe\uffff]")  # a link must not hold these


def is_link(value: str) -> bool:
    """Tell whether a value is an http or https address with a host, short enough and fit for a link."""
    if len(value) > MAX_URL or UNFIT.search(value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def trimmed(found: str) -> str:
    """Return what RUNNING found without the full stop and the brackets that belong to the text around it."""
    address = found.rstrip(_CLOSING)
    opened = address.count("(") - address.count(")")
    closed = len(found[len(address) :]) - len(found[len(address) :].lstrip(")"))
    return (address + ")" * min(max(opened, 0), closed)).replace("&amp;", "&")
