"""Freezing an issue: its window, its pool of articles, its editions, and one delivery per subscriber.

First the candidates are gathered and their pictures fetched, outside of any transaction. Then the plan is drafted while
reading, into temporary tables, so that nobody waits for it; then it is written in one short transaction. After an
interruption there is none of it, and of two planners the second finds what the first has made.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Table, and_, func, or_, select

from digest import candidates, corrections, db, history, issues, lead_pictures, ranking, tables, templating
from digest import coverage as coverages
from digest.compose import specimen
from digest.compose.pieces import Shelf
from digest.composition import Composition
from digest.config import Settings
from digest.coverage import Coverage
from digest.draft import CATCH_UP, DRAFTED, LEAST_INTERVAL, Draft
from digest.history import MAY_HAVE_RECEIVED
from digest.model import Candidate, Issue, Newsletter
from subscribers import segments, store
from subscribers.model import Subscriber
from subscribers.segment import Segment

CHUNK = 1000  # subscribers read and written at a time: keeps memory flat
SPAN = 2 * CHUNK  # ids from the first to the last of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What planning froze. `subject` is that of the edition with the most readers; empty when nobody gets mail."""

    issue: Issue
    segment: Segment | None  #: the part of the readers that it is for, as it was; None: all of them
    subject: str
    articles: int
    pictures: int  #: articles with a lead picture
    picture_failures: Mapping[str, str]  #: why an article that can open a section has none of its own, by id
    editions: int
    deliveries: int
    skipped: Mapping[str, int]
    coverage: Coverage


def _untold(_people: int) -> None:
    """Tell nobody how far planning is."""


def plan(
    engine: Engine,
    settings: Settings,
    newsletter: Newsletter,
    *,
    now: datetime,
    slot: str | None = None,
    segment: Segment | None = None,
    drafted: Callable[[int], None] = _untold,
) -> Plan:
    """Freeze the newsletter's next issue; nothing is mailed.

    A `slot` of the schedule gives one issue only: asked for again, it returns the one that is there. With a `segment`,
    the issue is for those of the newsletter's readers who are in it; the others get its articles in the next issue that
    is for them. `drafted` hears of each chunk how many people it had. Lead pictures are fetched before; one that
    cannot be had is left out. Templates of the user's own are tried on a sample issue first. Raises TemplateError when
    one does not compile, DatabaseError; in both cases nothing is kept.
    """
    if settings.templates:
        specimen.try_template(templating.environment("email", newsletter.language, settings.templates), newsletter)
    issue_id = None
    while issue_id is None:
        issue_id = _plan_once(engine, settings, newsletter, now=now, slot=slot, segment=segment, drafted=drafted)
    with db.reading(engine) as connection:
        issue = issues.with_id(connection, issue_id)
        assert issue is not None  # noqa: S101 - issues are never deleted
        return summary(connection, issue)


class _Gathered(NamedTuple):
    """What an issue may give, read before its pictures are fetched."""

    since: datetime
    pool: list[Candidate]
    corrected: int  #: how many corrections there were


def _plan_once(
    engine: Engine,
    settings: Settings,
    newsletter: Newsletter,
    *,
    now: datetime,
    slot: str | None,
    segment: Segment | None,
    drafted: Callable[[int], None],
) -> int | None:
    """Return the id of the planned issue, or None when its draft is out of date before it can be kept.

    So it is when another planner took its number meanwhile, or an editor corrected an article.
    """
    with db.reading(engine) as connection:
        if (made := _of_slot(connection, newsletter, slot)) is not None:
            return made
        gathered = _gather(connection, newsletter, segment, now)
    gathered = gathered._replace(pool=_illustrated(engine, settings, newsletter, gathered.pool, now=now))
    with db.drafting(engine) as connection:
        with db.read(connection):
            draft = _begun(connection, settings, newsletter, gathered, now=now, slot=slot, segment=segment)
            for people in _audience(connection, newsletter, segment):
                draft.add(people)
                drafted(len(people))
            draft.composition.check()
        with db.write(connection):
            db.take_turn(connection, f"plan {newsletter.slug}")
            if (made := _of_slot(connection, newsletter, slot)) is not None:
                return made
            is_corrected = corrections.count(connection) != gathered.corrected
            if is_corrected or _next_number(connection, newsletter) != draft.issue.number:
                return None
            return draft.keep(connection, now)


def _gather(connection: Connection, newsletter: Newsletter, segment: Segment | None, now: datetime) -> _Gathered:
    since = _since(connection, newsletter, segment, now)
    return _Gathered(since, candidates.gather(connection, since=since, until=now), corrections.count(connection))


def _illustrated(
    engine: Engine, settings: Settings, newsletter: Newsletter, pool: list[Candidate], *, now: datetime
) -> list[Candidate]:
    """Return the candidates with their lead pictures, as far as they are to be had in time."""
    wanted = lead_pictures.wanted(ranking.prepare(pool, newsletter, until=now))
    return lead_pictures.gather(engine, settings, wanted, now=now).given(pool)


