"""What other programs hear of somebody who is erased, through each of the three doors."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from digest import access_tokens, db, tables, web
from digest.access_tokens import Scope
from digest.config import Settings
from digest.webhook_settings import WebhookEvent
from digest.webhooks import announcing, calls, farewell
from subscribers import consent, store
from subscribers.model import Subscriber
from tests import audience
from tests.conftest import NOW
from tests.digest.webhooks.test_announcing import CRM, told, webhook
from tests.subscribers.visits import link

LEFT = [{"email": "ada@example.org", "status": "unsubscribed"}]


@pytest.fixture
def ada(database: Engine) -> Subscriber:
    """Somebody of whom much is known."""
    with db.transaction(database) as connection:
        person = store.by_id(connection, audience.subscriber(connection, "ada@example.org", "World", name="Ada Marker"))
    assert person
    return person


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """The application, with a webhook."""
    with TestClient(web.app(database, settings.model_copy(update={"webhooks": (CRM,)}))) as browser:
        yield browser


def heard(database: Engine) -> list[tuple[str, Any, Any]]:
    return [(call["type"], call["data"]["event"], call["data"]["source"]) for call in told(database)]


def test_the_page_tells_that_its_reader_left_and_nothing_else_of_them(
    client: TestClient, database: Engine, ada: Subscriber
) -> None:
    client.post(f"{link(ada.id)}/erase")

    assert heard(database) == [("unsubscribed", "erased", "page")]
    assert told(database)[0]["data"]["subscriber"] == {
        "id": ada.id, "email": "ada@example.org", "status": "unsubscribed",
    }  # fmt: skip
    assert announcing.announce(database, [CRM], now=NOW) == 0


def test_a_program_that_erases_has_the_others_told(client: TestClient, database: Engine, ada: Subscriber) -> None:
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "shop", [Scope.ERASE], expires_at=None, now=NOW)
    client.delete(f"/api/v1/subscribers/{ada.id}", headers={"Authorization": f"Bearer {token}"})

    assert heard(database) == [("unsubscribed", "erased", "api: shop")]


def erase(database: Engine, person: Subscriber, *webhooks: Any) -> None:
    with db.transaction(database) as connection:
        farewell.tell(webhooks, connection, person, "page", NOW)
        consent.erase(connection, person, source="page", now=NOW)


def test_only_who_hears_of_leaving_is_told_and_only_of_who_ever_came(database: Engine, ada: Subscriber) -> None:
    with db.transaction(database) as connection:
        audience.subscriber(connection, "new@example.org", status="pending")
        new = store.by_email(connection, "new@example.org")
    assert new
    erase(database, new, CRM)
    erase(database, ada, webhook("bounces", WebhookEvent.BOUNCED), CRM)

    assert [call["webhook"] for call in told(database)] == ["crm"]


def test_what_was_still_to_be_told_gives_way_to_it(database: Engine, ada: Subscriber) -> None:
    with db.transaction(database) as connection:
        consent.change(connection, ada, store.Changes(name="Ada Other"), source="page", now=NOW)
    announcing.announce(database, [CRM], now=NOW)
    erase(database, ada, CRM)

    assert heard(database) == [("unsubscribed", "erased", "page")]
    assert "Ada" not in json.dumps(told(database))


@pytest.mark.parametrize(
    "end",
    [
        lambda connection, call: calls.record_done(connection, call, 200),
        lambda connection, call: calls.record_failed(connection, call, 410),
        lambda connection, _: calls.give_up_late(connection, now=NOW + calls.LIFETIME),
    ],
)
def test_the_address_is_forgotten_when_the_call_ends(
    database: Engine, ada: Subscriber, end: Callable[..., object]
) -> None:
    erase(database, ada, CRM)
    with db.transaction(database) as connection:
        call = calls.claim(connection, "crm", now=NOW)
        assert call
        calls.record_deferred(connection, call, 500, now=NOW, chance=0.5)
        assert connection.execute(select(tables.webhook_calls.c.id)).all()
        end(connection, call)
        assert connection.execute(select(tables.webhook_calls.c.id)).all() == []
