"""Issues as they were frozen: finding them, and reading their editions and deliveries."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from digest import tables
from digest.choices import Choices
from digest.compose import pieces
from digest.errors import NotFoundError
from digest.model import (
    Culprit,
    Delivery,
    DeliveryStatus,
    Depth,
    Edition,
    Issue,
    JsonObject,
    Newsletter,
    Outline,
    Placement,
)
from subscribers import store
from subscribers.segment import Segment

_I, _D, _E, _S = tables.issues, tables.deliveries, tables.editions, tables.subscribers
_SEGMENT = "segment"  # beside the newsletter's settings in `issues.frozen`
_ISSUE_COLUMNS = [column for column in _I.c if column.name != "compiled"]


def frozen(newsletter: Newsletter, segment: Segment | None) -> str:
    """Return what an issue keeps of the settings, and of the filters of the segment that it is for, as JSON."""
    if segment is None:
        return newsletter.model_dump_json()
    return json.dumps(newsletter.model_dump(mode="json") | {_SEGMENT: segment.presentation()}, ensure_ascii=False)


def _newsletter(stored: str) -> Newsletter:
    value = json.loads(stored)
    value.pop(_SEGMENT, None)
    return Newsletter.model_validate(value)


def segment_of(connection: Connection, issue: Issue) -> Segment | None:
    """Return the segment that an issue was planned for, with the filters that it had then."""
    if not issue.segment:
        return None
    stored = connection.execute(select(_I.c.frozen).where(_I.c.id == issue.id)).scalar_one()
    return Segment.from_json(issue.segment, json.dumps(json.loads(stored)[_SEGMENT]))


def _issue(row: Row[Any]) -> Issue:
    return Issue(
        id=row.id,
        newsletter=_newsletter(row.frozen),
        segment=row.segment,
        number=row.number,
        base_url=row.base_url,
        nonce=row.nonce,
        since=row.since,
        until=row.until,
        slot=row.slot,
        planned_at=row.planned_at,
        released_at=row.released_at,
        paused_at=row.paused_at,
        paused_until=row.paused_until,
        pause_reason=row.pause_reason,
    )


def all_issues(connection: Connection) -> list[Issue]:
    """Return every issue, the newest first."""
    rows = connection.execute(select(*_ISSUE_COLUMNS).order_by(_I.c.id.desc()))
    return [_issue(row) for row in rows]


def page(connection: Connection, *, newsletter: str | None, before_id: int | None, limit: int) -> list[Issue]:
    """Return the next issues, the newest first: of one newsletter, and older than the one of that id, where named."""
    query = select(*_ISSUE_COLUMNS).where(_I.c.planned_at.is_not(None)).order_by(_I.c.id.desc()).limit(limit)
    if newsletter is not None:
        query = query.where(_I.c.newsletter == newsletter)
    if before_id is not None:
        query = query.where(_I.c.id < before_id)
    return [_issue(row) for row in connection.execute(query)]


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


def _article_ids(connection: Connection, issue_id: int) -> dict[int, str]:
    table = tables.candidates
    query = select(table.c.number, table.c.article_id).where(table.c.issue_id == issue_id)
    return {number: article_id for number, article_id in connection.execute(query)}


def _placements(names: list[str], ids: Mapping[int, str]) -> tuple[Placement, ...]:
    cards = (pieces.read_card(name) for name in names if pieces.is_card(name))
    return tuple(Placement(ids[number], depth, is_update) for number, depth, is_update in cards)


def _edition(row: Row[Any], ids: Mapping[int, str]) -> Edition:
    names = row.pieces.split()
    return Edition(
        issue_id=row.issue_id,
        number=row.number,
        placements=_placements(names, ids),
        subject=row.subject,
        preheader=row.preheader,
        minutes=row.minutes,
        html_bytes=row.html_bytes,
        pieces=tuple(names),
        more=tuple(row.more.split()),
    )


def editions(connection: Connection, issue: Issue) -> Iterator[Edition]:
    """Stream every distinct version of the issue that goes out, in order of number."""
    ids = _article_ids(connection, issue.id)
    query = select(_E).where(_E.c.issue_id == issue.id).order_by(_E.c.number)
    with connection.execute(query.execution_options(yield_per=1000)) as rows:
        for row in rows:
            yield _edition(row, ids)


def numbered_editions(connection: Connection, issue_id: int, numbers: list[int]) -> list[Edition]:
    """Return the editions of those numbers."""
    ids = _article_ids(connection, issue_id)
    query = select(_E).where(_E.c.issue_id == issue_id, _E.c.number.in_(numbers)).order_by(_E.c.number)
    return [_edition(row, ids) for row in connection.execute(query)]


def outlines(connection: Connection, issue_id: int, numbers: list[int]) -> list[Outline]:
    """Return what making the mails of those editions needs."""
    columns = (_E.c.number, _E.c.subject, _E.c.preheader, _E.c.minutes, _E.c.pieces, _E.c.more)
    query = select(*columns).where(_E.c.issue_id == issue_id, _E.c.number.in_(numbers)).order_by(_E.c.number)
    return [
        Outline(number, subject, preheader, minutes, tuple(pieces.split()), tuple(more.split()))
        for number, subject, preheader, minutes, pieces, more in connection.execute(query)
    ]


def showing(connection: Connection, issue: Issue, number: int) -> set[int]:
    """Return the editions, by number, that show the candidate of that number, in the mail or in the browser."""
    cards = [pieces.card_name(number, depth) for depth in Depth]  # `c1b` is in no other card's name
    held = or_(*(column.contains(card) for card in cards for column in (_E.c.pieces, _E.c.more)))
    return set(connection.execute(select(_E.c.number).where(_E.c.issue_id == issue.id, held)).scalars())


def edition(connection: Connection, issue_id: int, number: int) -> Edition:
    """Return one edition; raises NotFoundError."""
    found = numbered_editions(connection, issue_id, [number])
    if not found:
        raise NotFoundError(f"the issue has no edition {number}")
    return found[0]


def edition_row(edition: Edition) -> JsonObject:
    """Return the row of `tables.editions` that stores an edition; its placements are read from its pieces."""
    return {
        "issue_id": edition.issue_id,
        "number": edition.number,
        "subject": edition.subject,
        "preheader": edition.preheader,
        "minutes": edition.minutes,
        "html_bytes": edition.html_bytes,
        "pieces": " ".join(edition.pieces),
        "more": " ".join(edition.more),
    }


def edition_readers(connection: Connection, issue: Issue) -> dict[int, int]:
    """Return how many deliveries each edition has; together they are the issue's deliveries."""
    query = select(_D.c.edition, func.count()).where(_D.c.issue_id == issue.id).group_by(_D.c.edition)
    return {number: count for number, count in connection.execute(query)}


