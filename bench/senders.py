"""`digest send` in processes that may be killed: each started afresh, or forked where everything is imported already.

Starting Python and importing Digest takes a second of one core, most of a kill's time. So most senders are forked from
a nursery, a process that has imported what `digest send` imports and has no thread, connection or file open. From there
on it is the same code: the command line is read, the settings and the database are opened.
"""

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

KILLED = -signal.SIGKILL
NEEDED = (  # by `digest send`: its commands, and the drivers that SQLAlchemy imports when a database is opened
    "digest.cli.main",
    "digest.cli.delivery",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg",
)


class Sender(Protocol):
    """A running `digest send`, in a process group of its own."""

    pid: int

    def ended(self, seconds: float) -> int | None:
        """Wait so long; return the exit code, -9 after a SIGKILL, or None while it runs."""


def signal_group(sender: Sender, number: signal.Signals) -> None:
    """Send a signal to everything that a sender started, itself included; a group that has ended hears nothing."""
    with suppress(ProcessLookupError):
        os.killpg(sender.pid, number)


class Fresh:
    """A sender that was started as a user starts it."""

    def __init__(self, words: Sequence[str], output: Path) -> None:
        with output.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "digest", *words], stdout=file, stderr=file, start_new_session=True
            )
        self.pid = self._process.pid

    def ended(self, seconds: float) -> int | None:
        """Wait so long; return the exit code, or None while it runs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


class Nursery:
    """A process that forks senders, one after the other."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "bench.senders"]
        folder = Path(__file__).resolve().parent.parent
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=folder)

    def fork(self, words: Sequence[str], output: Path) -> "Forked":
        """Start a sender; the one before must have ended."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([str(output), *words]).encode() + b"\n")
        return Forked(int(self._process.stdout.readline()), self._process.stdout)

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Forked:
    """A sender that a nursery forked."""

    def __init__(self, pid: int, told: IO[bytes]) -> None:
        self.pid, self._told = pid, told
        self._code: int | None = None

    def ended(self, seconds: float) -> int | None:
        """Wait so long; return the exit code, or None while it runs."""
        if self._code is None and select.select([self._told], [], [], seconds)[0]:
            self._code = int(self._told.readline())
        return self._code


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Open a nursery and close it at the end."""
    opened = Nursery()
    try:
        yield opened
    finally:
        opened.close()


def _be_sender(output: str, *words: str) -> None:
    """Become `digest send` in the process that was just forked."""
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    file = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = ["digest", *words]
    importlib.import_module("digest.__main__").main()


def _fork_on_request() -> None:
    """Fork a sender for each line on stdin, and answer with its number, and with its exit code when it has ended."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _be_sender(*json.loads(line))
        os.setpgid(pid, pid)  # here, too: it may be killed before it has come to do so itself
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    for name in NEEDED:
        importlib.import_module(name)
    _fork_on_request()
