"""Host names in addresses, as every mail client understands them."""

from urllib.parse import unquote, urlsplit, urlunsplit

import idna


def with_ascii_host(url: str) -> str:
    """Return an address with its host name in ASCII (RFC 5890); as it is where that cannot be.

    premailer percent-encodes other host names, which not every client takes back.
    """
    parts = urlsplit(url)
    host = unquote(parts.hostname or "")
    if host.isascii():
        return url
    try:
        name = idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return url
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=name + port))


def domain(url: str) -> str:
    """Return the host of an address as people name it: without “www.”."""
    return (urlsplit(url).hostname or url).removeprefix("www.")
