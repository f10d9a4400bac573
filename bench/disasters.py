"""What befalls a sender besides SIGKILL: it sleeps past its lease, has no room, or loses the database or the server.

Each disaster strikes a `digest send` in mid-stream, and is mended; then the rest is delivered. Ledger and log must keep
the laws of the kill test all the same.
"""

import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import update

from bench import kill, laws, rows, senders
from bench.laws import Standing
from bench.readership import Readership
from bench.rounds import FINE, deliver_the_rest, end_of
from bench.senders import Nursery, Sender, signal_group
from digest import db, tables
from digest.errors import DatabaseAwayError
from digest.model import Issue
from tests import postgres
from tests.real_parts import missing

MESSAGES = 60  # accepted before a disaster
PATIENCE_SECONDS = 60  # with a sender that does not come so far
DATABASE_AWAY_SECONDS = 10
SERVER_AWAY_SECONDS = 2
DISK_BYTES = 32 * 2**20
OUT_OF_ROOM = (1,)  # exit codes of a sender that cannot write its ledger

Nurseries = tuple[Nursery, Nursery]
Moment = Callable[[Readership], bool]


class Disaster(NamedTuple):
    """A disaster: where it happens, what does, and how the sender that it struck may end."""

    name: str
    place: Callable[[], AbstractContextManager[str]]  #: opens an empty database and gives its URL
    strike: Callable[[Readership, Nurseries], int]  #: plays it to its end, and returns the struck sender's exit code
    codes: tuple[int, ...] = FINE


class Aftermath(NamedTuple):
    """How everything stands after a disaster."""

    standing: Standing
    faults: list[str]  #: every law that was broken, in words


@contextmanager
def in_a_folder() -> Iterator[str]:
    """Yield the URL of an SQLite database that is not there yet."""
    with TemporaryDirectory(prefix="digest-disaster-") as folder:
        yield f"sqlite:///{folder}/digest.db"


