"""An issue with deliveries for tests, written straight into the tables, and how they stand."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection, Engine, select

from digest import db, issues, tables
from digest.model import Issue
from tests.articles import NOW, newsletter
from tests.audience import subscriber


def issue_with(connection: Connection, *emails: str) -> Issue:
    """Add a planned issue with a delivery to each address."""
    table = tables.issues
    row = {
        "newsletter": "weekly",
        "number": 1,
        "slot": None,
        "frozen": newsletter().model_dump_json(),
        "base_url": "https://news.example.com",
        "nonce": "n0nce",
        "since": NOW - timedelta(days=7),
        "until": NOW,
        "created_at": NOW,
        "planned_at": NOW,
        "released_at": None,
        "pause_reason": "",
        "compiled": b"",
    }
    issue_id = connection.execute(table.insert().values(row).returning(table.c.id)).scalar_one()
    for email in emails:
        delivery = {
            "issue_id": issue_id,
            "subscriber_id": subscriber(connection, email),
            "edition": 1,
            "choices": 1,
            "recipient": email,
            "name": "",
            "status": "planned",
            "attempts": 0,
            "code": 0,
            "reply": "",
            "culprit": "",
        }
        connection.execute(tables.deliveries.insert().values(delivery))
    issue = issues.with_id(connection, issue_id)
    assert issue
    return replace(issue, released_at=NOW)


def standing(engine: Engine) -> dict[str, str]:
    """Return the status of each address."""
    table = tables.deliveries
    with db.reading(engine) as connection:
        rows = connection.execute(select(table.c.recipient, table.c.status).order_by(table.c.subscriber_id))
        return {recipient: status for recipient, status in rows}
