"""`digest serve` as a process: what it prints, how it stops, and what it says when it cannot start."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest import config, db

pytestmark = pytest.mark.slow


@pytest.fixture
def site(settings_file: Path) -> Path:
    """The settings file of an installation with an empty database."""
    engine = db.connect(config.load(settings_file).database_url)
    db.migrate(engine)
    engine.dispose()
    return settings_file


def start(site: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "digest", "--config", str(site), "serve", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=os.environ | environment)


@pytest.fixture
def server(site: Path) -> Iterator["subprocess.Popen[str]"]:
    """A server on a free port, on its owner's machine."""
    with start(site, "--port", "0", DIGEST_BASE_URL="http://127.0.0.1:8000") as process:
        yield process
        process.kill()


def studio_address(server: "subprocess.Popen[str]") -> str:
    """Read what it prints until it serves; returns the studio's address."""
    assert server.stderr
    said = ""
    while "Ctrl-C" not in said:
        line = server.stderr.readline()
        assert line, said
        said += line
    found = re.search(r"Studio +(http://127\.0\.0\.1:\d+/studio/)\n", said)
    assert found, said
    return found[1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_it_with_its_code_and_without_a_traceback(
    server: "subprocess.Popen[str]", number: signal.Signals, code: int
) -> None:
    address = studio_address(server)
    with urllib.request.urlopen(address) as answer:  # also waits until it answers
        assert answer.status == 200
    server.send_signal(number)
    out, err = server.communicate(timeout=20)
    assert server.returncode == code
    assert out == ""
    assert "Traceback" not in err
    assert "GET /studio/ 200" in err


def test_a_port_in_use_is_one_line_that_says_what_to_do(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start(site, "--port", str(port)) as process:
            out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert out == ""
    assert err == f"digest: port {port} on 127.0.0.1 is in use: stop what uses it, or choose another with --port\n"


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_a_host_that_is_not_this_machine_is_one_line(site: Path, host: str) -> None:
    with start(site, "--host", host, "--port", "0") as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.count("\n") == 1
    assert "--host" in err


def test_without_a_database_it_says_to_run_init(settings_file: Path) -> None:
    with start(settings_file) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "digest init" in err


def test_elsewhere_the_studio_opens_with_a_printed_link(site: Path) -> None:
    with start(site, "--port", "0") as process:
        assert process.stderr
        lines = [process.stderr.readline() for _ in range(4)]
        process.terminate()
        process.communicate(timeout=20)
    assert re.match(r"Studio +https://news\.example\.com/studio/sign-in/\S+\n", lines[0])
    assert re.match(r"on this host +http://127\.0\.0\.1:\d+/studio/sign-in/\S+\n", lines[1])
