"""The whole job through Debian's postfix: what arrives behind a real relay, and its real refusals."""

import email
import email.policy
import re
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest import articles, db
from tests import postfix
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest
from tests.smtp_server import Process, running

AT = ("--now", NOW.isoformat())

pytestmark = pytest.mark.slow


def arrivals(server: Process, count: int) -> dict[str, EmailMessage]:
    """Wait for so many messages, and return them parsed, by recipient."""
    until = time.monotonic() + 30
    while len(found := server.accepted()) < count and time.monotonic() < until:
        time.sleep(0.05)
    policy = email.policy.default
    return {each.recipient: email.message_from_bytes(each.message, policy=policy) for each in found}


def test_mail_arrives_whole_behind_postfix_and_its_refusals_are_judged(
    digest: Digest, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1), article(2, "Science", title="Café – “quoted” 🙂")], now=NOW)
        subscriber(connection, "ada@example.org", name="Ada Löwe")
        subscriber(connection, "gone@example.org")
        subscriber(connection, "bo@bücher.example", "Science")
    digest("plan", "weekly", *AT)

    with running(tmp_path / "inbox") as server, postfix.relay(server.port) as relay:
        monkeypatch.setenv("DIGEST_SMTP__PORT", str(relay.port))
        ran = digest("send", "weekly/1", "--json", *AT)
        inbox = arrivals(server, 2)
        log = relay.log

    rows = {row["email"]: row for row in digest("deliveries", "weekly/1").rows}
    assert (ran.code, ran.json["accepted"], ran.json["rejected"]) == (3, 2, 1), ran.err
    assert (rows["gone@example.org"]["status"], rows["gone@example.org"]["code"]) == ("rejected", 550)
    assert re.match(r"2\.0\.0 Ok: queued as \w+", rows["ada@example.org"]["reply"])
    assert inbox.keys() == {"ada@example.org", "bo@xn--bcher-kva.example"}
    message = inbox["ada@example.org"]
    assert not message.defects
    assert message["Message-ID"] == rows["ada@example.org"]["message_id"]
    assert f"message-id={rows['ada@example.org']['message_id']}" in log
    assert "Subject" in message and message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert isinstance(part, EmailMessage) and not part.defects
        assert "Café – “quoted” 🙂" in part.get_content()