def summary(connection: Connection, issue: Issue) -> Plan:
    """Return what an issue's planning froze, by counting it."""

    def count(table: Table) -> int:
        query = select(func.count()).select_from(table).where(table.c.issue_id == issue.id)
        return int(connection.execute(query).scalar_one())

    skips, frozen = tables.skips, tables.candidates.c
    of_pictures = select(frozen.article_id, frozen.picture, frozen.picture_failure).where(frozen.issue_id == issue.id)
    pictures = connection.execute(of_pictures.order_by(frozen.number)).all()
    reasons = connection.execute(
        select(skips.c.reason, func.count()).where(skips.c.issue_id == issue.id).group_by(skips.c.reason)
    )
    readers = issues.edition_readers(connection, issue)
    main = min(readers, key=lambda number: (-readers[number], number), default=None)
    return Plan(
        issue=issue,
        segment=issues.segment_of(connection, issue),
        subject=issues.edition(connection, issue.id, main).subject if main is not None else "",
        articles=len(pictures),
        pictures=sum(row.picture is not None for row in pictures),
        picture_failures={row.article_id: row.picture_failure for row in pictures if row.picture_failure},
        editions=count(tables.editions),
        deliveries=count(tables.deliveries),
        skipped={reason: number for reason, number in sorted((row[0], row[1]) for row in reasons)},
        coverage=coverages.coverage(connection, issue),
    )


def _of_slot(connection: Connection, newsletter: Newsletter, slot: str | None) -> int | None:
    """Return the issue that was planned for a slot, by id."""
    table = tables.issues
    query = select(table.c.id).where(table.c.newsletter == newsletter.slug, table.c.slot == slot)
    return connection.execute(query).scalar_one_or_none() if slot is not None else None


def _next_number(connection: Connection, newsletter: Newsletter) -> int:
    table = tables.issues
    last = connection.execute(select(func.max(table.c.number)).where(table.c.newsletter == newsletter.slug)).scalar()
    return (last or 0) + 1


def _since(connection: Connection, newsletter: Newsletter, segment: Segment | None, now: datetime) -> datetime:
    """Return from when on articles are candidates: a window, or longer where somebody who is due missed issues."""
    delivery, issue, person = tables.deliveries, tables.issues, tables.subscribers
    usual = now - timedelta(days=newsletter.window_days)
    last = (
        select(delivery.c.subscriber_id, func.max(issue.c.until, type_=issue.c.until.type).label("at"))
        .join_from(delivery, issue, issue.c.id == delivery.c.issue_id)
        .where(issue.c.newsletter == newsletter.slug, issue.c.until >= now - CATCH_UP)
        .where(delivery.c.status.in_(MAY_HAVE_RECEIVED))
        .group_by(delivery.c.subscriber_id)
        .subquery()
    )
    due = or_(
        *(
            and_(person.c.frequency == frequency, last.c.at <= now - interval)
            for frequency, interval in LEAST_INTERVAL.items()
        )
    )
    query = select(func.min(last.c.at, type_=issue.c.until.type)).join_from(
        last, person, person.c.id == last.c.subscriber_id
    )
    mailable = store.mailable(newsletter.slug, now) & segments.people(connection, newsletter, segment)
    earliest = connection.execute(query.where(due, mailable)).scalar()
    return min(usual, earliest) if earliest is not None else usual


def _begun(
    connection: Connection,
    settings: Settings,
    newsletter: Newsletter,
    gathered: _Gathered,
    *,
    now: datetime,
    slot: str | None,
    segment: Segment | None,
) -> Draft:
    """Return a draft of the next issue from what the database holds now; nobody is in it yet."""
    frozen = Newsletter.model_validate(newsletter.model_dump())
    issue = Issue(
        id=0,
        newsletter=frozen,
        number=_next_number(connection, newsletter),
        base_url=settings.base_url,
        nonce=secrets.token_hex(6),
        since=gathered.since,
        until=now,
        slot=slot,
        segment=segment.name if segment else "",
    )
    pool = gathered.pool
    said = corrections.recent(connection, now)
    ranked = ranking.prepare(pool, frozen, until=now)
    shelf = Shelf(
        candidates={c.article.id: c for c in pool},
        categories=frozen.categories,
        corrections={c.id: c for c in said},
        standings=ranking.standings(ranked),
    )
    templates = templating.environment("email", frozen.language, settings.templates)
    return Draft(
        connection=connection,
        issue=issue,
        pool=ranked,
        composition=Composition(templates, issue, shelf, history.subjects(connection, issue)),
        history=history.load(connection, pool, said, since=now - CATCH_UP),
        corrections=said,
        spool={table.name: db.temporary(connection, table) for table in DRAFTED},
        segment=segment,
    )


def audience_size(engine: Engine, newsletter: Newsletter, segment: Segment | None = None) -> int:
    """Return how many people are on the newsletter's lists, and in the segment, whatever their status."""
    with db.reading(engine) as connection:
        of_audience = segments.people(connection, newsletter, segment)
        query = select(func.count()).select_from(tables.subscribers).where(of_audience)
        return int(connection.execute(query).scalar_one())


def _audience(connection: Connection, newsletter: Newsletter, segment: Segment | None) -> Iterator[list[Subscriber]]:
    after_id, of_audience = 0, segments.people(connection, newsletter, segment)
    while people := store.those(connection, of_audience, after_id=after_id, limit=CHUNK):
        yield from _runs(people)
        after_id = people[-1].id


def _runs(people: Sequence[Subscriber]) -> Iterator[list[Subscriber]]:
    """Cut people, in order of id, where their ids lie far apart: what they had is read by ranges of ids.

    A segment of a thousand among a million would else read what the whole million had.
    """
    run: list[Subscriber] = []
    for person in people:
        if run and person.id - run[0].id >= SPAN:
            yield run
            run = []
        run.append(person)
    yield run
