"""Processor time of `digest send` for a message, user and system, with and without a DKIM key of RSA-2048."""

import argparse
import sqlite3
import statistics
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import planned, rows, sink, usage
from bench.planned import Planned

MESSAGES, MESSAGE_BYTES, ROUNDS = 3000, 60_000, 5
GOAL, LIMIT = "processor time of a message, signed with RSA-2048", 0.7


def keep_one(database: Path) -> None:
    """Leave one delivery in a database."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("delete from deliveries where subscriber_id > (select min(subscriber_id) from deliveries)")


def seconds(made: Planned, *, is_signed: bool, only_one: bool) -> float:
    """Return the processor seconds of a whole `digest send` process, of all deliveries or of one of them."""
    with sink.running() as server, TemporaryDirectory(prefix="digest-bench-") as name:
        folder = Path(name)
        database = made.copy(folder)
        if only_one:
            keep_one(database)
        made.write_settings(folder, port=server.port, is_signed=is_signed)
        return usage.run(made.send(folder)).cpu_seconds


def milliseconds(made: Planned, *, is_signed: bool, rounds: int) -> float:
    """Print and return what a message takes beyond the first one, whose process is what starting and ending takes."""
    one, all_of_them = [], []
    for _ in range(rounds):
        one.append(seconds(made, is_signed=is_signed, only_one=True))
        all_of_them.append(seconds(made, is_signed=is_signed, only_one=False))
    start_up = statistics.median(one)
    took = (statistics.median(all_of_them) - start_up) / (made.deliveries - 1) * 1000
    print(f"  {'signed' if is_signed else 'not signed':<12} {took:>6.2f} ms a message; start-up {start_up:.1f} s apart")
    return took


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    if sink.program("smtp-sink") is None:
        rows.report_absent(GOAL, sink.MISSING, LIMIT, False, "ms")
        sys.exit()
    with planned.planned_of(MESSAGE_BYTES, readers=chosen.messages) as made:
        print(
            f"{chosen.messages:,} messages of {made.message_bytes:,} bytes, {planned.CONNECTIONS} connections, "
            f"medians of {chosen.rounds}"
        )
        milliseconds(made, is_signed=False, rounds=chosen.rounds)
        rows.report(GOAL, milliseconds(made, is_signed=True, rounds=chosen.rounds), LIMIT, False, "ms")
