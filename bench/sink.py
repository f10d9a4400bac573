"""postfix's `smtp-sink`: a C program that takes every message, counts it and keeps nothing. The yardstick is its count.

Every client is measured by the same eye, at the sink: from its first open connection to the moment at which the sink
has counted all messages. So nobody's start-up counts, every log-in does, and nobody reports about himself.

The sink has a processor core of its own, and clients have the others: the sink stands for another machine. Left alone,
Linux moves two processes that wake each other onto one core, and the rate of one and the same client varies by half.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO

SEARCHED = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))  # where Debian puts it
MISSING = "postfix is not installed (on Debian: apt-get install postfix)"
LOOK_SECONDS = 0.005  # between two looks at the count: a look for each message would take a core from the client
PATIENCE_SECONDS = 5
CONNECTIONS, BACKLOG = 256, 256
CORE, *_others = sorted(os.sched_getaffinity(0), reverse=True)
CLIENTS_CORES = _others or [CORE]
_COUNT = re.compile(rb"mesg=(\d+)\r")
_ESTABLISHED = "01"  # proc(5), /proc/net/tcp


def program(name: str) -> str | None:
    """Return the path of one of postfix's programs, or None when it is not here."""
    return shutil.which(name, path=SEARCHED)


class Sink:
    """A running sink: its port on loopback, how many messages it has taken, and how long that took."""

    def __init__(self, port: int, counts: IO[bytes]) -> None:
        self.port = port
        self.messages = 0  #: taken so far
        self._counts = counts
        self._opened_at = self._counted_at = 0.0
        self._ended = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def seconds(self, messages: int) -> float:
        """Return how long so many messages took, from the first connection to the last count.

        Raises RuntimeError when the sink did not get just that many, or all of them between two looks.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.messages < messages and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        if self.messages != messages:
            raise RuntimeError(f"the sink took {self.messages:,} messages, not {messages:,}")
        if not self._opened_at or self._counted_at - self._opened_at < LOOK_SECONDS:
            raise RuntimeError(f"{messages:,} messages are too few to be timed")
        return self._counted_at - self._opened_at

    def close(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        rest = b""
        while not self._ended.wait(LOOK_SECONDS):
            now = time.perf_counter()
            if not self._opened_at and _is_connected(self.port):
                self._opened_at = now
            with suppress(BlockingIOError):
                rest += os.read(self._counts.fileno(), 2**20)
            found = _COUNT.findall(rest)
            rest = rest[rest.rfind(b"\r") + 1 :]
            if found and int(found[-1]) != self.messages:
                self.messages, self._counted_at = int(found[-1]), now


def _is_connected(port: int) -> bool:
    """Tell whether somebody is connected to a port of this machine."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(local.endswith(f":{port:04X}") and state == _ESTABLISHED for _, local, _, state, *_ in lines)


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when something answers at the port; raises RuntimeError when the process ends, or never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS):
            return
        time.sleep(LOOK_SECONDS)
    raise RuntimeError(f"{process.args!r} does not listen on port {port}")


@contextmanager
def running() -> Iterator[Sink]:
    """Start a sink on loopback, with PIPELINING as it comes; end it afterwards. Raises RuntimeError without postfix."""
    path = program("smtp-sink")
    if path is None:
        raise RuntimeError(MISSING)
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []  # it will not take mail as root
    command = [path, *user, "-c", "-h", "localhost", "-m", str(CONNECTIONS), f"127.0.0.1:{port}", str(BACKLOG)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout
        os.sched_setaffinity(process.pid, {CORE})
        os.set_blocking(process.stdout.fileno(), False)
        try:
            wait_until_listening(process, port)
            sink = Sink(port, process.stdout)
            try:
                yield sink
            finally:
                sink.close()
        finally:
            process.kill()
