"""The link “Pause” in mails: it shows a button, and the button is all that pauses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from digest import db, tables, web
from digest.config import Settings
from subscribers import consent
from subscribers.model import Status
from tests import audience
from tests.subscribers.visits import events, everything, link, person, words


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A browser that follows no redirect by itself."""
    with TestClient(web.app(database, settings), follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org", "World")


def test_following_the_link_shows_a_button_and_changes_nothing(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    page = client.get(link(ada, "pause"))
    client.head(link(ada, "pause"))
    assert "Pause for two weeks" in words(page.text)
    assert "a•••@example.org gets no mail from us until" in words(page.text)
    assert everything(database) == before


def test_the_button_pauses_for_two_weeks_and_undo_takes_it_back(client: TestClient, database: Engine, ada: int) -> None:
    before = person(database, ada)
    done = client.post(link(ada, "pause"))
    assert "You have a break" in words(done.text)
    paused = person(database, ada)
    assert paused.status is Status.PAUSED
    assert paused.paused_until is not None
    assert timedelta(days=13) < paused.paused_until - datetime.now(UTC) <= timedelta(weeks=2)
    undone = client.post(link(ada, "pause"), data={"undo": "yes"})
    assert "Welcome back" in words(undone.text)
    assert person(database, ada) == before
    assert [kind for kind, _, _ in events(database)] == ["paused", "resumed"]


def test_pressed_twice_it_is_no_longer_and_recorded_once(client: TestClient, database: Engine, ada: int) -> None:
    client.post(link(ada, "pause"))
    before = everything(database)
    again = client.post(link(ada, "pause"))
    assert "You have a break" in words(again.text)
    assert everything(database) == before
    client.post(link(ada, "pause"), data={"undo": "yes"})
    after = everything(database)
    client.post(link(ada, "pause"), data={"undo": "yes"})
    assert everything(database) == after


def test_a_longer_break_stays_as_it_is(client: TestClient, database: Engine, ada: int) -> None:
    now = datetime.now(UTC)
    until = now + timedelta(days=200)
    with db.transaction(database) as connection:
        consent.pause(connection, person(database, ada), until, source="page", now=now)
    page = client.get(link(ada, "pause"))
    assert "End the break now" in words(page.text)
    assert "Pause for two weeks" not in words(page.text)
    client.post(link(ada, "pause"))
    assert person(database, ada).paused_until == until


def test_a_break_that_is_over_can_begin_anew(client: TestClient, database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        over = {"status": "paused", "paused_until": datetime.now(UTC) - timedelta(days=1)}
        connection.execute(update(tables.subscribers).values(over))
    assert "Pause for two weeks" in words(client.get(link(ada, "pause")).text)
    client.post(link(ada, "pause"))
    paused = person(database, ada).paused_until
    assert paused is not None
    assert paused > datetime.now(UTC)


@pytest.mark.parametrize("status", ["unsubscribed", "pending"])
def test_who_gets_no_mail_is_told_so_and_stays_as_they_are(client: TestClient, database: Engine, status: str) -> None:
    with db.transaction(database) as connection:
        eve = audience.subscriber(connection, "eve@example.org", status=status)
    before = everything(database)
    assert "Nothing to pause" in words(client.get(link(eve, "pause")).text)
    client.post(link(eve, "pause"))
    assert everything(database) == before


def test_a_revoked_or_forged_link_is_gone(client: TestClient, database: Engine, ada: int) -> None:
    for address in (link(ada, "pause", version=2), "/pause/x", f"{link(ada, 'pause')}x"):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
    assert person(database, ada).status is Status.CONFIRMED
