"""Connections to addresses that were checked: no name in a feed or a setting leads into somebody's own network."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import httpcore2
import httpx2

from digest.ingest.network_addresses import Address, is_public
from digest.ingest.text import one_line


class RefusedError(Exception):
    """We stop by our own decision, for the reason that it says."""


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


class Checked(httpcore2.NetworkBackend):
    """Connects to the very address that was checked: a name that changes its meaning meanwhile gains nothing."""

    def __init__(self, network: Network, deadline: float, *, allow_private: bool, settings: str) -> None:
        self._network = network
        self._allowed = _any_address if allow_private else network.is_public
        self._deadline = deadline
        self._settings = settings

    def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            addresses = self._network.lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise RefusedError(f"there is no server called {one_line(host)}") from error
        if not addresses or not all(map(self._allowed, addresses)):
            raise RefusedError(
                f"{one_line(host)} is not on the public Internet; to connect to it all the same, "
                f"set allow_private_addresses = true in {self._settings}"
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


class Transport(httpx2.BaseTransport):
    """httpx's own transport, but over connections that were checked; no proxy of the environment comes between."""

    def __init__(self, backend: httpcore2.NetworkBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(ssl_context=tls, network_backend=backend, max_keepalive_connections=0)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, whose body is in memory."""
        url = request.url
        response = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.read(),
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
