"""Sending as a process of its own: killed, interrupted, doubled, without room; and who counts as alive."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from digest import articles, config, db, engine, planning
from digest.engine import Stop, is_dead, new_token
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.deliveries import standing
from tests.smtp_server import Conduct, Process, running

READERS = 150
FUTURE = datetime.now(UTC) + timedelta(days=1)


@dataclass(frozen=True)
class Crowd:
    """An installation with an issue for many readers, and the server that it sends to."""

    engine: Engine
    settings_file: Path
    server: Process

    @contextmanager
    def sending(self, *program: str) -> Iterator[subprocess.Popen[str]]:
        """Run `digest send`, or a program in its place, in another process."""
        words = program or ("-m", "digest")
        command = [sys.executable, *words, "--config", str(self.settings_file), "send", "weekly/1", "--json"]
        environment = {
            **os.environ,
            "DIGEST_DATABASE_URL": self.engine.url.render_as_string(hide_password=False),
            "DIGEST_SMTP__PORT": str(self.server.port),
        }
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen([*command, "--now", NOW.isoformat()], env=environment, **pipes) as process:
            try:
                yield process
            finally:
                process.kill()

    def send(self) -> tuple[int, dict[str, Any]]:
        """Run `digest send` to its end; return the exit code and what it printed."""
        with self.sending() as process:
            out, _ = process.communicate(timeout=60)
        return process.returncode, json.loads(out)

    def arrived(self) -> Counter[str]:
        """Count the messages that the server accepted, by recipient."""
        return Counter(message.recipient for message in self.server.accepted())

    def wait_for(self, messages: int) -> None:
        """Wait until the server has accepted so many more messages."""
        until, want = time.monotonic() + 30, self._count() + messages
        while self._count() < want and time.monotonic() < until:
            time.sleep(0.01)

    def _count(self) -> int:
        return sum(1 for _ in self.server.folder.glob("*.eml"))


@pytest.fixture
def crowd(database: Engine, settings_file: Path, settings: config.Settings, tmp_path: Path) -> Iterator[Crowd]:
    """An issue for READERS readers, planned, and a server that takes a moment for each."""
    with db.transaction(database) as connection:
        articles.store(connection, [article(1), article(2)], now=NOW)
        for number in range(READERS):
            subscriber(connection, f"reader{number}@example.org")
    planning.plan(database, settings, settings.newsletter("weekly"), now=NOW)
    with running(tmp_path / "inbox", Conduct(delay=0.02)) as server:
        yield Crowd(database, settings_file, server)


def assert_nobody_twice_nobody_lost(crowd: Crowd, *, doubtful: int) -> None:
    """Check the ledger against what the server accepted."""
    found, arrived = standing(crowd.engine), crowd.arrived()
    assert len(found) == READERS
    assert set(found.values()) <= {"accepted", "unknown"}
    assert max(arrived.values()) == 1
    assert {email for email, status in found.items() if status == "accepted"} <= arrived.keys()
    assert list(found.values()).count("unknown") <= doubtful


@pytest.mark.slow
def test_kills_lose_nobody_and_mail_nobody_twice(crowd: Crowd) -> None:
    chance, kills = random.Random(), 3
    for _ in range(kills):
        with crowd.sending() as process:
            crowd.wait_for(chance.randint(3, 35))
            process.send_signal(signal.SIGKILL)
    code, counts = crowd.send()

    assert_nobody_twice_nobody_lost(crowd, doubtful=kills * 5)
    assert counts["accepted"] + counts["unknown"] == READERS
    assert code == (3 if counts["unknown"] else 0)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interruption_finishes_what_is_in_flight(crowd: Crowd, number: signal.Signals, code: int) -> None:
    with crowd.sending() as process:
        crowd.wait_for(20)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    counts = json.loads(out)

    assert process.returncode == code
    assert "goes on from here" in err and "Traceback" not in err
    assert (counts["unknown"], counts["sending"]) == (0, 0)
    assert counts["accepted"] == len(crowd.arrived()) < READERS
    assert crowd.send()[1]["accepted"] == READERS
    assert_nobody_twice_nobody_lost(crowd, doubtful=0)


@pytest.mark.slow
def test_two_at_once_share_the_work(crowd: Crowd) -> None:
    with crowd.sending() as one, crowd.sending() as two:
        ended = [process.communicate(timeout=60) for process in (one, two)]

    assert [one.returncode, two.returncode] == [0, 0], ended
    assert_nobody_twice_nobody_lost(crowd, doubtful=0)
    assert set(standing(crowd.engine).values()) == {"accepted"}


FULL_DISK = """
import sys
from sqlalchemy import event
from digest import db
from digest.cli.main import main

