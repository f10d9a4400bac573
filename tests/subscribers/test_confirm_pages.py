"""The link of a letter: it shows, one button confirms, and pressed twice it changes nothing more."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, delete, select, update

from digest import articles, db, planning, tables, web
from digest.config import Settings
from subscribers import consent, signup_words, store, suppression
from subscribers.model import Status
from tests import audience
from tests.articles import article
from tests.conftest import NOW
from tests.digest.test_crawl import rows
from tests.subscribers.sign_up import TOKENS, letters, newest_signup, sign_up


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A visitor from 203.0.113.7."""
    with TestClient(web.app(database, settings), client=("203.0.113.7", 50000)) as browser:
        yield browser


@pytest.fixture
def link(client: TestClient, database: Engine) -> str:
    """The link that confirms what Zoe asked for."""
    sign_up(client, "zoe@example.org", topic=["World", "Sport"], frequency="monthly", name="Zoë")
    return f"/confirm/{TOKENS.confirm(newest_signup(database))}"


def status(database: Engine) -> Status | None:
    with db.reading(database) as connection:
        person = store.by_email(connection, "zoe@example.org")
    return person.status if person else None


def test_following_the_link_shows_who_asked_for_what_and_changes_nothing(
    client: TestClient, database: Engine, settings: Settings, link: str
) -> None:
    before = rows(database)
    page = client.get(link)
    client.head(link)
    assert page.status_code == 200
    assert "z•••@example.org" in page.text
    assert "zoe@example.org" not in page.text
    assert "203.0.113.0/24" in page.text
    assert "<bdi>World</bdi> and <bdi>Sport</bdi>" in page.text
    assert "Monthly" in page.text
    assert page.text.count("<button") == 1
    assert signup_words.confirming(settings.newsletter("weekly"), "en") in page.text
    assert rows(database) == before


def test_the_button_confirms_with_the_words_kept_and_twice_is_once(
    client: TestClient, database: Engine, settings: Settings, link: str
) -> None:
    done = client.post(link)
    assert done.status_code == 200
    assert "You are subscribed" in done.text
    assert status(database) is Status.CONFIRMED
    after = rows(database)
    assert client.post(link).text == done.text
    assert client.get(link).text == done.text
    assert rows(database) == after
    assert letters(database)[-1] == ("welcome", "zoe@example.org")
    with db.reading(database) as connection:
        table = tables.consent_events.c
        event = connection.execute(select(tables.consent_events).where(table.kind == "confirmed")).one()
        words = select(tables.wordings.c.text).where(tables.wordings.c.version == event.wording)
        assert connection.execute(words).scalar_one() == signup_words.confirming(settings.newsletter("weekly"), "en")
    assert (event.page, event.network) == ("https://news.example.com/confirm", "203.0.113.0/24")


def test_the_page_after_it_leads_to_preferences_that_hold_the_choices(client: TestClient, link: str) -> None:
    done = client.post(link).text
    path = done.split('href="/preferences/')[1].split('"')[0]
    page = client.get(f"/preferences/{path}").text
    assert page.count('name="topic"') == 8
    chosen = [part.split('"')[0] for part in page.split('name="topic" value="')[1:] if "checked" in part.split(">")[0]]
    assert sorted(chosen) == ["Sport", "World"]


def test_an_old_link_says_so_and_leads_to_the_form(client: TestClient, database: Engine, link: str) -> None:
    with db.transaction(database) as connection:
        connection.execute(update(tables.signups).values(at=datetime.now(UTC) - timedelta(hours=72, seconds=1)))
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410
        assert 'href="/subscribe?newsletter=weekly"' in answer.text
    assert status(database) is Status.PENDING


def test_a_used_link_does_not_bring_back_who_left_since(client: TestClient, database: Engine, link: str) -> None:
    client.post(link)
    with db.transaction(database) as connection:
        person = store.by_email(connection, "zoe@example.org")
        assert person
        consent.unsubscribe(connection, person, [], newsletter=None, source="page", now=NOW)
    assert client.post(link).status_code == 410
    assert status(database) is Status.UNSUBSCRIBED


def test_who_must_not_be_mailed_is_not_subscribed_by_the_button(
    client: TestClient, database: Engine, link: str
) -> None:
    with db.transaction(database) as connection:
        suppression.add(
            connection, "zoe@example.org", reason="complained", source="test", secret=audience.SECRET, now=NOW
        )
    assert client.post(link).status_code == 410
    assert status(database) is Status.PENDING


@pytest.mark.parametrize("token", ["x", "1.forged", TOKENS.confirm(999), TOKENS.address(1)])
def test_a_link_that_is_not_ours_or_was_withdrawn_opens_nothing(
    client: TestClient, database: Engine, link: str, token: str
) -> None:
    before = rows(database)
    for answer in (client.get(f"/confirm/{token}"), client.post(f"/confirm/{token}")):
        assert answer.status_code == 404
    assert rows(database) == before


def test_the_link_of_an_erased_person_opens_nothing(client: TestClient, database: Engine, link: str) -> None:
    with db.transaction(database) as connection:
        connection.execute(delete(tables.subscribers))
    assert client.post(link).status_code == 404


def test_the_newest_issue_is_offered_unticked_and_sent_only_if_wanted(
    client: TestClient, database: Engine, settings: Settings, link: str
) -> None:
    assert 'name="newest"' not in client.get(link).text
    with db.transaction(database) as connection:
        articles.store(connection, [article(1, "World")], now=NOW)
        audience.subscriber(connection, "ada@example.org")
    issue = planning.plan(database, settings, settings.newsletter("weekly"), now=NOW).issue
    assert 'name="newest"' not in client.get(link).text
    with db.transaction(database) as connection:
        connection.execute(update(tables.issues).values(released_at=NOW))
    page = client.get(link).text
    assert '<input type="checkbox" name="newest" value="yes">' in page
    client.post(link, data={"newest": "yes"})
    with db.reading(database) as connection:
        query = select(tables.letters.c.about).where(tables.letters.c.kind == "welcome")
        assert connection.execute(query).scalar_one() == issue.id


def test_neither_token_nor_address_reaches_the_log(
    client: TestClient, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="digest"):
        client.get(link)
        client.post(link)
        sign_up(client, "other@example.org")
        sign_up(client, "no address")
    assert "/confirm/{token} 200" in caplog.text
    for secret in (link.removeprefix("/confirm/"), "zoe@", "other@", "no address"):
        assert secret not in caplog.text


def test_somebody_known_is_shown_the_topics_that_they_will_get(client: TestClient, database: Engine) -> None:
    with db.transaction(database) as connection:
        audience.subscriber(connection, "ada@example.org", "Health", status="unsubscribed", frequency="monthly")
    sign_up(client, "ada@example.org")
    page = client.get(f"/confirm/{TOKENS.confirm(newest_signup(database))}").text
    assert "<dd><bdi>Health</bdi></dd>" in page
    assert "<dd>Monthly</dd>" in page
