"""Fictional people for tests, stored as an import would."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from digest import tables
from digest.model import Newsletter
from subscribers import enrolment, store
from subscribers.enrolment import Newcomer
from subscribers.model import Subscriber

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
SECRET = b"a test key of more than thirty-two characters"

DAILY = Newsletter(
    slug="daily", name="The Daily", sender="daily@news.example.com", lists=("readers",), categories=("World",)
)
WEEKLY = Newsletter(
    slug="weekly", name="The Weekly", sender="weekly@news.example.com", lists=("readers",), categories=("World",)
)
PILOT = Newsletter(
    slug="pilot", name="The Pilot", sender="pilot@news.example.com", lists=("pilots",), categories=("World",)
)
NEWSLETTERS = (DAILY, WEEKLY, PILOT)


def enrol(connection: Connection, email: str, **known: Any) -> Subscriber:
    """Store one person, on the list `readers` unless they say otherwise."""
    person = Newcomer(**{"email": email, "lists": ("readers",), **known})
    enrolment.enrol(connection, {store.email_key(email): person}, source="test", secret=SECRET, now=NOW)
    return found(connection, email)


def found(connection: Connection, email: str) -> Subscriber:
    """Return a person who must be there."""
    person = store.by_email(connection, email)
    assert person is not None
    return person


def events(connection: Connection, person: Subscriber) -> list[tuple[str, str | None, str]]:
    """Return the kind, newsletter and source of what happened to somebody's consent."""
    table = tables.consent_events.c
    query = select(table.kind, table.newsletter, table.source).where(table.subscriber_id == person.id)
    return [(row.kind, row.newsletter, row.source) for row in connection.execute(query.order_by(table.id))]
