"""`check`, as a user types it."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from digest import articles, db
from digest.cli.check import visible
from tests.articles import article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest

AT = ("--now", "2026-11-23T07:00:00Z")


@pytest.fixture
def planned(digest: Digest, engine: Engine, now: datetime) -> Digest:
    """An issue whose lead story in Science shouts."""
    with db.transaction(engine) as connection:
        pool = [article(1), article(2, "Science", title="Re: moths fly again!!"), article(3, "World")]
        articles.store(connection, pool, now=now)
        subscriber(connection, "ada@example.org", "World")
        subscriber(connection, "bo@example.org", "Science")
        subscriber(connection, "cy@example.org", "Climate")
    assert digest("plan", "weekly", *AT).code == 0
    return digest


@pytest.mark.slow  # a browser, where there is one
def test_a_gate_that_fails_is_told_with_advice_and_the_edition(planned: Digest) -> None:
    ran = planned("check", "weekly")

    assert ran.code == 1
    assert "✗ failed  subject: tone" in ran.out
    assert "✗ subject: tone (smallest edition" in ran.out
    assert "“Re:”" in ran.out
    assert "✓ passed  headers: identity" in ran.out
    assert "gates failed, in 2 mails." in ran.err


def test_a_terminal_is_safe_from_what_a_mail_says() -> None:
    assert visible("\x1b[31mRe\u202ed") == "\ufffd[31mRe\ufffdd"


@pytest.mark.slow  # a browser, where there is one
def test_json_has_one_entry_for_each_gate_and_mail(planned: Digest) -> None:
    found = planned("check", "weekly", "--json").json

    assert found["issue"] == "weekly/1"
    assert found["passed"] is False
    assert len(found["mails"]) == 2
    names = [(row["name"], row["mail"]) for row in found["checks"]]
    assert len(set(names)) == len(names)
    assert {row["name"] for row in found["checks"] if row["mail"] == "all editions"} == {"subject: new"}
    failing = next(row for row in found["checks"] if row["name"] == "subject: tone" and not row["passed"])
    assert failing["limit"] == "calm, and no answer"
    assert "Re:" in failing["detail"]


@pytest.mark.slow  # a browser, where there is one
def test_as_checks_one_reader(planned: Digest) -> None:
    found = planned("check", "weekly", "--as", "ada@example.org", "--json").json

    assert found["mails"] == ["the mail of ada@example.org"]
    assert next(row for row in found["checks"] if row["name"] == "subject: length")["passed"]


def test_as_says_why_a_reader_gets_nothing(planned: Digest) -> None:
    ran = planned("check", "weekly", "--as", "cy@example.org")

    assert (ran.code, ran.out) == (1, "")
    assert "cy@example.org gets no mail of weekly/1: no articles" in ran.err


def test_an_issue_that_is_not_there(planned: Digest) -> None:
    assert "monthly" in planned("check", "monthly/1").err


def test_an_issue_without_mails(digest: Digest, engine: Engine, now: datetime) -> None:
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1)], now=now)
    assert digest("plan", "weekly", *AT).code == 0

    ran = digest("check", "weekly")

    assert (ran.code, ran.out) == (1, "")
    assert "weekly/1 has no mail to check, since nobody gets one" in ran.err
