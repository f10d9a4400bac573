"""Lists of `name=value;` as DKIM and DMARC write them (RFC 6376 §3.2)."""

import re

_WHITE_SPACE = re.compile(r"\s+")


def read(text: str) -> dict[str, str]:
    """Return the values by name, without any white space; what is no `name=value` is left out."""
    pairs = (part.partition("=") for part in _WHITE_SPACE.sub("", text).split(";"))
    return {name: value for name, equals, value in pairs if name and equals}
