"""From what happened to somebody's consent to the calls that tell of it."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from digest import db
from digest.subscriber_view import subscriber_view
from digest.tables import consent_events
from digest.webhook_settings import Webhook, WebhookEvent
from digest.webhooks import calls
from subscribers import store
from subscribers.model import Subscriber
from subscribers.record import Event

BATCH = 500  # events in one transaction
MOST_BATCHES = 20  # in one run, so that mail never waits long for this
YOUNG = timedelta(days=3)  # what is older when it is found was never meant for a webhook: it was set up since
_MEANING = {
    Event.CONFIRMED: WebhookEvent.SUBSCRIBED,
    Event.RETURNED: WebhookEvent.SUBSCRIBED,
    Event.CHANGED: WebhookEvent.CHANGED,
    Event.MOVED: WebhookEvent.CHANGED,
    Event.PAUSED: WebhookEvent.CHANGED,
    Event.RESUMED: WebhookEvent.CHANGED,
    Event.UNSUBSCRIBED: WebhookEvent.UNSUBSCRIBED,
}
_BOUNCED = ("bounced", "complained")


def meaning(kind: str, detail: str) -> WebhookEvent:
    """Return what an event of the record means to other programs."""
    if kind == Event.SUPPRESSED:
        return WebhookEvent.BOUNCED if detail in _BOUNCED else WebhookEvent.CHANGED
    return _MEANING[Event(kind)]


def body(event_id: str, event: Row[Any], person: Subscriber) -> str:
    """Return what a program is told of an event: what happened, and how the person stands now."""
    kind = meaning(event.kind, event.detail)
    data = {
        "subscriber": subscriber_view(person).model_dump(mode="json"),
        "event": event.kind,
        "newsletter": event.newsletter,
        "source": event.source,
        "reason": event.detail if event.kind == Event.SUPPRESSED else None,
    }
    at = event.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    told = {"id": event_id, "type": kind, "at": at, "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def announce(engine: Engine, webhooks: Sequence[Webhook], *, now: datetime) -> int:
    """Write the calls that follow from what happened since the last time; return how many.

    An event and its calls are one transaction: none is told of twice, and none is forgotten. What happened while no
    webhook wanted it is never told of later.
    """
    written = 0
    for _ in range(MOST_BATCHES):
        with db.transaction(engine) as connection:
            events = _untold(connection)
            written += _announce(connection, events, webhooks, now)
        if len(events) < BATCH:
            break
    return written


def _untold(connection: Connection) -> list[Row[Any]]:
    """Return the oldest events that nobody was told of; two workers get different ones."""
    table = consent_events.c
    wanted = (table.id, table.subscriber_id, table.kind, table.newsletter, table.source, table.detail, table.at)
    query = select(*wanted).where(table.is_told.is_(False)).order_by(table.id).limit(BATCH)
    return list(connection.execute(db.for_update_skip_locked(connection, query)))


def _announce(connection: Connection, events: Sequence[Row[Any]], webhooks: Sequence[Webhook], now: datetime) -> int:
    if not events:
        return 0
    young = [event for event in events if webhooks and event.at > now - YOUNG]
    people = store.by_ids(connection, {event.subscriber_id for event in young})
    rows = [row for event in young for row in _rows(event, people, webhooks)]
    calls.write(connection, rows, now=now)
    told = update(consent_events).where(consent_events.c.id.in_([event.id for event in events]))
    connection.execute(told.values(is_told=True))
    return len(rows)


def _rows(
    event: Row[Any], people: Mapping[int, Subscriber], webhooks: Sequence[Webhook]
) -> Iterator[tuple[str, int, str]]:
    """Yield the calls of one event, one for each webhook that wants it, with the same id."""
    wanting = [webhook for webhook in webhooks if meaning(event.kind, event.detail) in webhook.events]
    if wanting and event.subscriber_id in people:
        text = body(f"evt_{secrets.token_hex(16)}", event, people[event.subscriber_id])
        yield from ((webhook.name, event.subscriber_id, text) for webhook in wanting)
