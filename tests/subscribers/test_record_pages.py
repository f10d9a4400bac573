"""A reader's record: downloaded whole, and erased whole."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from digest import db, tables, web
from digest.config import Settings
from subscribers import exporting, store, suppression
from tests import audience
from tests.subscribers.visits import everything, link, person, words


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A browser that follows no redirect by itself."""
    with TestClient(web.app(database, settings), follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org", "World", name="Ada “the” Łovelace")


def test_the_record_is_a_file_with_all_that_is_held(client: TestClient, database: Engine, ada: int) -> None:
    client.post(link(ada), data={"topic": "Sport"})
    before = everything(database)
    answer = client.get(f"{link(ada)}/record")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="weekly-record.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    with db.reading(database) as connection:
        assert json.loads(answer.content) == exporting.dossier(connection, person(database, ada))
    assert json.loads(answer.content)["consent_events"][0]["kind"] == "changed"
    assert "Ada “the” Łovelace" in answer.text
    assert everything(database) == before


def test_asking_before_erasing_changes_nothing(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    page = client.get(f"{link(ada)}/erase")
    client.head(f"{link(ada)}/erase")
    assert "cannot be undone" in words(page.text)
    assert "a•••@example.org" in page.text
    assert "/unsubscribe/" in page.text
    assert everything(database) == before


def test_the_button_erases_and_says_goodbye(client: TestClient, database: Engine, ada: int) -> None:
    client.post(link(ada), data={"topic": "Sport"})
    answer = client.post(f"{link(ada)}/erase")
    assert answer.status_code == 200
    assert "Goodbye" in words(answer.text)
    left = {name for name, rows in everything(database).items() if rows}
    assert left <= {"suppressions", "wordings", "alembic_version"}  # the words are nobody's
    assert client.get(link(ada)).status_code == 404
    assert client.post(f"{link(ada)}/erase").status_code == 404


def test_no_import_brings_back_who_erased_themselves(client: TestClient, database: Engine, ada: int) -> None:
    client.post(f"{link(ada)}/erase")
    digest = store.email_digest(store.email_key("ADA@example.org"), audience.SECRET)
    with db.reading(database) as connection:
        assert suppression.reasons(connection, [digest]) == {digest: suppression.ERASED}
        assert connection.execute(select(tables.subscribers)).all() == []


@pytest.mark.parametrize("page", ["record", "erase", "address"])
def test_a_revoked_or_forged_link_opens_nothing(client: TestClient, database: Engine, ada: int, page: str) -> None:
    for address in (f"{link(ada, version=2)}/{page}", f"/preferences/x/{page}"):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code in (404, 405)
    assert person(database, ada)
