"""Subscribers for tests, written straight into the tables: complete, with what a test does not say filled in."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from digest import tables
from subscribers import store
from subscribers.model import Preferences

SECRET = b"a test key of more than thirty-two characters"
JOINED = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def subscriber(connection: Connection, email: str, *categories: str, **fields: Any) -> int:
    """Add a confirmed person on the list `readers` who chose these categories; returns their id."""
    key = store.email_key(email)
    preferences = fields.pop("preferences", Preferences(categories=categories))
    lists = fields.pop("lists", ["readers"])
    row = {
        "email": email,
        "email_key": key,
        "email_digest": store.email_digest(key, SECRET),
        "name": "",
        "status": "confirmed",
        "preferences": preferences.to_json(),
        "frequency": "every_issue",
        "timezone": "",
        "language": "",
        "paused_until": None,
        "link_version": 1,
        "created_at": JOINED,
        "changed_at": JOINED,
    }
    insert = tables.subscribers.insert().values(row | fields).returning(tables.subscribers.c.id)
    subscriber_id = int(connection.execute(insert).scalar_one())
    for name in lists:
        values = {"list": name, "subscriber_id": subscriber_id, "created_at": JOINED}
        connection.execute(tables.subscriptions.insert().values(values))
    return subscriber_id
