"""Issues as they were frozen: finding them, and reading their articles, editions and deliveries."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from digest import articles, tables
from digest.errors import NotFoundError
from digest.model import Article, Delivery, DeliveryStatus, Depth, Edition, Issue, Newsletter, Placement
from subscribers import store

_I, _D, _E, _P, _S = tables.issues, tables.deliveries, tables.editions, tables.placements, tables.subscribers
_ISSUE_COLUMNS = [column for column in _I.c if column.name != "compiled"]


def _issue(row: Row[Any]) -> Issue:
    return Issue(
        id=row.id,
        newsletter=Newsletter.model_validate_json(row.frozen),
        number=row.number,
        base_url=row.base_url,
        nonce=row.nonce,
        since=row.since,
        until=row.until,
        slot=row.slot,
        planned_at=row.planned_at,
        released_at=row.released_at,
    )


def all_issues(connection: Connection) -> list[Issue]:
    """Return every issue, the newest first."""
    rows = connection.execute(select(*_ISSUE_COLUMNS).order_by(_I.c.id.desc()))
    return [_issue(row) for row in rows]


def newest(connection: Connection) -> Issue | None:
    """Return the issue that was planned last, of any newsletter, or None."""
    query = select(*_ISSUE_COLUMNS).where(_I.c.planned_at.is_not(None)).order_by(_I.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return _issue(row) if row else None


def with_id(connection: Connection, issue_id: int) -> Issue | None:
    """Return the issue of that id, or None."""
    row = connection.execute(select(*_ISSUE_COLUMNS).where(_I.c.id == issue_id)).one_or_none()
    return _issue(row) if row else None


def find(connection: Connection, name: str) -> Issue:
    """Return the issue `weekly/12`, or for `weekly` its newest one.

    Raises NotFoundError, which names the newest issue there is.
    """
    slug, slash, number = name.partition("/")
    query = select(*_ISSUE_COLUMNS).where(_I.c.newsletter == slug).order_by(_I.c.number.desc()).limit(1)
    newest_row = connection.execute(query).one_or_none()
    if newest_row is None:
        raise NotFoundError(f"“{slug}” has no issue yet: `digest plan {slug}` freezes the first one")
    if not slash:
        return _issue(newest_row)
    row = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        chosen = select(*_ISSUE_COLUMNS).where(_I.c.newsletter == slug, _I.c.number == int(number))
        row = connection.execute(chosen).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no issue “{name}”; the newest one is {slug}/{newest_row.number}")
    return _issue(row)


def pool(connection: Connection, issue: Issue) -> dict[str, Article]:
    """Return the candidates as they were when the issue was planned, the newest first, by id."""
    rows = connection.execute(select(tables.candidates.c.content).where(tables.candidates.c.issue_id == issue.id))
    found = sorted((articles.from_json(row.content) for row in rows), key=lambda a: (-a.published_at.timestamp(), a.id))
    return {article.id: article for article in found}


def _placements(connection: Connection, condition: ColumnElement[bool]) -> dict[int, list[Placement]]:
    query = select(_P.c.edition, _P.c.article_id, _P.c.depth).where(condition).order_by(_P.c.edition, _P.c.position)
    found: dict[int, list[Placement]] = {}
    for row in connection.execute(query):
        found.setdefault(row.edition, []).append(Placement(row.article_id, Depth(row.depth)))
    return found


def _editions(connection: Connection, issue_id: int, numbers: list[int] | None) -> list[Edition]:
    query = select(_E).where(_E.c.issue_id == issue_id).order_by(_E.c.number)
    condition = _P.c.issue_id == issue_id
    if numbers is not None:
        query = query.where(_E.c.number.in_(numbers))
        condition &= _P.c.edition.in_(numbers)
    placements = _placements(connection, condition)
    return [
        Edition(
            issue_id=issue_id,
            number=row.number,
            placements=tuple(placements[row.number]),
            subject=row.subject,
            preheader=row.preheader,
            minutes=row.minutes,
            html_bytes=row.html_bytes,
            pieces=tuple(row.pieces.split()),
        )
        for row in connection.execute(query)
    ]


def editions(connection: Connection, issue: Issue) -> list[Edition]:
    """Return every distinct version of the issue that goes out, in order of number."""
    return _editions(connection, issue.id, None)


def numbered_editions(connection: Connection, issue: Issue, numbers: list[int]) -> list[Edition]:
    """Return the editions of those numbers."""
    return _editions(connection, issue.id, numbers)


def edition(connection: Connection, issue_id: int, number: int) -> Edition:
    """Return one edition; raises NotFoundError."""
    found = _editions(connection, issue_id, [number])
    if not found:
        raise NotFoundError(f"the issue has no edition {number}")
    return found[0]


def edition_readers(connection: Connection, issue: Issue) -> dict[int, int]:
    """Return how many deliveries each edition has; together they are the issue's deliveries."""
    query = select(_D.c.edition, func.count()).where(_D.c.issue_id == issue.id).group_by(_D.c.edition)
    return {number: count for number, count in connection.execute(query)}


