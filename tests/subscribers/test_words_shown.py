"""What the record keeps of the page where somebody decided: its address, their network, and the words they saw."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from digest import db, web
from digest.config import Settings
from subscribers import exporting, store
from subscribers.tokens import Tokens
from tests import audience

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A browser that follows no redirect by itself."""
    with TestClient(web.app(database, settings), follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org")


def path(subscriber_id: int) -> str:
    return f"/unsubscribe/{Tokens(audience.SECRET).unsubscribe(subscriber_id, 'weekly')}"


def proof(database: Engine, subscriber_id: int) -> dict[str, Any]:
    with db.reading(database) as connection:
        person = store.by_id(connection, subscriber_id)
        assert person is not None
        return exporting.consent_record(connection, person)[-1]


@pytest.mark.parametrize(
    ("pressed", "kind"),
    [
        ({"from": "newsletter"}, "unsubscribed"),
        ({"from": "everything"}, "unsubscribed"),
        ({"instead": "monthly"}, "changed"),
        ({"instead": "headlines"}, "changed"),
        ({"instead": "break"}, "paused"),
        ({"undo": "yes"}, "returned"),
        ({"reason": "other"}, "explained"),
    ],
)
def test_each_button_is_recorded_with_the_words_of_the_page_that_had_it(
    client: TestClient, database: Engine, ada: int, pressed: dict[str, str], kind: str
) -> None:
    with db.transaction(database) as connection:
        store.change(connection, ada, store.Changes(language="fr"), now=datetime.now(UTC))
    if kind in ("returned", "explained"):
        client.post(path(ada), data={"from": "everything"})
    page = unescape(re.sub(r"<[^>]+>", "", client.get(path(ada)).text))

    client.post(path(ada), data=pressed)

    event = proof(database, ada)
    assert (event["kind"], event["page"], event["language"]) == (kind, "https://news.example.com/unsubscribe", "fr")
    assert event["words"]
    assert [words for words in event["words"].split("\n") if words not in page] == []


def test_one_click_is_recorded_without_words_which_are_the_mail_programs_own(
    client: TestClient, database: Engine, ada: int
) -> None:
    client.post(path(ada), data=ONE_CLICK)

    event = proof(database, ada)
    assert (event["kind"], event["source"], event["words"]) == ("unsubscribed", "one-click", None)
    assert event["page"] == "https://news.example.com/unsubscribe"


def test_the_record_has_the_visitors_network_and_not_their_address(
    database: Engine, settings: Settings, ada: int
) -> None:
    with TestClient(web.app(database, settings), client=("203.0.113.7", 50000)) as browser:
        browser.post(path(ada), data={"from": "newsletter"})

    assert proof(database, ada)["network"] == "203.0.113.0/24"
