"""Documents from the web: limited in time, size and redirects, from public addresses only, and only if they changed."""

import re
import time
import zlib
from http import HTTPStatus
from typing import NamedTuple

import httpcore2
import httpx2

from digest import __version__
from digest.config import Fetching
from digest.feeds import Validators
from digest.ingest.connections import Checked, Network, RefusedError, Transport
from digest.ingest.text import one_line

MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {
    "User-Agent": f"Digest/{__version__} (reads feeds for a newsletter)",
    "Accept": "application/feed+json, application/atom+xml, application/rss+xml, "
    "application/xml;q=0.9, application/json;q=0.9, */*;q=0.5",
    "Accept-Encoding": "gzip",
}
_USER = re.compile(r"^(https?://)[^/?#]*@", re.IGNORECASE)


class Document(NamedTuple):
    """What a server sent."""

    url: str  #: where it was found in the end, without name and password
    data: bytes
    charset: str  #: as the server said, or nothing
    validators: Validators


class Unchanged(NamedTuple):
    """The server says that nothing is new."""


class Failure(NamedTuple):
    """Why there is no document, for people to read."""

    reason: str


def shown(url: str) -> str:
    """Return an address as messages and the database may hold it: without name and password."""
    return _USER.sub(r"\1", url)


def _read(response: httpx2.Response, limits: Fetching) -> bytes:
    """Read the body, unpacked, as far as its size is allowed."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise RefusedError("the server packs its answer in a way that we did not ask for")
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    data = bytearray()
    for chunk in response.iter_raw():
        room = limits.max_bytes - len(data) + 1  # one more than fits: 0 would mean without limit
        data += unpack.decompress(chunk, room) if unpack else chunk[:room]
        if len(data) > limits.max_bytes:
            raise RefusedError(f"longer than {limits.max_bytes:,} bytes (max_bytes in [fetching])")
    if unpack and not unpack.eof:
        raise RefusedError("the server packed its answer wrongly: its end is missing")
    return bytes(data)


def _next(url: httpx2.URL, response: httpx2.Response) -> httpx2.URL:
    """Return where a redirect leads."""
    target = url.join(response.headers["location"]).copy_with(username=None, password=None)
    if target.scheme not in ("http", "https") or not target.host:
        raise RefusedError("the server sends us on to something that is no web address")
    return target


def _status(code: int) -> str:
    """Say a status in the words of its RFC, not the server's."""
    known = code in set(HTTPStatus)
    return f"the server answers {code}{f' {HTTPStatus(code).phrase}' if known else ''}"


def _document(url: httpx2.URL, response: httpx2.Response, limits: Fetching) -> Document:
    data = _read(response, limits)
    validators = Validators(response.headers.get("etag", ""), response.headers.get("last-modified", ""))
    return Document(shown(str(url)), data, response.charset_encoding or "", validators)


def _follow(start: httpx2.URL, known: Validators, limits: Fetching, network: Network) -> Document | Unchanged | Failure:
    """Ask, and go where the server sends us, each step checked anew."""
    deadline = time.monotonic() + limits.timeout_seconds
    headers = _HEADERS | {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    headers = {name: value for name, value in headers.items() if value}
    url = start
    for _ in range(MAX_REDIRECTS + 1):
        backend = Checked(network, deadline, allow_private=limits.allow_private_addresses, settings="[fetching]")
        with (
            httpx2.Client(transport=Transport(backend, network.tls), trust_env=False) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code in _REDIRECTS and "location" in response.headers:
                url = _next(url, response)
                continue
            if response.status_code == HTTPStatus.NOT_MODIFIED and any(known):
                return Unchanged()
            if response.status_code != HTTPStatus.OK:
                return Failure(_status(response.status_code))
            return _document(url, response, limits)
    return Failure(f"the server sends us on more than {MAX_REDIRECTS} times")


def fetch(url: str, known: Validators, limits: Fetching, network: Network) -> Document | Unchanged | Failure:
    """Get a document, or learn that it is the one that `known` names; what goes wrong is a Failure. Nothing raises."""
    try:
        return _follow(httpx2.URL(url), known, limits, network)
    except RefusedError as error:
        return Failure(str(error))
    except (httpx2.InvalidURL, httpcore2.UnsupportedProtocol, UnicodeError):
        return Failure("this is not a complete web address, or the server sends us on to one that is not")
    except (httpx2.TimeoutException, httpcore2.TimeoutException):
        return Failure(f"no complete answer within {limits.timeout_seconds:g} seconds (timeout_seconds in [fetching])")
    except zlib.error:
        return Failure("the server packed its answer wrongly")
    except (httpx2.HTTPError, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        return Failure(f"the server cannot be read from: {one_line(str(error)) or type(error).__name__}")
