"""Addresses that must not be mailed, whoever owns them: kept as keyed hashes, so that no address stays behind."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select

from digest.tables import consent_events, subscribers, suppressions
from subscribers import record, store
from subscribers.record import Event

ERASED, MOVED = "erased", "moved"  # reasons of suppressions of addresses that somebody had
LIFTABLE = frozenset({ERASED, MOVED})  # whoever confirms a sign-up from such an address may be mailed there again


def add(connection: Connection, email: str, *, reason: str, source: str, secret: bytes, now: datetime) -> bool:
    """Forbid mail to an address for good, known or not; return whether it was allowed until now.

    The first reason stays, unless it is one of LIFTABLE. Only a keyed hash of the address is kept.
    """
    key = store.email_key(email)
    query = select(subscribers.c.id, subscribers.c.email_digest).where(subscribers.c.email_key == key)
    person = connection.execute(query).one_or_none()
    # A person keeps the hash that they were stored with, should the secret have changed since.
    digests = {store.email_digest(key, secret)} | ({person.email_digest} if person else set())
    rows = [{"email_digest": digest, "reason": reason, "source": source, "at": now} for digest in sorted(digests)]
    if reason not in LIFTABLE:
        lift(connection, suppressions.c.email_digest.in_(digests))
    added = store.add(connection, suppressions, rows)
    if added and person:
        store.add(connection, consent_events, [record.event(person.id, Event.SUPPRESSED, source, now, reason)])
    return added


def reasons(connection: Connection, digests: Sequence[str]) -> dict[str, str]:
    """Return the reasons why some of these `email_digest`s must not be mailed."""
    query = select(suppressions.c.email_digest, suppressions.c.reason).where(suppressions.c.email_digest.in_(digests))
    return {row.email_digest: row.reason for row in connection.execute(query)}


def lift(connection: Connection, which: ColumnElement[bool]) -> None:
    """Allow mail again to an address that only its owner's going had closed."""
    connection.execute(delete(suppressions).where(which, suppressions.c.reason.in_(LIFTABLE)))
