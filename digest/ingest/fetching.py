"""Documents from the web: limited in time, size and redirects, from public addresses only, and only if they changed."""

import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

import httpcore2
import httpx2

from digest import __version__
from digest.config import Fetching
from digest.feeds import Validators
from digest.ingest.network_addresses import Address, is_public
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


class _RefusedError(Exception):
    """We stop by our own decision, for the reason that it says."""


def shown(url: str) -> str:
    """Return an address as messages and the database may hold it: without name and password."""
    return _USER.sub(r"\1", url)


def _lookup(host: str, port: int) -> list[Address]:
    """Return every address of a host name, or of an address in whatever notation; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found))


@dataclass(frozen=True)
class Network:
    """How names become addresses, whose certificates count, and which addresses are no inner ones."""

    lookup: Callable[[str, int], list[Address]]
    tls: ssl.SSLContext
    is_public: Callable[[Address], bool] = is_public


def network() -> Network:
    """Return this system's network."""
    return Network(_lookup, ssl.create_default_context())


class _Stream(httpcore2.NetworkStream):
    """A connection that ends at the deadline, however slowly the other side trickles."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come, within the time that is left."""
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, within the time that is left."""
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Encrypt; the certificate has to be of the name in the address, not of the number we connected to."""
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._left()), self._deadline)

    def get_extra_info(self, info: str) -> object:
        """Return what httpcore asks for, such as the socket."""
        return self._stream.get_extra_info(info)


class _Checked(httpcore2.NetworkBackend):
    """Connects to the very address that was checked: a name that changes its meaning meanwhile gains nothing."""

    def __init__(self, network: Network, allowed: Callable[[Address], bool], deadline: float) -> None:
        self._network = network
        self._allowed = allowed
        self._deadline = deadline

    def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            addresses = self._network.lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise _RefusedError(f"there is no server called {one_line(host)}") from error
        if not addresses or not all(map(self._allowed, addresses)):
            raise _RefusedError(
                f"{one_line(host)} is not on the public Internet; to read it all the same, "
                "set allow_private_addresses = true in [fetching]"
            )
        return addresses

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first of the host's addresses that answers; refuse when one of them is not allowed."""
        addresses = self._addresses(host, port)
        for number, address in enumerate(addresses, start=1):
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise httpcore2.ConnectTimeout
            try:
                share = left / (len(addresses) - number + 1)
                stream = httpcore2.SyncBackend().connect_tcp(str(address), port, share, None, socket_options or ())
                return _Stream(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise AssertionError("a host has one address or more")


class _Body(httpx2.SyncByteStream):
    """A response's body as it comes."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream


class _Transport(httpx2.BaseTransport):
    """httpx's own transport, but over connections that were checked; no proxy of the environment comes between."""

    def __init__(self, backend: httpcore2.NetworkBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(ssl_context=tls, network_backend=backend, max_keepalive_connections=0)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        url = request.url
        response = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=b"",
                extensions=request.extensions,
            )
        )
        stream = response.stream
        assert isinstance(stream, Iterable)  # noqa: S101 - the synchronous pool's
        return httpx2.Response(response.status, headers=response.headers, stream=_Body(stream))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _any_address(_address: Address) -> bool:
    return True


def _read(response: httpx2.Response, limits: Fetching) -> bytes:
    """Read the body, unpacked, as far as its size is allowed."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise _RefusedError("the server packs its answer in a way that we did not ask for")
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    data = bytearray()
    for chunk in response.iter_raw():
        room = limits.max_bytes - len(data) + 1  # one more than fits: 0 would mean without limit
        data += unpack.decompress(chunk, room) if unpack else chunk[:room]
        if len(data) > limits.max_bytes:
            raise _RefusedError(f"longer than {limits.max_bytes:,} bytes (max_bytes in [fetching])")
    if unpack and not unpack.eof:
        raise _RefusedError("the server packed its answer wrongly: its end is missing")
    return bytes(data)


def _next(url: httpx2.URL, response: httpx2.Response) -> httpx2.URL:
    """Return where a redirect leads."""
    target = url.join(response.headers["location"]).copy_with(username=None, password=None)
    if target.scheme not in ("http", "https") or not target.host:
        raise _RefusedError("the server sends us on to something that is no web address")
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
    allowed = _any_address if limits.allow_private_addresses else network.is_public
    url = start
    for _ in range(MAX_REDIRECTS + 1):
        backend = _Checked(network, allowed, deadline)
        with (
            httpx2.Client(transport=_Transport(backend, network.tls), trust_env=False) as client,
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
    except _RefusedError as error:
        return Failure(str(error))
    except (httpx2.InvalidURL, httpcore2.UnsupportedProtocol, UnicodeError):
        return Failure("this is not a complete web address, or the server sends us on to one that is not")
    except (httpx2.TimeoutException, httpcore2.TimeoutException):
        return Failure(f"no complete answer within {limits.timeout_seconds:g} seconds (timeout_seconds in [fetching])")
    except zlib.error:
        return Failure("the server packed its answer wrongly")
    except (httpx2.HTTPError, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        return Failure(f"the server cannot be read from: {one_line(str(error)) or type(error).__name__}")
