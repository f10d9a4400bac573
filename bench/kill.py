"""The kill test: `digest send` killed at random moments, again and again, held against the log of what was accepted."""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import laws, logging_sink, rows, senders
from bench.laws import Standing
from bench.readership import Readership, settle
from bench.rounds import Rounds, Tally
from digest import db
from tests import postgres


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    """Yield the URL of an empty database: a file of its own, or a server's whole database, which is emptied."""
    if kind == "sqlite":
        with TemporaryDirectory(prefix="digest-kill-") as folder:
            yield f"sqlite:///{folder}/digest.db"
        return
    with postgres.server() as url:
        engine = db.connect(url)
        with db.transaction(engine) as connection:
            connection.exec_driver_sql("drop schema public cascade")
            connection.exec_driver_sql("create schema public")
        engine.dispose()
        yield url


@contextmanager
def installed(database_url: str, *, readers: int, connections: int, seed: int) -> Iterator[Readership]:
    """Make an installation on an empty database, with a sink; remove all of it but the database at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="digest-kill-")))
        sink = stack.enter_context(logging_sink.running(folder / "accepted.log", seed=seed))
        made = settle(folder, database_url, sink, readers=readers, connections=connections)
        stack.callback(made.engine.dispose)
        yield made


def kill(readership: Readership, kills: int, *, seed: int) -> tuple[Tally, Standing]:
    """Kill so many senders, let the last one finish, and return what happened and how everything stands."""
    with senders.nursery() as one, senders.nursery() as two:
        rounds = Rounds(readership, (one, two), random.Random(seed))
        while rounds.tally.kills < kills:
            rounds.play()
        rounds.finish()
    return rounds.tally, readership.standing()


def faults(readership: Readership, tally: Tally, standing: Standing) -> list[str]:
    """Return every law that was broken, in words."""
    return tally.faults + laws.broken(standing, doubtful=tally.kills * readership.settings.smtp.connections)


def _print(tally: Tally, standing: Standing, seconds: float, *, connections: int) -> None:
    unknown, arrived = standing.unknown, standing.unknown_and_accepted
    print(
        f"  {tally.kills:,} kills in {seconds:.0f} s ({tally.kills / seconds * 60:.0f} a minute), "
        f"{len(standing.entries):,} deliveries of {tally.issues} issues"
    )
    print(
        f"  {tally.early} before their first message, {tally.paired} of two senders at once, "
        f"{tally.fresh} of processes started afresh, the others forked"
    )
    share = f", of which the server had accepted {arrived / unknown:.0%}" if unknown else ""
    print(f"  {unknown:,} unknown: {unknown / tally.kills:.1f} a kill, {tally.worst} at most{share}")
    rows.report("killed: accepted twice", len(standing.twice), 0, False)
    rows.report("killed: lost", len(standing.lost), 0, False)
    rows.report("killed: unknown a kill", unknown / tally.kills, connections, False)


def main() -> None:
    """Read the options, kill, and exit with 1 when a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--recipients", type=int, default=5000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    chosen = parser.parse_args()
    print(f"SIGKILL of `digest send` on {chosen.database}, {chosen.connections} connections, seed {chosen.seed}")
    options = {"readers": chosen.recipients, "connections": chosen.connections, "seed": chosen.seed}
    with empty_database(chosen.database) as url, installed(url, **options) as here:
        start = time.monotonic()
        tally, standing = kill(here, chosen.kills, seed=chosen.seed)
        _print(tally, standing, time.monotonic() - start, connections=chosen.connections)
        broken = faults(here, tally, standing)
        if broken:
            print(here.output.read_text()[-3000:], file=sys.stderr)
    for fault in broken:
        print(f"  BROKEN: {fault}", file=sys.stderr)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
