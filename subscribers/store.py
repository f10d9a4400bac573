"""The subscribers as the database holds them: finding, reading, and changing what is not a matter of consent."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from digest import db
from digest.model import Newsletter
from digest.schedule import zone_or
from digest.tables import subscribers, subscriptions, suppressions, unsubscriptions
from subscribers.model import Frequency, Preferences, Status, Subscriber

PAGE = 1000  # people per query while everyone is read: few queries, and little memory


@lru_cache(maxsize=4096)
def _international_domain(domain: str) -> str:
    try:
        return validate_email(f"x@{domain}", check_deliverability=False, test_environment=True).ascii_domain
    except EmailNotValidError:
        return domain.casefold()


def email_key(email: str) -> str:
    """Return the identity of an address: two that are equal here are one person.

    The local part is casefolded, the domain lower-cased and in its ASCII form (RFC 5891). Any text has a key,
    so that looking for a mistyped address finds nobody instead of failing.
    """
    text = email.strip().encode("utf-8", "replace").decode()
    local, at, domain = unicodedata.normalize("NFC", text).rpartition("@")
    return local.casefold() + at + (domain.lower() if domain.isascii() else _international_domain(domain))


@lru_cache(maxsize=16_384)  # an import asks twice for each of its people
def email_digest(key: str, secret: bytes) -> str:
    """Return the keyed hash of an `email_key` by which suppressions know an address without holding it.

    Without the secret nobody can try addresses against it. With another secret it is another hash.
    """
    hash_key = blake2b(secret, person=b"digest suppress").digest()
    return blake2b(key.encode(), key=hash_key, digest_size=16).hexdigest()


class Match(NamedTuple):
    """A subscriber together with the key that found them."""

    key: str
    subscriber: Subscriber


def _query() -> Select[Any]:
    return select(subscribers, suppressions.c.reason.label("suppressed")).outerjoin(
        suppressions, suppressions.c.email_digest == subscribers.c.email_digest
    )


def _names_by_person(connection: Connection, statement: Select[Any]) -> dict[int, list[str]]:
    """Gather rows of (subscriber id, name) into a list of names for each person."""
    names: dict[int, list[str]] = {}
    for subscriber_id, name in connection.execute(statement):
        names.setdefault(subscriber_id, []).append(name)
    return names


def _lists(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    table = subscriptions.c
    query = select(table.subscriber_id, table.list).where(table.subscriber_id.in_(ids)).order_by(table.list)
    return _names_by_person(connection, query)


def _left(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    table = unsubscriptions.c
    query = select(table.subscriber_id, table.newsletter).where(table.subscriber_id.in_(ids))
    return _names_by_person(connection, query.order_by(table.newsletter))


def _subscriber(row: Row[Any], lists: Iterable[str], left: Iterable[str]) -> Subscriber:
    return Subscriber(
        id=row.id,
        email=row.email,
        name=row.name,
        status=Status(row.status),
        preferences=Preferences.from_json(row.preferences),
        frequency=Frequency(row.frequency),
        timezone=row.timezone,
        language=row.language,
        paused_until=row.paused_until,
        preferred_time=row.preferred_time,
        link_version=row.link_version,
        lists=tuple(sorted(lists)),
        left=tuple(sorted(left)),
        suppressed=row.suppressed,
    )


def _matches(connection: Connection, query: Select[Any]) -> list[Match]:
    """Run a query made by `_query`; three round trips, however many people it finds."""
    rows = connection.execute(query).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    lists, left = _lists(connection, ids), _left(connection, ids)
    return [Match(row.email_key, _subscriber(row, lists.get(row.id, ()), left.get(row.id, ()))) for row in rows]


def _people(connection: Connection, query: Select[Any]) -> list[Subscriber]:
    return [match.subscriber for match in _matches(connection, query)]


def by_id(connection: Connection, subscriber_id: int) -> Subscriber | None:
    """Return one person, or None."""
    return next(iter(_people(connection, _query().where(subscribers.c.id == subscriber_id))), None)


def hold(connection: Connection, subscriber_id: int) -> Subscriber | None:
    """Return a person whom nobody else changes until the transaction ends; None where they are gone."""
    lock(connection, subscribers.c.id == subscriber_id)
    return by_id(connection, subscriber_id)


def by_email(connection: Connection, email: str) -> Subscriber | None:
    """Return the person whose address this is, however it is capitalised, or None."""
    return by_keys(connection, [email_key(email)]).get(email_key(email))


def lock(connection: Connection, which: ColumnElement[bool]) -> None:
    """Let nobody else change these people until this transaction ends; in order, so that two never wait in a ring."""
    connection.execute(select(subscribers.c.id).where(which).order_by(subscribers.c.id).with_for_update())


def by_keys(connection: Connection, keys: Collection[str]) -> dict[str, Subscriber]:
    """Return those people whose `email_key` is one of a few thousand, by that key."""
    return dict(_matches(connection, _query().where(subscribers.c.email_key.in_(keys))))


def by_ids(connection: Connection, ids: Collection[int]) -> dict[int, Subscriber]:
    """Return those people whose id is one of a few thousand, by id."""
    return {person.id: person for person in _people(connection, _query().where(subscribers.c.id.in_(ids)))}


def page(
    connection: Connection, *, after_id: int, limit: int, list_: str | None = None, status: Status | None = None
) -> list[Subscriber]:
    """Return the next people, by id: of one list and one status where those are named."""
    query = _query().where(subscribers.c.id > after_id).order_by(subscribers.c.id).limit(limit)
    if list_ is not None:
        query = query.where(is_on([list_]))
    if status is not None:
        query = query.where(subscribers.c.status == status)
    return _people(connection, query)


def every(connection: Connection) -> Iterator[Subscriber]:
    """Yield everyone, ordered by id, a page at a time."""
    last = 0
    while people := _people(connection, _query().where(subscribers.c.id > last).order_by(subscribers.c.id).limit(PAGE)):
        yield from people
        last = people[-1].id


def is_on(lists: Collection[str]) -> ColumnElement[bool]:
    """Return the condition on `tables.subscribers` under which a person is on any of the lists."""
    return exists().where(subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.list.in_(lists))


def those(connection: Connection, condition: ColumnElement[bool], *, after_id: int, limit: int) -> list[Subscriber]:
    """Return the next people, by id, for whom a condition on `tables.subscribers` holds, such as `is_on(lists)`."""
    query = _query().where(subscribers.c.id > after_id, condition).order_by(subscribers.c.id)
    return _people(connection, query.limit(limit))


def mailable(newsletter: str | BindParameter[str], now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition on `tables.subscribers` under which a person may be mailed an issue at this instant.

    They confirmed, no break of theirs is running, nothing suppresses their address, and they did not leave this
    newsletter.
    """
    suppressed = exists().where(suppressions.c.email_digest == subscribers.c.email_digest)
    left = exists().where(
        unsubscriptions.c.subscriber_id == subscribers.c.id, unsubscriptions.c.newsletter == newsletter
    )
    return and_(
        or_(
            subscribers.c.status == Status.CONFIRMED,
            and_(subscribers.c.status == Status.PAUSED, subscribers.c.paused_until <= now),
        ),
        ~suppressed.correlate(subscribers),
        ~left.correlate(subscribers),
    )


