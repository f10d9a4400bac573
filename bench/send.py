"""Delivery: messages a second of the whole `digest send`, ledger on, against what others make of the same messages."""

import argparse
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import clients, contest, planned, rows, sample, sink
from bench.clients import Client
from bench.contest import Result
from bench.planned import Planned

MESSAGES = 3000
LIMITS = {"smtp-source": 0.9, "aiosmtplib": 3.0, "nodemailer": 2.5, "smtplib": 2.5}  # times their rate
DIGEST, OWN_EDITIONS = "digest send", "digest send, own editions"


def peers(made: Planned) -> list[Client]:
    """Return those who can send here."""
    able: list[Callable[[Planned], Client]] = [clients.smtp_source, clients.aiosmtplib, clients.smtplib]
    if not clients.why_no_nodemailer():
        able.append(clients.nodemailer)
    return [make(made) for make in able]


def report(message_bytes: int, found: Mapping[str, Result]) -> None:
    """Report the ratios, and who was absent."""
    for name, limit in LIMITS.items():
        goal = f"sending {message_bytes // 1000} KB against {name}"
        if name in found:
            rows.report(goal, found[DIGEST].rate / found[name].rate, limit, True, "times")
        else:
            rows.report_absent(goal, clients.why_no_nodemailer(), limit, True, "times")


def measure(message_bytes: int, *, messages: int, rounds: int) -> None:
    """Print and report the rates with messages of that size."""
    with ExitStack() as stack:
        made = stack.enter_context(planned.planned_of(message_bytes, readers=messages))
        own = stack.enter_context(planned.planned_of(message_bytes, readers=messages, preferences=sample.everything))
        print(
            f"{messages:,} messages of {made.message_bytes:,} bytes, {planned.CONNECTIONS} connections, "
            f"medians of {rounds}; {made.editions:,} editions, and {own.editions:,} where nearly everyone has their own"
        )
        field = [clients.digest(made), *peers(made), clients.digest(own, OWN_EDITIONS)]
        report(message_bytes, contest.compete(field, messages=messages, rounds=rounds))


def report_all_absent(why: str) -> None:
    """Report that nothing can be measured here."""
    for size in planned.STORIES:
        for name, limit in LIMITS.items():
            rows.report_absent(f"sending {size // 1000} KB against {name}", why, limit, True, "times")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--rounds", type=int, default=contest.ROUNDS)
    chosen = parser.parse_args()
    if sink.program("smtp-sink") is None:
        report_all_absent(sink.MISSING)
        sys.exit()
    for size in planned.STORIES:
        measure(size, messages=chosen.messages, rounds=chosen.rounds)