connect = db.connect

def limited(url):
    engine = connect(url)
    event.listen(engine, "connect", lambda connection, _: connection.execute("pragma max_page_count = 1").fetchall())
    return engine

db.connect = limited
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the disk of PostgreSQL is not ours to fill
def test_full_disk_stops_with_a_message_and_loses_nobody(crowd: Crowd, tmp_path: Path) -> None:
    program = tmp_path / "full_disk.py"
    program.write_text(FULL_DISK)
    with crowd.sending(str(program)) as process:
        _, complaint = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "disk is full: make room" in complaint and "Traceback" not in complaint
    crowd.send()
    assert_nobody_twice_nobody_lost(crowd, doubtful=5)


def test_an_ended_process_of_this_machine_is_dead_and_a_living_one_is_not() -> None:
    code = "from digest.engine import new_token; print(new_token())"
    gone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert is_dead(gone, FUTURE, datetime.now(UTC))
    assert not is_dead(new_token(), FUTURE, datetime.now(UTC))
    assert new_token() != new_token()


def test_a_process_that_ended_and_was_not_waited_for_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie until it is waited for
    machine, _, _, one = new_token().rsplit("|", 3)

    assert is_dead(f"{machine}|{process.pid}||{one}", FUTURE, datetime.now(UTC))
    process.wait()


def test_a_number_that_a_later_process_got_does_not_revive_the_dead() -> None:
    machine, pid, _, one = new_token().rsplit("|", 3)

    assert is_dead(f"{machine}|{pid}|1|{one}", FUTURE, datetime.now(UTC))


def test_another_machines_worker_lives_as_long_as_its_lease() -> None:
    token = new_token().replace(new_token().split(":")[0], "elsewhere", 1)

    assert not is_dead(token, FUTURE, datetime.now(UTC))
    assert is_dead(token, FUTURE, FUTURE + timedelta(seconds=1))


def test_a_stop_is_heard_from_a_signal_and_the_next_one_ends_the_process() -> None:
    stop, heard = Stop(), []
    before = signal.getsignal(signal.SIGTERM)
    with stop.listening(), stop.telling(lambda: heard.append(True)):
        signal.raise_signal(signal.SIGTERM)
        assert (stop.is_requested, stop.exit_code, heard) == (True, 143, [True])
        assert signal.getsignal(signal.SIGTERM) is before
        assert stop.wait(60)


def test_a_stop_from_another_thread_ends_a_wait() -> None:
    stop = Stop()
    threading.Timer(0.05, stop.request).start()

    assert stop.wait(30)
    assert stop.exit_code == 0
    assert not Stop().wait(0.01)


def test_a_stop_before_the_start_sends_nothing(
    database: Engine, settings: config.Settings, settings_file: Path
) -> None:
    with db.transaction(database) as connection:
        articles.store(connection, [article(1)], now=NOW)
        subscriber(connection, "ada@example.org")
    issue = planning.plan(database, settings, settings.newsletter("weekly"), now=NOW).issue
    stop = Stop()
    stop.request()

    counts = engine.send(database, settings, issue, clock=lambda: NOW, stop=stop)

    assert counts["planned"] == 1  # type: ignore[index]
