"""`digest resolve` with a relay's log, and for what was refused: against tables, and against Postfix and Exim."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from digest import articles, db, tables
from tests import exim, postfix
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest
from tests.smtp_server import running

AT = ("--now", NOW.isoformat())


@pytest.fixture
def planned(digest: Digest, engine: Engine) -> Digest:
    """An installation with an issue for two people."""
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1)], now=NOW)
        subscriber(connection, "ada@example.org")
        subscriber(connection, "bo@example.org")
    digest("plan", "weekly", *AT)
    return digest


def stand(engine: Engine, status: str, culprit: str = "") -> None:
    with db.transaction(engine) as connection:
        connection.execute(update(tables.deliveries).values(status=status, culprit=culprit, code=550))


def message_ids(digest: Digest) -> dict[str, str]:
    return {row["email"]: row["message_id"] for row in digest("deliveries", "weekly").rows}


def standing(digest: Digest) -> dict[str, str]:
    return {row["email"]: row["status"] for row in digest("deliveries", "weekly").rows}


def exim_line(message_id: str) -> str:
    return f"2026-11-25 07:31:12 1xW7TE-0007MP-2G <= a@b.example P=esmtp S=213 id={message_id.strip('<>')}\n"


def test_only_those_that_the_log_shows_are_accepted(planned: Digest, engine: Engine, tmp_path: Path) -> None:
    stand(engine, "unknown")
    old, new = tmp_path / "mainlog.1", tmp_path / "mainlog"
    old.write_text(exim_line(message_ids(planned)["ada@example.org"]))
    new.write_text("2026-11-25 07:31:12 1xW7TE-0007MP-2G Completed\n")

    ran = planned("resolve", "weekly", "accept", "--log", str(old), "--log", str(new), "--json")

    assert ran.json == {"resolved": 1, "left": 1}
    assert "in the log: 1 taken" in ran.err
    assert standing(planned) == {"ada@example.org": "accepted", "bo@example.org": "unknown"}
    assert "0 accepted\n1 still unknown" in planned("resolve", "weekly", "accept", "--log", str(old)).err


def test_a_log_concerns_the_person_that_is_named(planned: Digest, engine: Engine, tmp_path: Path) -> None:
    stand(engine, "unknown")
    log = tmp_path / "mainlog"
    log.write_text("".join(map(exim_line, message_ids(planned).values())))

    one = planned("resolve", "weekly", "accept", "--log", str(log), "--email", "bo@example.org", "--json")

    assert one.json == {"resolved": 1, "left": 1}
    assert standing(planned) == {"ada@example.org": "unknown", "bo@example.org": "accepted"}


def test_what_a_log_shows_of_others_changes_nothing(planned: Digest, engine: Engine, tmp_path: Path) -> None:
    stand(engine, "rejected", "recipient")
    log = tmp_path / "mainlog"
    log.write_text("".join(map(exim_line, message_ids(planned).values())))

    assert planned("resolve", "weekly", "accept", "--log", str(log), "--json").json == {"resolved": 0, "left": 0}
    assert set(standing(planned).values()) == {"rejected"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("resend", "--log", "mainlog"), 2, "--log goes with accept"),
        (("accept", "--refused"), 2, "--refused goes with resend"),
        (("accept", "--log", "/nowhere/mainlog"), 1, "/nowhere/mainlog: the log cannot be read: No such file"),
    ],
)
def test_what_cannot_work_is_said(planned: Digest, words: tuple[str, ...], code: int, said: str) -> None:
    ran = planned("resolve", "weekly", *words)

    assert ran.code == code
    assert said in ran.err


def test_refused_ones_are_planned_again(planned: Digest, engine: Engine) -> None:
    stand(engine, "rejected", "ours")
    with db.transaction(engine) as connection:
        table = tables.deliveries
        connection.execute(update(table).where(table.c.recipient == "bo@example.org").values(culprit="recipient"))

    ran = planned("resolve", "weekly", "resend", "--refused", "--json")

    assert ran.json == {"resolved": 1, "left": 0}
    assert standing(planned) == {"ada@example.org": "planned", "bo@example.org": "rejected"}


@contextmanager
def losing_answers(relay_port: int, answer: bytes) -> Iterator[int]:
    """A way to a relay on which the connection dies when it says that it took a message."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if re.search(answer, data):
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", relay_port))
                threads.extend(threading.Thread(target=pass_on, args=way) for way in ((near, far), (far, near)))
                ends.extend((near, far))
                for thread in threads[-2:]:
                    thread.start()

    threads: list[threading.Thread] = []
    ends: list[socket.socket] = []
    server = threading.Thread(target=serve)
    server.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        server.join()
        for thread in threads:
            thread.join()
        for end in (*ends, listener):
            end.close()


@pytest.mark.slow
@pytest.mark.parametrize("which", ["postfix", "exim"])
def test_what_a_relay_took_before_the_line_died_is_found_in_its_log(
    planned: Digest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, which: str
) -> None:
    started = postfix.relay if which == "postfix" else exim.relay
    answer = rb"250 2\.0\.0 Ok: queued as|250 OK id="
    with running(tmp_path / "inbox") as server, started(server.port) as relay:
        with losing_answers(relay.port, answer) as port:
            monkeypatch.setenv("DIGEST_SMTP__PORT", str(port))
            sent = planned("send", "weekly", "--json", *AT)
        server.accepted_soon(2)
        log = tmp_path / "copy"
        log.write_bytes(relay.log_file.read_bytes())

    assert sent.json["unknown"] == 2, sent.err
    ran = planned("resolve", "weekly", "accept", "--log", str(log), "--json")
    assert ran.json == {"resolved": 2, "left": 0}, relay
    assert set(standing(planned).values()) == {"accepted"}
