"""`digest worker` as a process of its own, and as a command."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import Engine

from digest import articles, db
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest

AT = ("--now", NOW.isoformat())


@pytest.fixture
def unreachable(digest: Digest, engine: Engine) -> Digest:
    """An installation with a reader and articles, whose mail server is away."""
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1), article(2)], now=NOW)
        subscriber(connection, "ada@example.org")
    text = digest.settings_file.read_text()
    digest.settings_file.write_text(text.replace("port = 2525", "port = 1"))
    return digest


def test_run_with_nothing_due_ends_well(digest: Digest) -> None:
    ran = digest("worker", "--once", "--now", "2026-11-22T07:00:00Z")

    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_run_that_fails_says_what_and_ends_with_1(unreachable: Digest) -> None:
    ran = unreachable("worker", "--once", *AT)

    planned, failed = ran.err.splitlines()
    assert ran.code == 1
    assert planned == "2026-11-23T07:00:00Z weekly/1: planned for 2026-11-23T07:00; articles: 2, deliveries: 1"
    assert failed.startswith("2026-11-23T07:00:00Z weekly/1: ")
    assert "ada@" not in ran.err


def test_now_without_an_offset_is_wrong_usage(digest: Digest) -> None:
    assert digest("worker", "--once", "--now", "2026-11-22T07:00:00").code == 2


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signal_ends_the_worker(unreachable: Digest, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "digest", "--config", str(unreachable.settings_file), "worker", *AT]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "planned for" in process.stderr.readline()
        process.send_signal(number)
        assert process.wait(timeout=30) == code
        assert "Traceback" not in process.stderr.read()
