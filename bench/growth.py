"""How `digest send` grows: memory and cost of ten thousand deliveries, a hundred thousand, a million.

200 readers are planned, then subscribers and deliveries are filled up in the database as if there had been more: what
grows here is the ledger. Planning has a benchmark of its own.
"""

import argparse
import sqlite3
import statistics
import sys
from collections.abc import Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import planned, rows, sink, usage
from bench.planned import Planned
from bench.usage import Usage
from digest import tables

PLANNED, STORIES = 200, 3  # small messages: the ledger is what is measured
SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = {1: 3, 10_000: 3}  # of larger ones, one run is steady enough
MEMORY_LIMIT, COST_LIMIT = 1.2, 10.5
ADDRESS = "'reader' || new.id || '@inbox.example'"
OWN = {  # what differs from row to row; the rest is that of one of the planned
    "subscribers": {"id": "new.id", "email": ADDRESS, "email_key": ADDRESS, "email_digest": "email_digest || new.id"},
    "deliveries": {"subscriber_id": "new.id", "recipient": ADDRESS},
}


def filling(table: Table, key: str) -> str:
    """Return the statement that fills a table up to the row of the number :last."""
    own: Mapping[str, str] = OWN[table.name]
    names = [column.name for column in table.columns]
    values = [own.get(name, f"old.{name}") for name in names]
    return (
        "with recursive new (id) as (select :planned + 1 union all select id + 1 from new where id < :last) "
        f"insert into {table.name} ({', '.join(names)}) select {', '.join(values)} "
        f"from new join {table.name} old on old.{key} = (new.id - 1) % :planned + 1"
    )


def resize(database: Path, deliveries: int) -> None:
    """Give a database so many subscribers and deliveries, more or fewer than were planned."""
    numbers = {"planned": PLANNED, "last": deliveries}
    with closing(sqlite3.connect(database)) as connection, connection:
        if deliveries > PLANNED:
            connection.execute(filling(tables.subscribers, "id"), numbers)
            connection.execute(filling(tables.deliveries, "subscriber_id"), numbers)
        else:
            connection.execute("delete from deliveries where subscriber_id > :last", {"last": deliveries})


def send(made: Planned, deliveries: int) -> Usage:
    """Send so many in a fresh process, and return what that took. Raises RuntimeError unless all are accepted."""
    with sink.running() as server, TemporaryDirectory(prefix="digest-bench-") as name:
        folder = Path(name)
        resize(made.copy(folder), deliveries)
        made.write_settings(folder, port=server.port)
        used = usage.run(made.send(folder))
        server.seconds(deliveries)
    return used


def measure(made: Planned, deliveries: int) -> Usage:
    """Return the medians of what sending so many took, start-up included."""
    runs = [send(made, deliveries) for _ in range(ROUNDS.get(deliveries, 1))]
    return Usage(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.cpu_seconds for run in runs),
        round(statistics.median(run.peak_kib for run in runs)),
    )


def compare(made: Planned, sizes: list[int]) -> None:
    """Print what each size takes, and report how memory and cost grow."""
    start_up = measure(made, 1)
    print(
        f"messages of {made.message_bytes:,} bytes, {made.editions} editions; start-up, which is not counted: "
        f"{start_up.seconds:.1f} s, {start_up.cpu_seconds:.1f} s of processor time, {start_up.peak_kib / 1024:.0f} MB"
    )
    found: dict[int, Usage] = {}
    for size in sizes:
        used = measure(made, size)
        found[size] = Usage(used.seconds - start_up.seconds, used.cpu_seconds - start_up.cpu_seconds, used.peak_kib)
        print(
            f"  {size:>9,} deliveries: {found[size].seconds:>6.1f} s, {size / found[size].seconds:>6,.0f} messages/s, "
            f"{found[size].cpu_seconds:>6.1f} s of processor time, {used.peak_kib / 1024:>4.0f} MB at most",
            flush=True,
        )
    few, many = found[sizes[0]], found[sizes[-1]]
    against = f"{sizes[-1]:,} deliveries against {sizes[0]:,}"
    rows.report(f"memory of sending, {against}", many.peak_kib / few.peak_kib, MEMORY_LIMIT, False, "times")
    for small, large in pairwise(sizes):
        step, one, ten = f"{large:,} deliveries against {small:,}", found[small], found[large]
        rows.report(f"processor time, {step}", ten.cpu_seconds / one.cpu_seconds, COST_LIMIT, False, "times")
        rows.report(f"time, {step}", ten.seconds / one.seconds, COST_LIMIT, False, "times")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, choices=SIZES[1:], default=SIZES[-1], help="leave out larger sizes")
    chosen = [size for size in SIZES if size <= parser.parse_args().most]
    if sink.program("smtp-sink") is None:
        rows.report_absent("memory of sending", sink.MISSING, MEMORY_LIMIT, False, "times")
        rows.report_absent("cost of ten times the deliveries", sink.MISSING, COST_LIMIT, False, "times")
        sys.exit()
    with planned.planned(stories=STORIES, readers=PLANNED) as made:
        compare(made, chosen)
