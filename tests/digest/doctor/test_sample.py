"""The newest issue: what it keeps of old settings, and the header of one of its mails."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from digest import articles, config, db, planning, tables
from digest.doctor import sample
from tests.articles import article
from tests.audience import subscriber


@pytest.fixture
def planned(database: Engine, settings: config.Settings, now: datetime) -> Engine:
    """A database with an issue for one reader."""
    with db.transaction(database) as connection:
        articles.store(connection, [article(1), article(2, "Science")], now=now)
        subscriber(connection, "ada@reader.example")
    planning.plan(database, settings, settings.newsletter("weekly"), now=now)
    return database


def changed(settings_file: Path, old: str, new: str) -> config.Settings:
    text = settings_file.read_text()
    assert old in text
    settings_file.write_text(text.replace(old, new))
    return config.load(settings_file)


def test_an_issue_in_order_has_no_problem(planned: Engine, settings: config.Settings) -> None:
    assert sample.check(planned, settings) == []


def test_before_the_first_issue_there_is_nothing_to_look_at(database: Engine, settings: config.Settings) -> None:
    assert sample.check(database, settings) == []


def test_an_issue_that_nobody_gets_is_no_problem(database: Engine, settings: config.Settings, now: datetime) -> None:
    with db.transaction(database) as connection:
        articles.store(connection, [article(1)], now=now)
    planning.plan(database, settings, settings.newsletter("weekly"), now=now)

    assert sample.check(database, settings) == []


def test_a_header_without_one_click_is_told(
    database: Engine, settings: config.Settings, settings_file: Path, now: datetime
) -> None:
    http = changed(settings_file, "https://news.example.com", "http://news.example.com")
    with db.transaction(database) as connection:
        articles.store(connection, [article(1)], now=now)
        subscriber(connection, "ada@reader.example")
    planning.plan(database, http, http.newsletter("weekly"), now=now)

    [one] = sample.check(database, http)

    assert one.where == "weekly/1, headers: unsubscribing"
    assert "List-Unsubscribe has no https address" in one.what
    assert "ada@" not in f"{one}"
    assert not one.is_note


def test_what_was_frozen_before_settings_were_mended_is_told(planned: Engine, settings_file: Path) -> None:
    moved = changed(settings_file, "https://news.example.com", "https://post.example.com")

    [one] = sample.check(planned, moved)

    assert one.where == "weekly/1"
    assert "base_url was https://news.example.com" in one.what
    assert one.fix.startswith("`digest plan weekly`")


def test_an_issue_without_a_postal_address_is_told(
    database: Engine, settings: config.Settings, settings_file: Path, now: datetime
) -> None:
    without = changed(settings_file, "1 Example Street, London", "")
    planning.plan(database, without, without.newsletter("weekly"), now=now)

    assert [one.what for one in sample.check(database, settings)] == [
        "it was planned without a postal address: `digest send` refuses it"
    ]
    assert sample.check(database, without) == []  # the settings are at fault, which is told of them


def test_the_newest_issue_is_looked_at(planned: Engine, settings_file: Path, now: datetime) -> None:
    moved = changed(settings_file, "https://news.example.com", "https://post.example.com")
    planning.plan(planned, moved, moved.newsletter("weekly"), now=now + timedelta(days=7))

    assert sample.check(planned, moved) == []


def test_what_has_gone_out_cannot_be_mended(planned: Engine, settings_file: Path, now: datetime) -> None:
    with db.transaction(planned) as connection:
        connection.execute(update(tables.issues).values(released_at=now))

    assert sample.check(planned, changed(settings_file, "https://news.example.com", "https://post.example.com")) == []


def test_a_key_that_is_not_there_is_left_to_the_check_of_keys(planned: Engine, settings_file: Path) -> None:
    lines = '[[dkim]]\ndomain = "news.example.com"\nselector = "a"\nkey_file = "none.pem"\n'
    settings_file.write_text(settings_file.read_text() + lines)

    assert sample.check(planned, config.load(settings_file)) == []
