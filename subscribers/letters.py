"""Letters: mails to one person about their subscription, kept until they are sent and counted after it.

They are written in the transaction that they are about, so that there is none without its reason and no reason without
its letter. Before a letter's bytes are handed over, its `sending` is committed: one that was under way when the process
died is never sent again by itself (RFC 1047), and whoever waits for it can ask anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, or_, select, update

from digest import db
from digest.model import DeliveryStatus
from digest.tables import letters
from subscribers import store

COUNTED = timedelta(days=30)  # for which a letter is remembered by the keyed hash of its address
FIRST_RETRY = timedelta(minutes=1)
LIFETIME = timedelta(hours=24)  # of one that is not sent: shorter than that of any link in one
A_DAY = timedelta(days=1)
MOST_IN_30_DAYS = 3  # letters that a form provokes to one address, whatever is typed how often; one of them a day
_DOTTED = frozenset({"gmail.com", "googlemail.com"})  # where dots in the local part count for nothing


class Kind(StrEnum):
    """What a letter is about."""

    CONFIRM = "confirm"  #: asks whether this person asked to be mailed
    KNOWN = "known"  #: says that they get the newsletter already, with the way to their preferences
    WELCOME = "welcome"  #: says what they will get
    NEW_ADDRESS = "new_address"  #: asks at the new address whether mail shall go there
    OLD_ADDRESS = "old_address"  #: tells the old address that mail goes elsewhere now


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter that is to be sent."""

    id: int
    kind: Kind
    newsletter: str
    subscriber_id: int | None  #: none: the person is gone, and the letter with them
    about: int | None  #: the id of the sign-up or change of address, or for a welcome of the issue that it brings
    recipient: str
    language: str
    attempts: int
    at: datetime


def counted_as(email: str, secret: bytes) -> str:
    """Return the keyed hash under which letters to an address are counted.

    Spellings that reach one mailbox count as one: what follows a plus sign is left out, and so are Gmail's dots.
    """
    local, _, domain = store.email_key(email).rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTTED:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return store.email_digest(f"{local}@{domain}", secret)


def write(
    connection: Connection,
    kind: Kind,
    *,
    newsletter: str,
    subscriber_id: int,
    recipient: str,
    language: str,
    secret: bytes,
    now: datetime,
    about: int | None = None,
) -> int:
    """Put a letter on its way; return its id. Nothing is sent before the transaction is committed."""
    row = {
        "kind": kind,
        "newsletter": newsletter,
        "subscriber_id": subscriber_id,
        "about": about,
        "recipient": recipient,
        "email_digest": counted_as(recipient, secret),
        "language": language,
        "status": DeliveryStatus.PLANNED,
        "attempts": 0,
        "next_at": None,
        "at": now,
    }
    written = connection.execute(letters.insert().returning(letters.c.id), row)
    return int(written.scalar_one())


def count(connection: Connection, digest: str, kinds: Sequence[Kind], *, since: datetime) -> int:
    """Return how many letters of these kinds were written to an address, as `counted_as`, from an instant on."""
    table = letters.c
    query = select(func.count()).where(table.email_digest == digest, table.kind.in_(kinds), table.at >= since)
    return int(connection.execute(query).scalar_one())


def is_enough(connection: Connection, digest: str, kinds: Sequence[Kind], *, now: datetime) -> bool:
    """Tell whether an address, as `counted_as`, got so many of these letters that another would be a nuisance."""
    in_a_day = count(connection, digest, kinds, since=now - A_DAY)
    return in_a_day > 0 or count(connection, digest, kinds, since=now - COUNTED) >= MOST_IN_30_DAYS


def _due(now: datetime) -> ColumnElement[bool]:
    """Return the condition under which a letter is to be sent now."""
    table = letters.c
    is_open = table.status.in_((DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED))
    is_time = or_(table.next_at.is_(None), table.next_at <= now)
    return and_(table.recipient != "", is_open, is_time, table.at > now - LIFETIME)


def is_any_due(connection: Connection, *, now: datetime) -> bool:
    """Tell whether a letter is to be sent now; nothing is taken, or locked."""
    return connection.execute(select(letters.c.id).where(_due(now)).limit(1)).first() is not None


def claim(connection: Connection, *, now: datetime) -> Letter | None:
    """Take the oldest letter that is due, marked as `sending`; None when there is none. Commit before it is sent."""
    table = letters.c
    due = select(table.id).where(_due(now)).order_by(table.id).limit(1)
    found = connection.execute(db.for_update_skip_locked(connection, due)).scalar_one_or_none()
    if found is None:
        return None
    sending = {"status": DeliveryStatus.SENDING, "attempts": table.attempts + 1, "next_at": None}
    marked = update(letters).where(table.id == found, _due(now)).values(sending).returning(letters)
    row = connection.execute(marked).one_or_none()
    if row is None:
        return None
    return Letter(
        id=row.id,
        kind=Kind(row.kind),
        newsletter=row.newsletter,
        subscriber_id=row.subscriber_id,
        about=row.about,
        recipient=row.recipient,
        language=row.language,
        attempts=row.attempts,
        at=row.at,
    )


def record(connection: Connection, letter: Letter, status: DeliveryStatus, *, now: datetime) -> None:
    """Write what became of an attempt. A deferred letter is due again later, within a day; of any other, the address
    is forgotten."""
    again = now + FIRST_RETRY * 2 ** min(letter.attempts - 1, 6)
    if status is DeliveryStatus.DEFERRED and again < letter.at + LIFETIME:
        values = {"status": status, "next_at": again}
    else:
        ended = DeliveryStatus.EXPIRED if status is DeliveryStatus.DEFERRED else status
        values = {"status": ended, "next_at": None, "recipient": ""}
    connection.execute(update(letters).where(letters.c.id == letter.id).values(values))


def give_up_late(connection: Connection, *, now: datetime) -> int:
    """End the letters that could not be sent within a day, and forget their addresses; return how many.

    Of one that a dead process left `sending`, nobody knows whether it was sent.
    """
    table = letters.c
    ended = case((table.status == DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN), else_=DeliveryStatus.EXPIRED)
    late = update(letters).where(table.recipient != "", table.at <= now - LIFETIME)
    return connection.execute(late.values(status=ended, next_at=None, recipient="")).rowcount


def forget(connection: Connection, *, now: datetime) -> int:
    """Delete the letters that need not be counted any more; return how many."""
    return connection.execute(delete(letters).where(letters.c.at < now - COUNTED)).rowcount
