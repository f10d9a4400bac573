"""`digest send ISSUE --test`, against a server in another process."""

import email
import email.policy
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest import articles, corrections, db
from digest.model import CorrectionKind, Depth
from subscribers.model import Preferences
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest
from tests.smtp_server import Conduct, Process, running

AT = ("--now", NOW.isoformat())


@pytest.fixture
def stocked(digest: Digest, engine: Engine) -> Digest:
    """A reader, and a test list of: a reader, an outsider who wants it in full, one without stories, one who left."""
    text = digest.settings_file.read_text()
    digest.settings_file.write_text(text.replace('lists = ["readers"]', 'lists = ["readers"]\ntest_list = "desk"'))
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1, "World"), article(2, "Science")], now=NOW)
        subscriber(connection, "ada@example.org", "World")
        subscriber(connection, "bo@example.org", "World", lists=["readers", "desk"])
        full = Preferences(("Science",), (("Science", Depth.FULL),))
        subscriber(connection, "di@example.org", preferences=full, lists=["desk"])
        subscriber(connection, "ed@example.org", "Sport", lists=["desk"])
        subscriber(connection, "fo@example.org", lists=["desk"], status="unsubscribed")
    assert digest("plan", "weekly", *AT).code == 0
    return digest


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Process]:
    """A server that the settings name, and that refuses one address."""
    with running(tmp_path / "inbox", Conduct()) as process:
        monkeypatch.setenv("DIGEST_SMTP__PORT", str(process.port))
        yield process


def test_everybody_on_the_test_list_gets_what_they_would_get_themselves(stocked: Digest, server: Process) -> None:
    before = stocked("deliveries", "weekly/1").rows

    ran = stocked("send", "weekly/1", "--test", "--json", *AT)

    assert (ran.code, ran.json) == (
        0,
        {
            "issue": "weekly/1",
            "accepted": ["bo@example.org", "di@example.org"],
            "not_accepted": [],
            "without_stories": ["ed@example.org"],
        },
    )
    inbox = {m.recipient: email.message_from_bytes(m.message, policy=email.policy.default) for m in server.accepted()}
    assert inbox.keys() == {"bo@example.org", "di@example.org"}
    assert all(str(mail["Subject"]).startswith("[TEST] ") for mail in inbox.values())
    texts = {who: mail.get_body(("plain",)).get_content() for who, mail in inbox.items()}  # type: ignore[union-attr]
    assert "Story number 1" in texts["bo@example.org"] and "Story number 2" not in texts["bo@example.org"]
    assert "Key point of 2" in texts["di@example.org"] and "Story number 1" not in texts["di@example.org"]
    assert "/unsubscribe/test-copy" in texts["di@example.org"]
    assert stocked("deliveries", "weekly/1").rows == before
    assert stocked("report", "weekly/1", "--json").json["released_at"] is None


def test_what_an_editor_has_taken_out_is_in_no_copy(stocked: Digest, server: Process, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        corrections.correct(connection, "article-2", CorrectionKind.WITHDRAWN, "It was wrong.", now=NOW)

    ran = stocked("send", "weekly/1", "--test", "--json", *AT)

    assert ran.json["accepted"] == ["bo@example.org"]
    assert ran.json["without_stories"] == ["di@example.org", "ed@example.org"]
    explained = stocked("explain", "weekly/1", "di@example.org", "--json").json
    assert explained["chosen"] == []
    assert {"article-2": "withdrawn"}.items() <= {one["id"]: one["reason"] for one in explained["dropped"]}.items()


def test_what_is_not_accepted_is_told(stocked: Digest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    conduct = Conduct(replies={"di@example.org": ("RCPT", "550 5.1.1 nobody here")})
    with running(tmp_path / "picky", conduct) as process:
        monkeypatch.setenv("DIGEST_SMTP__PORT", str(process.port))
        ran = stocked("send", "weekly/1", "--test", *AT)

    assert ran.code == 3
    assert "the server accepted copies for bo@example.org" in ran.err
    assert "the copy for di@example.org was not accepted: 550" in ran.err
    assert "ed@example.org chose topics of which the issue has no story" in ran.err


def test_what_was_sent_before_the_server_went_away_is_told(
    stocked: Digest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with running(tmp_path / "short", Conduct(greetings_refused_after=1)) as process:
        monkeypatch.setenv("DIGEST_SMTP__PORT", str(process.port))
        ran = stocked("send", "weekly/1", "--test", *AT)

    assert ran.code not in (0, 3)
    assert "the server accepted copies for bo@example.org" in ran.err
    assert "421" in ran.err


def test_without_a_test_list_or_anybody_on_it_the_mending_is_named(stocked: Digest) -> None:
    for email_ in ("bo", "di", "ed", "fo"):
        stocked("subscribers", "set", f"{email_}@example.org", "--leave", "desk")
    ran = stocked("send", "weekly/1", "--test", *AT)
    assert (ran.code, "digest subscribers set EMAIL --join desk" in ran.err) == (2, True)

    stocked.settings_file.write_text(stocked.settings_file.read_text().replace('test_list = "desk"', ""))
    ran = stocked("send", "weekly/1", "--test", *AT)
    assert (ran.code, "set test_list in the settings" in ran.err) == (2, True)


def test_a_long_test_list_is_a_mistake(stocked: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        for number in range(100):
            subscriber(connection, f"reader{number}@example.org", lists=["desk"])

    ran = stocked("send", "weekly/1", "--test", *AT)

    assert (ran.code, "more than 100 people are on the list “desk”" in ran.err) == (2, True)


def test_ways_of_trying_exclude_each_other(stocked: Digest) -> None:
    ran = stocked("send", "weekly/1", "--test", "--dry-run")

    assert (ran.code, "choose one" in ran.err) == (2, True)
