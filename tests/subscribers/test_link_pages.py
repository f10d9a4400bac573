"""New links: what somebody else holds of a reader's stops working, but for the way out."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from digest import db, web
from digest.config import Settings
from subscribers.tokens import Tokens
from tests import audience
from tests.subscribers.visits import everything, link, words

TOKENS = Tokens(audience.SECRET)


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


def test_asking_changes_nothing(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    page = client.get(f"{link(ada)}/links")
    assert client.head(f"{link(ada)}/links").status_code == page.status_code == 200
    assert "those in all earlier mails stop working" in words(page.text)
    assert everything(database) == before


def test_after_the_button_only_the_new_link_and_the_way_out_work(client: TestClient, ada: int) -> None:
    answer = client.post(f"{link(ada)}/links")
    assert answer.status_code == 303
    assert client.get(answer.headers["location"]).status_code == 200
    assert client.get(link(ada)).status_code == 404
    assert client.get(f"/pause/{TOKENS.preferences(ada, 1, 'weekly')}").status_code == 404
    assert client.get(f"/unsubscribe/{TOKENS.unsubscribe(ada, 'weekly')}").status_code == 200
    assert client.post(f"{link(ada)}/links").status_code == 404


def test_a_wrong_token_finds_nothing(client: TestClient, ada: int) -> None:
    assert client.get(f"/preferences/{TOKENS.view(1, ada, 1)}/links").status_code == 404
    assert client.post(f"/preferences/{TOKENS.view(1, ada, 1)}/links").status_code == 404
