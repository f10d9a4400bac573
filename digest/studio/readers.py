"""The readers of an issue: a typical one, the one asked for, their neighbours, and those who match a search."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, or_, select, tuple_

from digest import explanation, issues, tables
from digest.draft import SkipReason
from digest.errors import NotFoundError
from digest.model import Delivery, Issue
from subscribers import store

SHOWN = 50  # of a search; more would rather be searched for than scrolled through

_D, _S, _SKIPS = tables.deliveries, tables.subscribers, tables.skips


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A person on the newsletter's lists: with a delivery, or with the reason why there is none."""

    id: int
    email: str
    name: str
    delivery: Delivery | None = None
    skipped: str = ""

    @property
    def label(self) -> str:
        """What to call the person."""
        return self.name.strip() or self.email

    @property
    def initials(self) -> str:
        """One letter or two that stand for the person."""
        words = [word for word in self.label.split("@")[0].split() if word[0].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "–"


def _reader_of(delivery: Delivery) -> Reader:
    return Reader(id=delivery.subscriber_id, email=delivery.recipient, name=delivery.name, delivery=delivery)


def _first(
    connection: Connection, issue: Issue, *conditions: ColumnElement[bool], backwards: bool = False
) -> int | None:
    """Return the first subscriber, or the last, of an issue in the order of addresses."""
    order = [_D.c.recipient, _D.c.subscriber_id]
    query = select(_D.c.subscriber_id).where(_D.c.issue_id == issue.id, *conditions)
    query = query.order_by(*(column.desc() if backwards else column for column in order)).limit(1)
    return connection.execute(query).scalar_one_or_none()


def typical(connection: Connection, issue: Issue, heads: Mapping[int, int]) -> Reader | None:
    """Return the first reader of the edition with the most readers, or None when nobody gets mail.

    `heads` are the editions' head-counts.
    """
    if not heads:
        return None
    edition = min(heads, key=lambda number: (-heads[number], number))
    found = _first(connection, issue, _D.c.edition == edition)
    delivery = issues.delivery_of(connection, issue.id, found) if found is not None else None
    return _reader_of(delivery) if delivery else None


def find(connection: Connection, issue: Issue, wanted: str) -> Reader:
    """Return the person with that id or e-mail address.

    Raises NotFoundError when there is nobody, or nobody whom this issue was planned for.
    """
    is_id = wanted.isascii() and wanted.isdigit() and len(wanted) < 19  # fits in a database's integer
    person = store.by_id(connection, int(wanted)) if is_id else store.by_email(connection, wanted)
    if person is None:
        raise NotFoundError(f"there is no subscriber “{wanted}”: look for a name or an address in the list of readers")
    if delivery := issues.delivery_of(connection, issue.id, person.id):
        return _reader_of(delivery)
    if reason := issues.skip_reason(connection, issue.id, person.id):
        return Reader(id=person.id, email=person.email, name=person.name, skipped=reason)
    if (reason := explanation.outside(person, issue)) == SkipReason.NOT_IN_SEGMENT:
        return Reader(id=person.id, email=person.email, name=person.name, skipped=reason)
    raise NotFoundError(
        f"this issue was not planned for {person.email}, who is on none of its lists or came to them later"
    )


def neighbours(connection: Connection, issue: Issue, reader: Reader) -> tuple[int | None, int | None]:
    """Return the readers before and after one, in the order of addresses."""
    place = tuple_(_D.c.recipient, _D.c.subscriber_id)
    here = tuple_(reader.email, reader.id)
    before = _first(connection, issue, place < here, backwards=True)
    return before, _first(connection, issue, place > here)


def matching(connection: Connection, issue: Issue, search: str) -> list[Reader]:
    """Return the first SHOWN readers, by address, whose name or address holds the words searched for."""
    return [_reader_of(found) for found in issues.readers(connection, issue, search=search, limit=SHOWN)]


def skipped(connection: Connection, issue: Issue, search: str) -> list[Reader]:
    """Return the first SHOWN people who get no mail of the issue, by address, searched for in the same way."""
    query = (
        select(_S.c.id, _S.c.email, _S.c.name, _SKIPS.c.reason)
        .join_from(_SKIPS, _S, _S.c.id == _SKIPS.c.subscriber_id)
        .where(_SKIPS.c.issue_id == issue.id)
        .order_by(_S.c.email, _S.c.id)
        .limit(SHOWN)
    )
    if search:
        query = query.where(
            or_(_S.c.email.icontains(search, autoescape=True), _S.c.name.icontains(search, autoescape=True))
        )
    return [Reader(id=row.id, email=row.email, name=row.name, skipped=row.reason) for row in connection.execute(query)]
