"""Delivery over a long way: messages a second of `digest send` at 20 ms round-trip time, against aiosmtplib."""

import argparse
import sys
from contextlib import AbstractContextManager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import clients, contest, delay, planned, rows, sink

MESSAGES, MESSAGE_BYTES = 1500, 60_000
ONE_WAY_SECONDS = 0.010
GOAL, LIMIT = "sending at 20 ms round trip against aiosmtplib", 3.8


def long_way(port: int) -> AbstractContextManager[int]:
    """Put the long way before a port."""
    return delay.before(port, one_way_seconds=ONE_WAY_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--rounds", type=int, default=contest.ROUNDS)
    chosen = parser.parse_args()
    if sink.program("smtp-sink") is None:
        rows.report_absent(GOAL, sink.MISSING, LIMIT, True, "times")
        sys.exit()
    with planned.planned_of(MESSAGE_BYTES, readers=chosen.messages) as made:
        print(
            f"{chosen.messages:,} messages of {made.message_bytes:,} bytes at {2000 * ONE_WAY_SECONDS:.0f} ms, "
            f"{planned.CONNECTIONS} connections, medians of {chosen.rounds}"
        )
        ours, theirs = clients.digest(made), clients.aiosmtplib(made)
        found = contest.compete([ours, theirs], messages=chosen.messages, rounds=chosen.rounds, way=long_way)
    rows.report(GOAL, found[ours.name].rate / found[theirs.name].rate, LIMIT, True, "times")
