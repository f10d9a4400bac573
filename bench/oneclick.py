"""One-click unsubscribing (RFC 8058): 1,000 a second for 30 seconds at one `digest serve`, and none lost."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import rows, sample
from digest import db, tables
from subscribers.tokens import Tokens

RATE, SECONDS = 1000, 30
CLIENTS, CONNECTIONS = 2, 32  # processes, and connections of each
START_SECONDS = 30.0
SECRET = "a key for benchmarks, of more than 32 characters"
SETTINGS = f"""
database_url = "sqlite:///digest.db"
base_url = "https://news.example.com"
secret_key = "{SECRET}"

[[newsletters]]
slug = "weekly"
name = "The Weekly"
sender = "The Weekly <weekly@news.example.com>"
postal_address = "1 Example Street, London"
lists = ["readers"]
categories = {json.dumps(list(sample.CATEGORIES))}
"""
GOALS = (
    ("one-click unsubscriptions a second at one server", 0.98 * RATE, True, ""),
    ("one-click unsubscriptions answered and not stored", 0, False, ""),
    ("one-click requests not answered with 200", 0, False, ""),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the clients saw."""

    statuses: Counter[int]
    latencies: list[float]  #: seconds, sorted
    seconds: float


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """Run `digest serve` on the settings in a folder; yield its port and its process."""
    command = [sys.executable, "-m", "digest", "--config", str(folder / "digest.toml"), "serve", "--port", "0"]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
        try:
            yield _port(folder / "serve.log"), process.pid
        finally:
            process.terminate()
            process.wait()


def processor_seconds(process: int) -> float:
    """Return the processor time that a process has used (proc(5): user and system time are fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _port(log: Path) -> int:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        for line in log.read_text().splitlines():
            if line.startswith("Ctrl-C"):
                return _named_port(log)
        time.sleep(0.05)
    sys.exit(f"the server did not start: {log.read_text()}")


def _named_port(log: Path) -> int:
    here = next(line for line in log.read_text().splitlines() if "127.0.0.1:" in line)
    return int(here.partition("127.0.0.1:")[2].partition("/")[0])


def clicks(port: int, people: int, rate: float) -> Found:
    """Let each of so many people click once, from several processes at once."""
    tokens = Tokens(SECRET.encode())
    paths = [f"/unsubscribe/{tokens.unsubscribe(number, 'weekly')}" for number in range(1, people + 1)]
    program = [sys.executable, str(Path(__file__).with_name("oneclick_client.py"))]
    command = [*program, str(port), str(rate / CLIENTS), str(CONNECTIONS)]
    processes = []
    for first in range(CLIENTS):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin
        process.stdin.write("\n".join(paths[first::CLIENTS]))
        process.stdin.close()
        process.stdin = None
        processes.append(process)
    told = [json.loads(process.communicate()[0]) for process in processes]
    return Found(
        Counter(status for one in told for status in one["statuses"]),
        sorted(seconds for one in told for seconds in one["latencies"]),
        max(one["seconds"] for one in told),
    )


def measure(rate: int, seconds: int) -> None:
    """Make a database, click, count, and report."""
    people = rate * seconds
    with TemporaryDirectory(prefix="digest-bench-") as name:
        folder = Path(name)
        (folder / "digest.toml").write_text(SETTINGS)
        engine = db.connect(f"sqlite:///{folder / 'digest.db'}")
        db.migrate(engine)
        sample.add_readers(engine, SECRET.encode(), people)
        with serving(folder) as (port, process):
            before = processor_seconds(process)
            found = clicks(port, people, rate)
            used = processor_seconds(process) - before
            with db.reading(engine) as connection:
                stored = connection.scalar(select(func.count()).select_from(tables.unsubscriptions)) or 0
                event = tables.consent_events.c
                recorded = connection.scalar(select(func.count()).where(event.kind == "unsubscribed")) or 0
        engine.dispose()
    done = found.statuses[200]
    p99 = found.latencies[int(len(found.latencies) * 0.99) - 1]
    print(f"  answers: {dict(found.statuses)}; stored {stored:,}, recorded {recorded:,}, in {found.seconds:.1f} s")
    print(f"  latency: median {statistics.median(found.latencies) * 1000:.1f} ms, 99th percentile {p99 * 1000:.1f} ms")
    print(f"  the server's processor time: {used / people * 1000:.2f} ms a request")
    measured = (done / found.seconds, done - min(stored, recorded), people - done)
    for (goal, limit, higher, unit), value in zip(GOALS, measured, strict=True):
        rows.report(goal, value, limit, higher, unit)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    chosen = parser.parse_args()
    print(
        f"one-click unsubscribing: {chosen.rate:,} a second for {chosen.seconds} s over loopback, from {CLIENTS} "
        f"processes with {CONNECTIONS} connections each"
    )
    measure(chosen.rate, chosen.seconds)
