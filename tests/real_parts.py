"""The real servers and programs that slow tests use: found, or named as missing."""

import os
import socket
import time
from pathlib import Path
from typing import NoReturn

import pytest


def missing(what: str, how: str) -> NoReturn:
    """Fail in CI, where nothing may be skipped; elsewhere skip in plain sight, saying how to get the part."""
    message = f"{what} is missing: {how}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def find(pattern: str) -> Path | None:
    """Return the newest path that matches a pattern below the root, or None."""
    return max(Path("/").glob(pattern.lstrip("/")), default=None)


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_it_answers(port: int) -> None:
    """Wait for the greeting of an SMTP server on this machine. Raises TimeoutError."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                if connection.recv(3) == b"220":
                    connection.sendall(b"QUIT\r\n")
                    while connection.recv(1000):  # until the server has let go: some count connections
                        pass
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"no SMTP server answers on port {port}")