def timezones(connection: Connection, newsletter: Newsletter, now: datetime) -> dict[str, int]:
    """Return how many people on the newsletter's lists may be mailed now, by the time zone where they live.

    Zones that are not known here count as the newsletter's.
    """
    reader = and_(is_on(newsletter.lists), mailable(newsletter.slug, now))
    found: dict[str, int] = {}
    query = select(subscribers.c.timezone, func.count()).where(reader).group_by(subscribers.c.timezone)
    for zone, count in connection.execute(query.order_by(subscribers.c.timezone)):
        known = zone_or(zone, newsletter.timezone)
        found[known] = found.get(known, 0) + count
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to change about a person; None leaves it as it is. Status is not here: see `consent`."""

    name: str | None = None
    preferences: Preferences | None = None
    frequency: Frequency | None = None
    timezone: str | None = None
    language: str | None = None
    preferred_time: str | None = None

    def columns(self) -> dict[str, str]:
        """Return the columns to write, with their values as the database holds them."""
        values = {
            "name": self.name,
            "preferences": None if self.preferences is None else self.preferences.to_json(),
            "frequency": self.frequency,
            "timezone": self.timezone,
            "language": self.language,
            "preferred_time": self.preferred_time,
        }
        return {column: str(value) for column, value in values.items() if value is not None}


def difference(before: Subscriber, after: Subscriber) -> Changes:
    """Return what is new about a person, and nothing else: the record of consent names exactly that."""
    is_same = after.preferences.to_json() == before.preferences.to_json()
    return Changes(
        name=None if after.name == before.name else after.name,
        preferences=None if is_same else after.preferences,
        frequency=None if after.frequency is before.frequency else after.frequency,
        timezone=None if after.timezone == before.timezone else after.timezone,
        language=None if after.language == before.language else after.language,
        preferred_time=None if after.preferred_time == before.preferred_time else after.preferred_time,
    )


def change(connection: Connection, subscriber_id: int, changes: Changes, *, now: datetime) -> bool:
    """Write those changes that differ from what is stored; return whether there were any."""
    columns = changes.columns()
    if not columns:
        return False
    differs = or_(*(subscribers.c[column] != value for column, value in columns.items()))
    statement = update(subscribers).where(subscribers.c.id == subscriber_id, differs)
    return connection.execute(statement.values(**columns, changed_at=now)).rowcount > 0


def change_all(connection: Connection, changes: Mapping[int, Changes], *, now: datetime) -> None:
    """Write the changes of many people, by id, in a few round trips."""
    batches: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for subscriber_id, what in changes.items():
        columns = what.columns()
        row = {"of": subscriber_id, **{f"new_{column}": value for column, value in columns.items()}}
        batches.setdefault(tuple(columns), []).append(row)
    for names, rows in batches.items():
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        statement = update(subscribers).where(subscribers.c.id == bindparam("of")).values(values)
        connection.execute(statement.values(changed_at=now), rows)


def join(connection: Connection, lists: Mapping[int, Iterable[str]], *, now: datetime) -> None:
    """Put people, by id, on lists; those whom they are on already stay as they are."""
    rows = [
        {"list": name, "subscriber_id": subscriber_id, "created_at": now}
        for subscriber_id, names in lists.items()
        for name in names
    ]
    if rows:
        connection.execute(db.insert(connection, subscriptions).on_conflict_do_nothing(), rows)


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert those rows that are not there yet; return whether there were any."""
    if not rows:
        return False
    insert = db.insert(connection, table).on_conflict_do_nothing()
    return bool(connection.execute(insert.returning(*table.primary_key), rows).all())
