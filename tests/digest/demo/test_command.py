"""`digest demo` as a process, as a newcomer types it."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.demo.mailbox import Mailbox

pytestmark = pytest.mark.slow


@contextmanager
def start(folder: Path, *arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """Run it until the end of the context at the latest."""
    command = [sys.executable, "-m", "digest", "demo", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, cwd=folder, env=os.environ | environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    with start(folder, *arguments, **environment) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def inbox_address(process: "subprocess.Popen[str]") -> str:
    """Read what it prints until it serves."""
    assert process.stdout
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    found = re.search(r"http://127\.0\.0\.1:\d+/demo/mail", said)
    assert found, said
    return found[0]


def test_demo_without_server_ends_well_and_again(tmp_path: Path) -> None:
    first = run(tmp_path, "--no-serve")
    again = run(tmp_path, "--no-serve")
    for code, out, err in (first, again):
        assert (code, err) == (0, "")
        assert "Léonie Fairbrass" in out
        assert "weekly/1" in out
    assert [path.name for path in tmp_path.iterdir()] == ["digest-demo"]
    assert len(Mailbox(tmp_path / "digest-demo" / "mailbox").letters()) == 10


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_demo_serves_the_mails_until_a_signal(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with start(tmp_path, "--dir", str(tmp_path / "here")) as process:
        inbox = inbox_address(process)
        with urllib.request.urlopen(inbox) as answer:
            assert answer.read().count(b'class="item"') == 10
        with urllib.request.urlopen(inbox.replace("/demo/mail", "/studio/")) as answer:
            assert answer.status == 200
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in err


def test_two_demonstrations_take_ports_of_their_own(tmp_path: Path) -> None:
    with start(tmp_path, "--dir", "one") as one, start(tmp_path, "--dir", "two") as two:
        assert inbox_address(one) != inbox_address(two)
        third = run(tmp_path, "--no-serve", "--dir", "two")
    assert third[0] == 1
    assert "another demonstration runs in two" in third[2]


def test_folder_of_something_else_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    code, out, err = run(tmp_path, "--no-serve", "--dir", ".")
    assert (code, out) == (2, "")
    assert err.startswith("digest: . holds files that are not a demonstration’s")
    assert err.count("\n") == 1


def test_settings_in_the_environment_send_nothing_elsewhere(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        host, port = elsewhere.getsockname()
        code, _, _ = run(tmp_path, "--no-serve", DIGEST_SMTP__HOST=host, DIGEST_SMTP__PORT=str(port))
        elsewhere.settimeout(0.1)
        with pytest.raises(TimeoutError):
            elsewhere.accept()
    assert code == 0
