"""The long way of the benchmarks: late, in order, complete."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from bench import delay

ONE_WAY_SECONDS = 0.05


def _echo(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        while data := connection.recv(2**16):
            connection.sendall(data)


@contextmanager
def _connected() -> Iterator[tuple[socket.socket, Thread]]:
    """Connect over a long way to a server that returns what it hears; its thread ends with the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Thread(target=_echo, args=(listener,))
        server.start()
        with (
            delay.before(listener.getsockname()[1], one_way_seconds=ONE_WAY_SECONDS) as port,
            socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        ):
            yield connection, server
        server.join()


def test_what_is_sent_comes_back_whole_and_in_order_a_round_trip_later() -> None:
    sent = b"".join(b"%06d" % number for number in range(50_000))
    with _connected() as (connection, _):
        start = time.monotonic()
        connection.sendall(sent)
        first = connection.recv(1)
        took = time.monotonic() - start
        with connection.makefile("rb") as file:
            rest = file.read(len(sent) - 1)
    assert took >= 2 * ONE_WAY_SECONDS
    assert first + rest == sent


def test_the_end_travels_as_the_bytes_do() -> None:
    with _connected() as (connection, server):
        connection.sendall(b"last words")
        assert connection.recv(100) == b"last words"
        connection.close()
        start = time.monotonic()
        server.join(timeout=5)
        took = time.monotonic() - start
        assert not server.is_alive()
    assert took >= ONE_WAY_SECONDS * 0.9
