"""Which calls follow from what happened to somebody's consent."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Engine, select

from digest import db, tables
from digest.webhook_settings import Webhook, WebhookEvent
from digest.webhooks import announcing, calls
from subscribers import consent, fields, importing, record, sheets, store
from subscribers.entries import Terms
from subscribers.model import Frequency, Subscriber
from subscribers.record import Event
from tests.conftest import NOW
from tests.subscribers import people

SECRET = "whsec_" + "A" * 32


def webhook(name: str, *events: WebhookEvent) -> Webhook:
    wanted: dict[str, Any] = {"events": events} if events else {}
    return Webhook(name=name, url="https://crm.example.com/", secret=SECRET, **wanted)  # type: ignore[arg-type]  # pydantic wraps it


CRM = webhook("crm")


def told(database: Engine) -> list[dict[str, Any]]:
    with db.reading(database) as connection:
        rows = connection.execute(select(tables.webhook_calls).order_by(tables.webhook_calls.c.id))
        return [{"webhook": row.webhook, **json.loads(row.body)} for row in rows]


def happened(database: Engine, subscriber: Subscriber, kind: Event, detail: str = "", *, hours_ago: int = 0) -> None:
    with db.transaction(database) as connection:
        record.add(connection, record.event(subscriber.id, kind, "page", NOW - timedelta(hours=hours_ago), detail))


@pytest.fixture
def ada(database: Engine) -> Subscriber:
    """Somebody who was imported, of which nobody is told."""
    with db.transaction(database) as connection:
        return people.enrol(connection, "ada@example.org", name="Ada")


@pytest.mark.parametrize(
    ("kind", "detail", "expected"),
    [
        (Event.CONFIRMED, "", "subscribed"),
        (Event.RETURNED, "", "subscribed"),
        (Event.CHANGED, "{}", "changed"),
        (Event.MOVED, "", "changed"),
        (Event.PAUSED, "2026-12-01", "changed"),
        (Event.RESUMED, "", "changed"),
        (Event.UNSUBSCRIBED, "confirmed", "unsubscribed"),
        (Event.SUPPRESSED, "bounced", "bounced"),
        (Event.SUPPRESSED, "complained", "bounced"),
        (Event.SUPPRESSED, "manual", "changed"),
    ],
)
def test_event_is_told_by_what_it_means(
    database: Engine, ada: Subscriber, kind: Event, detail: str, expected: str
) -> None:
    happened(database, ada, kind, detail)

    assert announcing.announce(database, [CRM], now=NOW) == 1

    (call,) = told(database)
    assert (call["type"], call["at"], call["data"]["event"]) == (expected, "2026-11-23T07:00:00Z", kind)
    assert call["data"]["reason"] == (detail if kind is Event.SUPPRESSED else None)
    assert call["id"].startswith("evt_")
    assert "." not in call["id"]


def test_every_event_that_is_told_has_a_meaning() -> None:
    known = {announcing.meaning(kind, detail) for kind in record.TOLD for detail in ("", "bounced")}

    assert known == set(WebhookEvent)


@pytest.mark.parametrize("kind", sorted(set(Event) - record.TOLD))
def test_other_events_are_nobody_elses_business(database: Engine, ada: Subscriber, kind: Event) -> None:
    happened(database, ada, kind)

    assert announcing.announce(database, [CRM], now=NOW) == 0


def test_what_an_import_says_is_not_told(database: Engine, ada: Subscriber) -> None:
    text = "email,suppressed,status\nbo@example.org,bounced,\nada@example.org,,unsubscribed\n"
    terms = Terms(
        lists=(), categories=fields.Categories(()), newsletters=people.NEWSLETTERS, source="import:people.csv",
        secret=people.SECRET, now=NOW,
    )  # fmt: skip
    importing.run(database, sheets.Sheet("people.csv", BytesIO(text.encode())), terms)

    with db.reading(database) as connection:
        kinds = set(connection.execute(select(tables.consent_events.c.kind)).scalars())
    assert kinds == {"imported", "suppressed", "unsubscribed"}
    assert announcing.announce(database, [CRM], now=NOW) == 0


def test_data_is_the_person_as_the_api_shows_them_and_the_door(database: Engine, ada: Subscriber) -> None:
    with db.transaction(database) as connection:
        changes = store.Changes(frequency=Frequency.WEEKLY)
        consent.change(connection, ada, changes, source="api: shop", now=NOW)
        consent.unsubscribe(connection, ada, people.NEWSLETTERS, newsletter="weekly", source="one-click", now=NOW)

    announcing.announce(database, [CRM], now=NOW)

    changed, left = told(database)
    assert left["data"]["subscriber"]["email"] == "ada@example.org"
    assert left["data"]["subscriber"]["left"] == ["weekly"]
    assert left["data"]["subscriber"]["frequency"] == "weekly"
    assert (left["data"]["newsletter"], left["data"]["source"]) == ("weekly", "one-click")
    assert changed["data"]["source"] == "api: shop"


def test_each_webhook_hears_what_it_wants_under_one_id(database: Engine, ada: Subscriber) -> None:
    leavers = webhook("leavers", WebhookEvent.UNSUBSCRIBED)
    happened(database, ada, Event.CHANGED)
    happened(database, ada, Event.UNSUBSCRIBED)

    announcing.announce(database, [CRM, leavers], now=NOW)

    calls_made = told(database)
    assert [(call["webhook"], call["type"]) for call in calls_made] == [
        ("crm", "changed"),
        ("crm", "unsubscribed"),
        ("leavers", "unsubscribed"),
    ]
    assert calls_made[1]["id"] == calls_made[2]["id"] != calls_made[0]["id"]


def test_nothing_is_told_twice(database: Engine, ada: Subscriber) -> None:
    happened(database, ada, Event.CONFIRMED)

    assert announcing.announce(database, [CRM], now=NOW) == 1
    assert announcing.announce(database, [CRM], now=NOW) == 0


def test_webhook_that_is_set_up_later_hears_only_what_follows(database: Engine, ada: Subscriber) -> None:
    happened(database, ada, Event.CONFIRMED)
    announcing.announce(database, [], now=NOW)
    happened(database, ada, Event.CHANGED, hours_ago=80)  # while no worker ran

    assert announcing.announce(database, [CRM], now=NOW) == 0

    happened(database, ada, Event.UNSUBSCRIBED)
    assert announcing.announce(database, [CRM], now=NOW) == 1


def test_many_events_are_told_in_the_order_in_which_they_happened(database: Engine, ada: Subscriber) -> None:
    count = announcing.BATCH * 2 + 3
    rows = [record.event(ada.id, Event.CHANGED, f"{number}", NOW) for number in range(count)]
    with db.transaction(database) as connection:
        connection.execute(tables.consent_events.insert(), rows)

    assert announcing.announce(database, [CRM], now=NOW) == count
    assert [call["data"]["source"] for call in told(database)] == [str(number) for number in range(count)]


def test_erased_people_leave_no_call_behind(database: Engine, ada: Subscriber) -> None:
    happened(database, ada, Event.UNSUBSCRIBED)
    announcing.announce(database, [CRM], now=NOW)

    with db.transaction(database) as connection:
        consent.erase(connection, ada, source="test", now=NOW)

    assert told(database) == []
    with db.transaction(database) as connection:
        assert calls.claim(connection, "crm", now=NOW) is None