@contextmanager
def on_a_small_disk() -> Iterator[str]:
    """Yield the URL of an SQLite database that is not there yet, on a disk in memory that has room for little else."""
    with TemporaryDirectory(prefix="digest-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            missing("a small disk", "run this as root, who may mount one, or under `unshare -Urm`")
        try:
            yield f"sqlite:///{folder}/digest.db"
        finally:
            subprocess.run(["umount", folder], check=True)


def stopped(moment: Moment) -> Callable[[Readership, Nurseries], int]:
    """Stop a sender at such a moment until its lease is over, let another do its work, and wake it up."""

    def strike(readership: Readership, nurseries: Nurseries) -> int:
        issue, sleeper = _in_mid_stream(readership, nurseries[0])
        _stop_at(moment, readership, sleeper)
        try:
            _end_leases(readership)
            end_of(readership.start(issue, nurseries[1]))
        finally:
            signal_group(sleeper, signal.SIGCONT)
        code = end_of(sleeper)
        deliver_the_rest(readership, issue, nurseries[1])
        return code

    return strike


def full_disk(readership: Readership, nurseries: Nurseries) -> int:
    """Fill the disk that holds the database until the sender has ended; then make room."""
    issue, sender = _in_mid_stream(readership, nurseries[0])
    ballast = _file(readership).with_name("ballast")
    try:
        _fill(ballast)
        code = end_of(sender)
    finally:
        ballast.unlink()
    deliver_the_rest(readership, issue, nurseries[0])
    return code


def limited_file(readership: Readership, nurseries: Nurseries) -> int:
    """Let no file of the sender's grow any more, as a quota does."""
    issue, sender = _in_mid_stream(readership, nurseries[0])
    most = _file(readership).with_name("digest.db-wal").stat().st_size
    resource.prlimit(sender.pid, resource.RLIMIT_FSIZE, (most, most))
    code = end_of(sender)
    deliver_the_rest(readership, issue, nurseries[0])
    return code


def without(taking: Callable[[Readership], AbstractContextManager[None]], seconds: float) -> Callable[..., int]:
    """Take something away from a sender for so long."""

    def strike(readership: Readership, nurseries: Nurseries) -> int:
        issue, sender = _in_mid_stream(readership, nurseries[0])
        with taking(readership):
            time.sleep(seconds)
        code = end_of(sender)
        deliver_the_rest(readership, issue, nurseries[0])
        return code

    return strike


@contextmanager
def locked(readership: Readership) -> Iterator[None]:
    """Hold the one lock that writers of an SQLite database need."""
    connection = sqlite3.connect(_file(readership), isolation_level=None, timeout=PATIENCE_SECONDS)
    connection.execute("begin exclusive")
    try:
        yield
    finally:
        connection.close()


def database_down(readership: Readership) -> AbstractContextManager[None]:
    """Let the database's server crash, and start it again at the end."""
    return postgres.down(readership.settings.database_url)


def database_frozen(readership: Readership) -> AbstractContextManager[None]:
    """Let the database's server do nothing until the end, as one does that swaps; no connection is lost."""
    return postgres.frozen(readership.settings.database_url)


@contextmanager
def server_down(readership: Readership) -> Iterator[None]:
    """End the mail server as a power cut would, and start it again at the end."""
    readership.sink.kill()
    try:
        yield
    finally:
        readership.sink.start()


def in_transaction(readership: Readership) -> bool:
    """Tell whether somebody holds rows of the ledger, or all of SQLite."""
    if readership.engine.dialect.name == "sqlite":
        return _is_sqlite_locked(_file(readership))
    try:
        with db.transaction(readership.engine) as connection:
            connection.exec_driver_sql("select from deliveries for update nowait")
    except DatabaseAwayError:
        return True
    return False


def between_transactions(readership: Readership) -> bool:
    """Tell whether nobody does."""
    return not in_transaction(readership)


ALL = (
    Disaster("SQLite: stopped past its lease", in_a_folder, stopped(between_transactions)),
    Disaster("SQLite: disk full", on_a_small_disk, full_disk, OUT_OF_ROOM),
    Disaster("SQLite: file limited", in_a_folder, limited_file, OUT_OF_ROOM),
    Disaster("SQLite: locked", in_a_folder, without(locked, DATABASE_AWAY_SECONDS)),
    Disaster(
        "SQLite: locked for longer than it waits",
        in_a_folder,
        without(locked, db.BUSY_TIMEOUT_SECONDS + DATABASE_AWAY_SECONDS),
    ),
    Disaster("SQLite: mail server restarted", in_a_folder, without(server_down, SERVER_AWAY_SECONDS)),
    Disaster("PostgreSQL: stopped past its lease", postgres.private_server, stopped(between_transactions)),
    Disaster("PostgreSQL: stopped in a transaction", postgres.private_server, stopped(in_transaction)),
    Disaster("PostgreSQL: restarted", postgres.private_server, without(database_down, DATABASE_AWAY_SECONDS)),
    Disaster("PostgreSQL: frozen", postgres.private_server, without(database_frozen, DATABASE_AWAY_SECONDS)),
    Disaster("PostgreSQL: mail server restarted", postgres.private_server, without(server_down, SERVER_AWAY_SECONDS)),
)


def play(disaster: Disaster, nurseries: Nurseries, *, readers: int, connections: int, seed: int) -> Aftermath:
    """Let a disaster happen to a sender of a new installation, and hold what is left against the laws."""
    with (
        disaster.place() as url,
        kill.installed(url, readers=readers, connections=connections, seed=seed) as here,
    ):
        code, standing = disaster.strike(here, nurseries), here.standing()
        faults = laws.broken(standing, doubtful=connections)
        if code not in disaster.codes:
            faults.append(f"the sender ended with exit code {code}: {here.output.read_text()[-2000:]}")
    return Aftermath(standing, faults)


def _file(readership: Readership) -> Path:
    """Return where an SQLite database lies."""
    return Path(readership.engine.url.database or "")


def _in_mid_stream(readership: Readership, nursery: Nursery) -> tuple[Issue, Sender]:
    """Plan an issue and start its sender; return when MESSAGES were accepted."""
    issue, before = readership.plan(), readership.sink.count()
    readership.engine.dispose()  # else what planning wrote stays in SQLite's log, which then has room without the disk
    sender = readership.start(issue, nursery)
    until = time.monotonic() + PATIENCE_SECONDS
    while readership.sink.count() < before + MESSAGES:
        if sender.ended(0.001) is not None or time.monotonic() > until:
            raise AssertionError(f"no {MESSAGES} messages of {issue.name}: {readership.output.read_text()[-500:]}")
    return issue, sender


def _stop_at(moment: Moment, readership: Readership, sender: Sender) -> None:
    """Stop a sender at a moment that its database tells of."""
    while sender.ended(0.003) is None:
        signal_group(sender, signal.SIGSTOP)
        time.sleep(0.01)  # for what is on its way to the database's server
        if moment(readership):
            return
        signal_group(sender, signal.SIGCONT)
    raise AssertionError("the sender ended before the moment came")


def _end_leases(readership: Readership) -> None:
    """Put the end of every lease into the past: what waiting for it would do, in less time.

    Waits for whoever holds rows of the ledger, as the five minutes of a lease would.
    """
    table = tables.deliveries
    past = datetime.now(UTC) - timedelta(seconds=1)
    with db.transaction(readership.engine) as connection:
        connection.execute(update(table).where(table.c.claim.is_not(None)).values(leased_until=past))
    readership.engine.dispose()


def _is_sqlite_locked(file: Path) -> bool:
    connection = sqlite3.connect(file, isolation_level=None, timeout=0)
    try:
        connection.execute("begin immediate")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


def _fill(ballast: Path) -> None:
    """Write zeros until the disk has no room for more."""
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 512):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def _print(disaster: Disaster, after: Aftermath) -> None:
    twice, lost, unknown = len(after.standing.twice), len(after.standing.lost), after.standing.unknown
    print(f"  {disaster.name}: {twice} accepted twice, {lost} lost, {unknown} unknown", flush=True)
    for fault in after.faults:
        print(f"  BROKEN: {fault}", file=sys.stderr)


def main() -> None:
    """Play every disaster once, and exit with 1 when a law was broken."""
    readers, connections = 1000, 10
    print(f"disasters that strike `digest send` in mid-stream, {readers:,} deliveries, {connections} connections")
    aftermaths: list[Aftermath] = []
    with senders.nursery() as one, senders.nursery() as two:
        for disaster in ALL:
            seed = random.SystemRandom().randrange(10**6)
            after = play(disaster, (one, two), readers=readers, connections=connections, seed=seed)
            _print(disaster, after)
            aftermaths.append(after)
    standings = [after.standing for after in aftermaths]
    rows.report("struck by disasters: accepted twice", sum(len(standing.twice) for standing in standings), 0, False)
    rows.report("struck by disasters: lost", sum(len(standing.lost) for standing in standings), 0, False)
    worst = max(standing.unknown for standing in standings)
    rows.report("struck by disasters: unknown each, at most", worst, connections, False)
    sys.exit(1 if any(after.faults for after in aftermaths) else 0)


if __name__ == "__main__":
    main()
