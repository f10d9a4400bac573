"""The last that other programs hear of somebody who is erased: that they left, and who they were."""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from digest.webhook_settings import Webhook, WebhookEvent
from digest.webhooks import calls
from subscribers.model import Status, Subscriber

ERASED = "erased"  # the event, of which no record is left


def body(event_id: str, person: Subscriber, *, source: str, at: datetime) -> str:
    """Return what is told of an erasure: of the person no more than id, address and status."""
    data = {
        "subscriber": {"id": person.id, "email": person.email, "status": Status.UNSUBSCRIBED},
        "event": ERASED,
        "newsletter": None,
        "source": source,
        "reason": None,
    }
    said = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    told = {"id": event_id, "type": WebhookEvent.UNSUBSCRIBED, "at": said, "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def tell(webhooks: Sequence[Webhook], connection: Connection, person: Subscriber, source: str, now: datetime) -> None:
    """Have each program that hears who leaves told of an erasure, in its transaction and before it (GDPR article 19).

    It takes the place of whatever else was still to be told of them. Of somebody who never confirmed, nobody knows.
    """
    wanting = [webhook for webhook in webhooks if WebhookEvent.UNSUBSCRIBED in webhook.events]
    if person.status is Status.PENDING or not wanting:
        return
    text = body(f"evt_{secrets.token_hex(16)}", person, source=source, at=now)
    calls.write(connection, [(webhook.name, None, text) for webhook in wanting], now=now)