def delivery_columns() -> list[ColumnElement[Any]]:
    """Return what a SELECT of deliveries joined with subscribers must hold for `delivery_from`."""
    kept = [column for column in _D.c if column.name not in ("claim", "leased_until")]
    return [*kept, _S.c.link_version, _S.c.created_at.label("subscribed_at")]


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
        subscribed_at=row.subscribed_at,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        code=row.code,
        reply=row.reply,
        culprit=Culprit(row.culprit),
        at=row.at,
        next_at=row.next_at,
        due_at=row.due_at,
        put_off_at=row.put_off_at,
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


def choices_of(connection: Connection, issue_id: int, numbers: list[int]) -> dict[int, Choices]:
    """Return the frozen input of the selection by its number."""
    table = tables.choices
    query = select(table.c.number, table.c.content).where(table.c.issue_id == issue_id, table.c.number.in_(numbers))
    return {row.number: Choices.from_json(row.content) for row in connection.execute(query)}


def compiled(connection: Connection, issue: Issue) -> bytes:
    """Return the issue's compiled pieces as they are stored; raises NotFoundError while planning is not complete."""
    stored = connection.execute(select(_I.c.compiled).where(_I.c.id == issue.id)).scalar_one_or_none()
    if stored is None:
        raise NotFoundError(f"{issue.name} is not planned completely: run `digest plan {issue.newsletter.slug}`")
    return bytes(stored)
