"""People out: everyone as CSV that an import reads back, or all that is held about one person."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, and_, or_, select

from digest.model import JsonObject
from digest.tables import (
    address_changes,
    choices,
    consent_events,
    deliveries,
    issues,
    letters,
    signups,
    skips,
    subscribers,
    subscriptions,
    suppressions,
    unsubscriptions,
    webhook_calls,
    wordings,
)
from subscribers import fields
from subscribers.model import Subscriber

_OURS = {  # how we find things; nothing about them
    *("id", "email_key", "email_digest", "subscriber_id"),
    *("issue_id", "about", "claim", "leased_until", "is_told"),
}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def presentation(person: Subscriber) -> JsonObject:
    """Return a person as the JSON object that `subscribers show` prints."""
    return {
        "email": person.email,
        "name": person.name,
        "status": str(person.status),
        "lists": list(person.lists),
        "left": list(person.left),
        "categories": list(person.preferences.categories),
        "muted": list(person.preferences.muted),
        "depth": {category: str(depth) for category, depth in person.preferences.depth},
        "max_articles": person.preferences.max_articles,
        "frequency": str(person.frequency),
        "timezone": person.timezone,
        "language": person.language,
        "preferred_time": person.preferred_time,
        "paused_until": _instant(person.paused_until) if person.paused_until else None,
        "suppressed": person.suppressed,
    }


def _cells(person: Subscriber) -> tuple[str, ...]:
    """Return a person's cells in the order of `sheets.COLUMNS`."""
    wants = person.preferences
    return (
        person.email,
        person.name,
        fields.joined(wants.categories),
        str(person.frequency),
        person.timezone,
        person.language,
        fields.joined(person.lists),
        str(person.status),
        ";".join(f"{fields.escape(category)}={depth}" for category, depth in sorted(wants.depth)),
        fields.joined(wants.muted),
        _instant(person.paused_until) if person.paused_until else "",
        person.suppressed or "",
        fields.joined(person.left),
        "" if wants.max_articles is None else str(wants.max_articles),
        person.preferred_time,
    )


def rows(people: Iterable[Subscriber]) -> Iterator[tuple[str, ...]]:
    """Yield a row of cells for each person, for `sheets.write`."""
    return map(_cells, people)


def _said(row: RowMapping) -> JsonObject:
    return {name: _instant(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _columns(table: Table) -> list[ColumnElement[Any]]:
    return [column for column in table.c if column.name not in _OURS]


def _rows(connection: Connection, query: Select[Any]) -> list[JsonObject]:
    return [_said(row) for row in connection.execute(query).mappings()]


def _held(connection: Connection, table: Table, person: Subscriber) -> list[JsonObject]:
    """Return a table's rows about a person, the oldest first where it numbers them."""
    query = select(*_columns(table)).where(table.c.subscriber_id == person.id)
    return _rows(connection, query.order_by(table.c.id) if "id" in table.c else query)


def consent_record(connection: Connection, person: Subscriber) -> list[JsonObject]:
    """Return what happened to a person's consent, in order, each event with the exact words that were shown."""
    words = wordings.c.text.label("words")
    query = select(*_columns(consent_events), words).outerjoin(wordings, wordings.c.version == consent_events.c.wording)
    return _rows(connection, query.where(consent_events.c.subscriber_id == person.id).order_by(consent_events.c.id))


def _letters(connection: Connection, person: Subscriber, digest: str) -> list[JsonObject]:
    """Return the letters to a person, wherever they went, and those to their address before they were stored."""
    to_the_address = and_(letters.c.subscriber_id.is_(None), letters.c.email_digest == digest)
    theirs = or_(letters.c.subscriber_id == person.id, to_the_address)
    return _rows(connection, select(*_columns(letters)).where(theirs).order_by(letters.c.id))


def _of_issues(connection: Connection, table: Table, person: Subscriber) -> list[JsonObject]:
    """Return a table's rows about issues and a person: with the issue's name, and what they had chosen by then."""
    own = [column for column in _columns(table) if column.name != "choices"]
    chosen = and_(choices.c.issue_id == table.c.issue_id, choices.c.number == table.c.choices)
    query = (
        select(issues.c.newsletter, issues.c.number.label("issue"), choices.c.content, *own)
        .join(issues, issues.c.id == table.c.issue_id)
        .outerjoin(choices, chosen)
        .where(table.c.subscriber_id == person.id)
        .order_by(issues.c.id)
    )
    return [_named(row) for row in _rows(connection, query)]


def _named(row: JsonObject) -> JsonObject:
    """Name the issue as people do, `weekly/12`, and read what was chosen."""
    newsletter, number, chosen = row.pop("newsletter"), row.pop("issue"), row.pop("content")
    return {"issue": f"{newsletter}/{number}", "choices": json.loads(chosen) if chosen else None, **row}


def dossier(connection: Connection, person: Subscriber) -> JsonObject:
    """Return everything that is held about a person (GDPR article 15) as a JSON object, each table under its name."""
    stored = connection.execute(select(subscribers).where(subscribers.c.id == person.id)).one()
    forbidden = select(*_columns(suppressions)).where(suppressions.c.email_digest == stored.email_digest)
    return {
        **presentation(person),
        "preferred_time": person.preferred_time,
        "max_articles": person.preferences.max_articles,
        "created_at": _instant(stored.created_at),
        "changed_at": _instant(stored.changed_at),
        "subscriptions": _held(connection, subscriptions, person),
        "unsubscriptions": _held(connection, unsubscriptions, person),
        "suppressions": _rows(connection, forbidden),
        "consent_events": consent_record(connection, person),
        "signups": _held(connection, signups, person),
        "address_changes": _held(connection, address_changes, person),
        "letters": _letters(connection, person, stored.email_digest),
        "webhook_calls": _held(connection, webhook_calls, person),
        "deliveries": _of_issues(connection, deliveries, person),
        "skips": _of_issues(connection, skips, person),
    }
