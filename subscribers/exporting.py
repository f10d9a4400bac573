"""People out: everyone as CSV that an import reads back, or all that is held about one person."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, select

from digest.model import JsonObject
from digest.tables import consent_events, deliveries, issues, skips, subscribers, subscriptions, unsubscriptions
from subscribers import fields
from subscribers.model import Subscriber

_OURS = {
    "email_key",
    "email_digest",
    "subscriber_id",
    "claim",
    "leased_until",
}  # how we find things; nothing about them


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
        "frequency": str(person.frequency),
        "timezone": person.timezone,
        "language": person.language,
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
    )


def rows(people: Iterable[Subscriber]) -> Iterator[tuple[str, ...]]:
    """Yield a row of cells for each person, for `sheets.write`."""
    return map(_cells, people)


def _held(connection: Connection, table: Table, person: Subscriber) -> list[JsonObject]:
    """Return a table's rows about a person."""
    key = table.c.id if table is subscribers else table.c.subscriber_id
    shown = [column for column in table.c if column.name not in _OURS]
    rows = connection.execute(select(*shown).where(key == person.id)).mappings()
    return [{name: _instant(v) if isinstance(v, datetime) else v for name, v in row.items()} for row in rows]


def _with_issue(connection: Connection, found: list[JsonObject]) -> list[JsonObject]:
    """Name the issue of each row, `weekly/12`, instead of its number in our table."""
    query = select(issues.c.id, issues.c.newsletter, issues.c.number)
    names = {row.id: f"{row.newsletter}/{row.number}" for row in connection.execute(query)}
    return [{"issue": names[row["issue_id"]], **{k: v for k, v in row.items() if k != "issue_id"}} for row in found]


def dossier(connection: Connection, person: Subscriber) -> JsonObject:
    """Return everything that is held about a person (GDPR article 15) as a JSON object."""
    stored = _held(connection, subscribers, person)[0]
    return {
        **presentation(person),
        "created_at": stored["created_at"],
        "changed_at": stored["changed_at"],
        "subscriptions": _held(connection, subscriptions, person),
        "unsubscriptions": _held(connection, unsubscriptions, person),
        "consent_events": _held(connection, consent_events, person),
        "deliveries": _with_issue(connection, _held(connection, deliveries, person)),
        "skips": _with_issue(connection, _held(connection, skips, person)),
    }
