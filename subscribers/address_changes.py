"""Changes of address: where somebody wants their mail, kept until they confirm it from there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from digest.tables import address_changes

LIFETIME = timedelta(hours=72)  # of the link that confirms one
REMEMBERED = timedelta(days=7)  # for which the link of a confirmed one says so


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressChange:
    """Where one person wants their mail."""

    id: int
    subscriber_id: int
    newsletter: str  #: whose page it was
    email: str
    at: datetime
    confirmed_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Tell whether it can still be confirmed."""
        return self.confirmed_at is None and now < self.at + LIFETIME


def add(connection: Connection, subscriber_id: int, newsletter: str, email: str, *, now: datetime) -> int:
    """Keep where somebody wants their mail; return its id, which the link in the letter names."""
    row = {"subscriber_id": subscriber_id, "newsletter": newsletter, "email": email, "at": now}
    return int(connection.execute(address_changes.insert().returning(address_changes.c.id), row).scalar_one())


def find(connection: Connection, change_id: int) -> AddressChange | None:
    """Return a change of address, open or not, or None; so for one that was called off."""
    wanted = (address_changes.c.id == change_id, address_changes.c.email != "")
    row = connection.execute(select(address_changes).where(*wanted)).one_or_none()
    if row is None:
        return None
    return AddressChange(
        id=row.id,
        subscriber_id=row.subscriber_id,
        newsletter=row.newsletter,
        email=row.email,
        at=row.at,
        confirmed_at=row.confirmed_at,
    )


def close(connection: Connection, change_id: int, *, now: datetime) -> bool:
    """Note that a change was confirmed; return whether this was the first time."""
    table = address_changes.c
    unconfirmed = update(address_changes).where(table.id == change_id, table.confirmed_at.is_(None))
    return connection.execute(unconfirmed.values(confirmed_at=now)).rowcount > 0


def count(connection: Connection, subscriber_id: int, *, since: datetime) -> int:
    """Return how many changes one person asked for, from an instant on."""
    table = address_changes.c
    query = select(func.count()).where(table.subscriber_id == subscriber_id, table.at >= since)
    return int(connection.execute(query).scalar_one())


def call_off(connection: Connection, subscriber_id: int) -> None:
    """Forget where one person wanted their mail and did not confirm it: no link may undo what came after it.

    That they asked still counts.
    """
    table = address_changes.c
    is_open = (table.subscriber_id == subscriber_id, table.confirmed_at.is_(None))
    connection.execute(update(address_changes).where(*is_open).values(email=""))


def forget(connection: Connection, *, now: datetime) -> int:
    """Delete the changes that no link needs any more; return how many."""
    return connection.execute(delete(address_changes).where(address_changes.c.at < now - REMEMBERED)).rowcount
