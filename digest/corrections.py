"""Corrections: what an editor says of an article that was delivered, and its removal from what is not delivered yet."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Integer, MetaData, Row, Table, and_, func, select, update

from digest import articles, candidates, history, issues, tables
from digest.compose import compiling, pieces, splice
from digest.compose.values import edition_values
from digest.composition import describe, shown_words
from digest.errors import NotFoundError, UsageError
from digest.ingest.text import one_line
from digest.ledger import OPEN
from digest.model import Candidate, Correction, CorrectionKind, DeliveryStatus, Edition, Issue, JsonObject

OPEN_FOR = timedelta(days=90)  # who gets no mail for so long is not told any more
LONGEST_NOTE = 1000  # characters: a correction is a sentence or two

EDITIONS_AT_A_TIME = 500  # well under every database's limit of parameters

_SUCCESSORS = Table(  # of editions without an article; NULL: nothing is left of it
    "successors",
    MetaData(),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("successor", Integer),
    prefixes=["TEMPORARY"],
)
_A, _C, _D, _E, _K = tables.articles, tables.candidates, tables.deliveries, tables.editions, tables.corrections


def _correction(row: Row[int, str, str, str, str, str, datetime]) -> Correction:
    return Correction(
        id=row.id,
        article_id=row.article_id,
        kind=CorrectionKind(row.kind),
        title=row.title,
        url=row.url,
        note=row.note,
        at=row.at,
    )


def recent(connection: Connection, now: datetime) -> list[Correction]:
    """Return the corrections of which readers may still have to be told, in the order in which they were made."""
    query = select(_K).where(_K.c.at > now - OPEN_FOR, _K.c.at <= now).order_by(_K.c.id)
    return [_correction(row) for row in connection.execute(query)]


def count(connection: Connection) -> int:
    """Return how many corrections there are; none ever goes."""
    return int(connection.execute(select(func.count()).select_from(_K)).scalar_one())


def correct(
    connection: Connection, article_id: str, kind: CorrectionKind, note: str, *, now: datetime
) -> tuple[Correction, int]:
    """Note a correction, take the article out of what is not delivered yet, and return how many deliveries changed.

    Those who had it are told in their next issue. A withdrawn article is not given to anybody any more.
    Raises NotFoundError, UsageError for a note that is empty or too long.
    """
    filed = articles.fetch(connection, article_id)
    if filed is None:
        raise NotFoundError(f"there is no article “{article_id}”: `digest articles` lists those that are there")
    said = one_line(note)
    if not said or len(said) > LONGEST_NOTE:
        raise UsageError(f"say in 1 to {LONGEST_NOTE:,} characters what was wrong; readers are told it in these words")
    row: JsonObject = {"article_id": article_id, "kind": kind, "title": filed.article.title, "url": filed.article.url}
    row |= {"note": said, "at": now}
    correction_id = int(connection.execute(_K.insert().values(row).returning(_K.c.id)).scalar_one())
    if kind is CorrectionKind.WITHDRAWN:
        connection.execute(update(_A).where(_A.c.id == article_id).values(withdrawn_at=now))
    changed = sum(_take_out(connection, issue, article_id, now) for issue in _undelivered(connection, article_id))
    return Correction(id=correction_id, **row), changed


def _undelivered(connection: Connection, article_id: str) -> list[Issue]:
    """Return the issues that have the article among their candidates, and deliveries to come."""
    to_come = select(_D.c.issue_id).where(_D.c.issue_id == _C.c.issue_id, _D.c.status.in_(OPEN)).exists()
    query = select(_C.c.issue_id).where(_C.c.article_id == article_id, to_come)
    found = (issues.with_id(connection, issue_id) for issue_id in connection.execute(query).scalars().all())
    return [issue for issue in found if issue is not None]


def _take_out(connection: Connection, issue: Issue, article_id: str, now: datetime) -> int:
    """Give the deliveries to come of an issue editions without the article; return how many there were.

    Editions that were delivered stay as they are, so that `/view/` shows what was received.
    """
    pool = candidates.frozen(connection, issue)
    number = pool[article_id].number
    of_candidate = (_C.c.issue_id == issue.id) & (_C.c.article_id == article_id)
    connection.execute(update(_C).where(of_candidate).values(is_taken_out=True))
    compiled = compiling.unpack(issues.compiled(connection, issue))
    last = connection.execute(select(func.max(_E.c.number)).where(_E.c.issue_id == issue.id)).scalar_one()
    taken = history.subjects(connection, issue)
    _SUCCESSORS.create(connection)
    for edition in _holding(connection, issue, number):
        made = _without(issue, edition, number, pool, taken)
        row: JsonObject = {"edition": edition.number, "successor": None}
        if made is not None:
            last += 1
            size = splice.html_bytes(compiled, made.pieces, edition_values(made, issue.newsletter.language))
            connection.execute(_E.insert(), [issues.edition_row(replace(made, number=last, html_bytes=size))])
            row["successor"] = last
        connection.execute(_SUCCESSORS.insert(), [row])
    changed = _move(connection, issue, now)
    _SUCCESSORS.drop(connection)
    return changed


def _holding(connection: Connection, issue: Issue, number: int) -> Iterator[Edition]:
    """Yield the editions with deliveries to come that show the candidate of that number."""
    to_come = select(_D.c.edition).where(_D.c.issue_id == issue.id, _D.c.status.in_(OPEN)).distinct()
    open_editions = set(connection.execute(to_come).scalars())
    numbers = sorted(open_editions & issues.showing(connection, issue, number))
    for start in range(0, len(numbers), EDITIONS_AT_A_TIME):
        yield from issues.numbered_editions(connection, issue.id, numbers[start : start + EDITIONS_AT_A_TIME])


def _without(
    issue: Issue, edition: Edition, number: int, pool: Mapping[str, Candidate], taken: Collection[str]
) -> Edition | None:
    """Return the edition without the candidate of that number, or None where nothing is left of it."""
    kept = tuple(placement for placement in edition.placements if pool[placement.article_id].number != number)
    if not kept:
        return None
    more = tuple(name for name in edition.more if pieces.read_card(name)[0] != number)
    names = [name for name in pieces.without(edition.pieces, number) if more or name != pieces.MORE]
    words = sum(shown_words(pool[p.article_id].article, p.depth) for p in kept)
    articles = [pool[p.article_id].article for p in kept]
    made = describe(issue, names, articles, words=words, is_update=kept[0].is_update, taken=taken)
    return replace(made, placements=kept, more=more)


def _move(connection: Connection, issue: Issue, now: datetime) -> int:
    """Give those who are still to receive an edition its successor, or nothing where it has none; return how many.

    Their claims end, so that no worker delivers the old one. Editions that nobody gets any more go.
    """
    to_come = and_(_D.c.issue_id == issue.id, _D.c.status.in_(OPEN), _D.c.edition == _SUCCESSORS.c.edition)
    free: JsonObject = {"claim": None, "leased_until": None}
    left = update(_D).where(to_come, _SUCCESSORS.c.successor.is_(None))
    skipped = connection.execute(left.values(status=DeliveryStatus.SKIPPED, next_at=None, at=now, **free)).rowcount
    moved = update(_D).where(to_come).values(edition=_SUCCESSORS.c.successor, **free)
    changed = connection.execute(moved).rowcount
    used = select(_D.c.edition).where(_D.c.issue_id == issue.id)
    old = (_E.c.issue_id == issue.id) & _E.c.number.in_(select(_SUCCESSORS.c.edition)) & _E.c.number.not_in(used)
    connection.execute(_E.delete().where(old))
    return skipped + changed