def delivery_columns() -> list[ColumnElement[Any]]:
    """Return what a SELECT of deliveries joined with subscribers must hold for `delivery_from`."""
    kept = [column for column in _D.c if column.name not in ("claim", "leased_until")]
    return [*kept, _S.c.link_version]


def delivery_from(row: Row[Any]) -> Delivery:
    """Return the delivery of a row of `delivery_columns`."""
    return Delivery(
        issue_id=row.issue_id,
        subscriber_id=row.subscriber_id,
        edition=row.edition,
        choices=row.choices,
        recipient=row.recipient,
        name=row.name,
        link_version=row.link_version,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        code=row.code,
        reply=row.reply,
        at=row.at,
        next_at=row.next_at,
    )


def _deliveries(issue_id: int) -> Select[Any]:
    joined = _D.join(_S, _S.c.id == _D.c.subscriber_id)
    return select(*delivery_columns()).select_from(joined).where(_D.c.issue_id == issue_id)


def deliveries(connection: Connection, issue: Issue) -> Iterator[Delivery]:
    """Stream the issue's deliveries in order of subscriber."""
    query = _deliveries(issue.id).order_by(_D.c.subscriber_id).execution_options(yield_per=1000)
    for row in connection.execute(query):
        yield delivery_from(row)


def delivery_of(connection: Connection, issue_id: int, subscriber_id: int) -> Delivery | None:
    """Return one person's delivery of an issue, or None when they get no mail of it."""
    row = connection.execute(_deliveries(issue_id).where(_D.c.subscriber_id == subscriber_id)).one_or_none()
    return delivery_from(row) if row else None


def delivery_for(connection: Connection, issue: Issue, email: str) -> Delivery | None:
    """Return the delivery to a person's address, or None when there is no such person or they get no mail of it."""
    person = store.by_email(connection, email)
    return delivery_of(connection, issue.id, person.id) if person else None


def readers(connection: Connection, issue: Issue, *, search: str, limit: int) -> list[Delivery]:
    """Return the first deliveries, by address, whose address or name holds the words searched for."""
    query = _deliveries(issue.id).order_by(_D.c.recipient, _D.c.subscriber_id).limit(limit)
    if words := search.strip():
        query = query.where(
            or_(_D.c.recipient.icontains(words, autoescape=True), _D.c.name.icontains(words, autoescape=True))
        )
    return [delivery_from(row) for row in connection.execute(query)]


def skip_reason(connection: Connection, issue_id: int, subscriber_id: int) -> str | None:
    """Return why a person on the newsletter's lists gets no mail of the issue; None when they were not among them."""
    skips = tables.skips
    query = select(skips.c.reason).where(skips.c.issue_id == issue_id, skips.c.subscriber_id == subscriber_id)
    return connection.execute(query).scalar_one_or_none()


def preferences_of(connection: Connection, issue_id: int, numbers: list[int]) -> dict[int, tuple[str, str]]:
    """Return the frozen input of the selection by number of choices: preferences and ids received before, both JSON."""
    table = tables.choices
    query = select(table.c.number, table.c.preferences, table.c.received).where(
        table.c.issue_id == issue_id, table.c.number.in_(numbers)
    )
    return {row.number: (row.preferences, row.received) for row in connection.execute(query)}


def compiled(connection: Connection, issue: Issue) -> bytes:
    """Return the issue's compiled pieces as they are stored; raises NotFoundError while planning is not complete."""
    stored = connection.execute(select(_I.c.compiled).where(_I.c.id == issue.id)).scalar_one_or_none()
    if stored is None:
        raise NotFoundError(f"{issue.name} is not planned completely: run `digest plan {issue.newsletter.slug}`")
    return bytes(stored)
