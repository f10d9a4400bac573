"""Readers' own times and numbers of stories, as a user types and sees them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from digest import articles, db, tables
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest
from tests.smtp_server import Conduct, Process, running

AT = ("--now", NOW.isoformat())


@pytest.fixture
def planned(digest: Digest, engine: Engine) -> Digest:
    """An issue for Ada, who takes it as it comes, and two who want it later."""
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1), article(2)], now=NOW)
        subscriber(connection, "ada@example.org")
        subscriber(connection, "bo@example.org", preferred_time="08:00")
        subscriber(connection, "cy@example.org", preferred_time="wed")
    assert digest("plan", "weekly", *AT).code == 0
    return digest


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Process]:
    """A server that the settings name."""
    with running(tmp_path / "inbox", Conduct()) as process:
        monkeypatch.setenv("DIGEST_SMTP__PORT", str(process.port))
        yield process


def test_send_delivers_what_is_due_and_says_who_waits_until_when(planned: Digest, server: Process) -> None:
    ran = planned("send", "weekly/1", *AT)

    assert (ran.code, ran.out[:33]) == (0, "weekly/1: 2 planned, 1 accepted (")
    assert (
        "2 readers want it at a time of their own, between 2026-11-23 08:00 and 2026-11-25 07:00 UTC: "
        "`digest worker` delivers it then, or `digest send weekly/1`"
    ) in ran.err

    later = planned("send", "weekly/1", "--json", "--now", (NOW + timedelta(hours=1)).isoformat())
    assert (later.code, later.json["accepted"], later.json["planned"], later.json["waiting"]) == (0, 2, 1, 1)
    assert "one reader wants it at a time of their own, at 2026-11-25 07:00 UTC" in later.err
    last = planned("send", "weekly/1", "--json", "--now", (NOW + timedelta(days=2)).isoformat())
    assert (last.code, last.json["accepted"], last.json["waiting"], last.err) == (0, 3, 0, "")
    assert {message.recipient for message in server.accepted()} == {
        "ada@example.org",
        "bo@example.org",
        "cy@example.org",
    }


def test_a_report_says_who_waits(planned: Digest, server: Process) -> None:
    planned("send", "weekly/1", *AT)

    assert planned("report", "weekly/1", "--json", *AT).json["waiting"] == {
        "deliveries": 2,
        "first_at": "2026-11-23T08:00:00Z",
        "last_at": "2026-11-25T07:00:00Z",
    }
    assert "2 readers want it at a time of their own" in planned("report", "weekly/1", *AT).out
    rows = {row["email"]: row["next_at"] for row in planned("deliveries", "weekly/1").rows}
    assert rows == {
        "ada@example.org": None,
        "bo@example.org": "2026-11-23T08:00:00Z",
        "cy@example.org": "2026-11-25T07:00:00Z",
    }


def test_a_rehearsal_composes_the_mails_that_wait_as_well(planned: Digest) -> None:
    assert "3 messages composed" in planned("send", "weekly/1", "--dry-run", *AT).err


def test_wishes_are_set_shown_and_taken_back(digest: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        subscriber(connection, "ada@example.org", "World")
    put = ("subscribers", "set", "ada@example.org", "--json")

    shown = digest(*put, "--max-articles", "5", "--preferred-time", "Mon 7:00").json
    assert (shown["max_articles"], shown["preferred_time"], shown["categories"]) == (5, "mon 07:00", ["World"])
    kept = digest(*put, "--name", "Ada").json
    assert (kept["max_articles"], kept["preferred_time"]) == (5, "mon 07:00")
    back = digest(*put, "--max-articles", "", "--preferred-time", "").json
    assert (back["max_articles"], back["preferred_time"]) == (None, "")
    with db.reading(engine) as connection:
        table = tables.consent_events.c
        kinds = connection.execute(select(table.kind, table.source)).all()
    assert kinds == [("changed", "command line")] * 3


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--max-articles", "0", "“0” is not a number of stories from 1 to 200"),
        ("--max-articles", "many", "“many” is not a number of stories"),
        ("--preferred-time", "monday", "“monday” is not a day, a time or both, such as “mon”, “07:00” or “mon 07:00”"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(digest: Digest, engine: Engine, option: str, value: str, said: str) -> None:
    with db.transaction(engine) as connection:
        subscriber(connection, "ada@example.org")

    ran = digest("subscribers", "set", "ada@example.org", option, value)

    assert (ran.code, said in ran.err) == (2, True), ran.err


def test_slots_in_the_readers_own_time_have_a_row_for_each_zone(digest: Digest, engine: Engine) -> None:
    digest.settings_file.write_text(digest.settings_file.read_text() + "local_time = true\n")
    with db.transaction(engine) as connection:
        subscriber(connection, "ada@example.org")
        subscriber(connection, "bo@example.org", timezone="Europe/London")
        subscriber(connection, "cy@example.org", timezone="Asia/Tokyo")
        subscriber(connection, "di@example.org", timezone="Asia/Kolkata", status="pending")

    span = ("--from", "2026-11-22T00:00:00Z", "--to", "2026-11-24T00:00:00Z")

    assert digest("schedule", "weekly", *span, "--json", *AT).json == [
        {"at": "2026-11-22T22:00:00Z", "local": "2026-11-23T07:00", "timezone": "Asia/Tokyo", "subscribers": 1},
        {"at": "2026-11-23T07:00:00Z", "local": "2026-11-23T07:00", "timezone": "Europe/London", "subscribers": 2},
    ]
    assert "Asia/Tokyo" in digest("schedule", "weekly", *span, *AT).out
