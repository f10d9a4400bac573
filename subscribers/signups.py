"""Sign-ups: what somebody asked for on a form, kept until they confirm it from their own mailbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, select, update

from digest.tables import signups
from subscribers.model import Frequency, Preferences

LIFETIME = timedelta(hours=72)  # of the link that confirms one
REMEMBERED = timedelta(days=7)  # for which the link of a confirmed one says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Signup:
    """What somebody asked for."""

    id: int
    subscriber_id: int
    newsletter: str
    name: str
    preferences: Preferences
    frequency: Frequency
    language: str
    at: datetime
    confirmed_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Tell whether it can still be confirmed."""
        return self.confirmed_at is None and now < self.at + LIFETIME


def add(
    connection: Connection,
    subscriber_id: int,
    newsletter: str,
    *,
    name: str,
    preferences: Preferences,
    frequency: Frequency,
    language: str,
    now: datetime,
) -> int:
    """Keep what somebody asked for; return its id, which the link in their letter names."""
    row = {
        "subscriber_id": subscriber_id,
        "newsletter": newsletter,
        "name": name,
        "preferences": preferences.to_json(),
        "frequency": frequency,
        "language": language,
        "at": now,
    }
    return int(connection.execute(signups.insert().returning(signups.c.id), row).scalar_one())


def find(connection: Connection, signup_id: int) -> Signup | None:
    """Return a sign-up, open or not, or None."""
    row = connection.execute(select(signups).where(signups.c.id == signup_id)).one_or_none()
    if row is None:
        return None
    return Signup(
        id=row.id,
        subscriber_id=row.subscriber_id,
        newsletter=row.newsletter,
        name=row.name,
        preferences=Preferences.from_json(row.preferences),
        frequency=Frequency(row.frequency),
        language=row.language,
        at=row.at,
        confirmed_at=row.confirmed_at,
    )


def close(connection: Connection, signup_id: int, *, now: datetime) -> bool:
    """Note that a sign-up was confirmed; return whether this was the first time. Others for the same are off by it."""
    table = signups.c
    unconfirmed = update(signups).where(table.id == signup_id, table.confirmed_at.is_(None))
    closed = unconfirmed.values(confirmed_at=now).returning(table.subscriber_id, table.newsletter)
    row = connection.execute(closed).one_or_none()
    if row is None:
        return False
    same = and_(table.subscriber_id == row.subscriber_id, table.newsletter == row.newsletter)
    connection.execute(delete(signups).where(same, table.confirmed_at.is_(None)))
    return True


def forget(connection: Connection, *, now: datetime) -> int:
    """Delete the sign-ups that no link needs any more; return how many."""
    return connection.execute(delete(signups).where(signups.c.at < now - REMEMBERED)).rowcount
