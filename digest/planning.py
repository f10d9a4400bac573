"""Freezing an issue: its window, its pool of articles, its editions, and one delivery per subscriber.

An issue is planned in one transaction: after an interruption there is none of it, and two planners take turns.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from digest import articles, db, issues, tables
from digest.composition import compose_editions
from digest.config import Settings
from digest.model import Article, DeliveryStatus, Issue, Newsletter, Placement
from digest.selection import Reason, Selection, newest_first
from digest.selection import select as select_articles
from subscribers import store
from subscribers.model import Frequency, Preferences, Status, Subscriber

CHUNK = 1000  # subscribers read and written at a time: keeps memory flat
MAY_HAVE_RECEIVED = (DeliveryStatus.ACCEPTED, DeliveryStatus.UNKNOWN, DeliveryStatus.SENDING)
LEAST_INTERVAL = {  # a little less than the name says, so that an issue that is early by an hour is not left out
    Frequency.EVERY_ISSUE: timedelta(0),
    Frequency.DAILY: timedelta(hours=18),
    Frequency.WEEKLY: timedelta(days=6),
    Frequency.MONTHLY: timedelta(days=27),
}


class SkipReason(StrEnum):
    """Why somebody on a newsletter's lists gets no mail of an issue."""

    PENDING = "pending"  #: not confirmed yet
    UNSUBSCRIBED = "unsubscribed"  #: left the newsletter, or everything
    SUPPRESSED = "suppressed"  #: the address must not be mailed
    PAUSED = "paused"  #: on a break
    NOT_DUE = "not_due"  #: had an issue already within the frequency they chose
    NO_ARTICLES = "no_articles"  #: nothing new in the categories they chose
    TOO_FEW = "too_few"  #: fewer articles than the newsletter's `min_articles`


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What planning froze. `subject` is that of the edition with the most readers; empty when nobody gets mail."""

    issue: Issue
    subject: str
    articles: int
    editions: int
    deliveries: int
    skipped: Mapping[str, int]


@dataclass(slots=True)
class _Planning:
    """One planning under way: the distinct inputs of the selection so far, and the editions that followed."""

    connection: Connection
    issue: Issue
    pool: Mapping[str, Article]
    choices: dict[tuple[str, tuple[str, ...]], tuple[int, int | None, SkipReason | None]] = field(default_factory=dict)
    editions: dict[tuple[Placement, ...], int] = field(default_factory=dict)


def plan(engine: Engine, settings: Settings, newsletter: Newsletter, *, now: datetime, slot: str | None = None) -> Plan:
    """Freeze the newsletter's next issue; nothing is mailed.

    A `slot` of the schedule gives one issue only: asked for again, it returns the one that is there.
    Raises TemplateError when a template does not compile, DatabaseError; in both cases nothing is kept.
    """
    with db.transaction(engine) as connection:
        db.take_turn(connection, f"plan {newsletter.slug}")
        if slot is not None and (issue := _issue_of_slot(connection, newsletter, slot)):
            return summary(connection, issue)
        issue = _create_issue(connection, settings, newsletter, now=now, slot=slot)
        pool = _freeze_pool(connection, issue, now)
        planning = _Planning(connection, issue, pool)
        for people in _audience(connection, newsletter):
            _plan_people(planning, people)
        compose_editions(connection, issue, pool, planning.editions)
        connection.execute(tables.issues.update().where(tables.issues.c.id == issue.id).values(planned_at=now))
        return summary(connection, issues.with_id(connection, issue.id) or issue)


def summary(connection: Connection, issue: Issue) -> Plan:
    """Return what an issue's planning froze, by counting it."""

    def count(table: Any) -> int:
        query = select(func.count()).select_from(table).where(table.c.issue_id == issue.id)
        return int(connection.execute(query).scalar_one())

    skips = tables.skips
    reasons = connection.execute(
        select(skips.c.reason, func.count()).where(skips.c.issue_id == issue.id).group_by(skips.c.reason)
    )
    readers = issues.edition_readers(connection, issue)
    main = min(readers, key=lambda number: (-readers[number], number), default=None)
    return Plan(
        issue=issue,
        subject=issues.edition(connection, issue.id, main).subject if main is not None else "",
        articles=count(tables.candidates),
        editions=count(tables.editions),
        deliveries=count(tables.deliveries),
        skipped={reason: number for reason, number in sorted((row[0], row[1]) for row in reasons)},
    )


def _issue_of_slot(connection: Connection, newsletter: Newsletter, slot: str) -> Issue | None:
    table = tables.issues
    query = select(table.c.id).where(table.c.newsletter == newsletter.slug, table.c.slot == slot)
    issue_id = connection.execute(query).scalar_one_or_none()
    return issues.with_id(connection, issue_id) if issue_id is not None else None


def _create_issue(
    connection: Connection, settings: Settings, newsletter: Newsletter, *, now: datetime, slot: str | None
) -> Issue:
    table = tables.issues
    last = connection.execute(select(func.max(table.c.number)).where(table.c.newsletter == newsletter.slug)).scalar()
    frozen = Newsletter.model_validate(newsletter.model_dump())
    row = {
        "newsletter": newsletter.slug,
        "number": (last or 0) + 1,
        "slot": slot,
        "frozen": frozen.model_dump_json(),
        "base_url": settings.base_url,
        "nonce": secrets.token_hex(6),
        "since": now - timedelta(days=newsletter.window_days),
        "until": now,
        "created_at": now,
    }
    issue_id = connection.execute(table.insert().values(row).returning(table.c.id)).scalar_one()
    issue = issues.with_id(connection, issue_id)
    assert issue is not None  # noqa: S101 - the row was written above, in this transaction
    return issue


def _freeze_pool(connection: Connection, issue: Issue, now: datetime) -> dict[str, Article]:
    """Copy the articles of the window as they are now."""
    found = sorted(articles.published_between(connection, issue.since, issue.until), key=newest_first)
    rows = [{"issue_id": issue.id, "article_id": article.id, "content": articles.to_json(article)} for article in found]
    if rows:
        connection.execute(tables.candidates.insert(), rows)
    return {article.id: article for article in found}


def _audience(connection: Connection, newsletter: Newsletter) -> Iterator[list[Subscriber]]:
    after_id = 0
    while people := store.on_lists(connection, newsletter.lists, after_id=after_id, limit=CHUNK):
        yield people
        after_id = people[-1].id


def _obstacle(person: Subscriber, issue: Issue, last_issue_at: datetime | None) -> SkipReason | None:
    """Return why a person may not or does not want to be mailed now, whatever is in the issue."""
    if person.suppressed:
        return SkipReason.SUPPRESSED
    if person.status is Status.UNSUBSCRIBED or issue.newsletter.slug in person.left:
        return SkipReason.UNSUBSCRIBED
    if person.status is Status.PENDING:
        return SkipReason.PENDING
    if person.status is Status.PAUSED and (person.paused_until is None or person.paused_until > issue.until):
        return SkipReason.PAUSED
    if last_issue_at is not None and issue.until - last_issue_at < LEAST_INTERVAL[person.frequency]:
        return SkipReason.NOT_DUE
    return None


def _received(connection: Connection, issue: Issue, first_id: int, last_id: int) -> dict[int, set[str]]:
    """Return the candidates that people may have had already, in any issue of any newsletter."""
    delivery, placement, candidate = tables.deliveries, tables.placements, tables.candidates
    same_edition = (placement.c.issue_id == delivery.c.issue_id) & (placement.c.edition == delivery.c.edition)
    query = (
        select(delivery.c.subscriber_id, placement.c.article_id)
        .join_from(delivery, placement, same_edition)
        .join(candidate, (candidate.c.article_id == placement.c.article_id) & (candidate.c.issue_id == issue.id))
        .where(delivery.c.subscriber_id.between(first_id, last_id), delivery.c.status.in_(MAY_HAVE_RECEIVED))
    )
    found: dict[int, set[str]] = {}
    for subscriber_id, article_id in connection.execute(query):
        found.setdefault(subscriber_id, set()).add(article_id)
    return found


def _last_issues(connection: Connection, issue: Issue, first_id: int, last_id: int) -> dict[int, datetime]:
    """Return when people last had an issue of this newsletter."""
    delivery, other = tables.deliveries, tables.issues
    query = (
        select(delivery.c.subscriber_id, func.max(other.c.until, type_=other.c.until.type))
        .join_from(delivery, other, other.c.id == delivery.c.issue_id)
        .where(
            delivery.c.subscriber_id.between(first_id, last_id),
            delivery.c.status.in_(MAY_HAVE_RECEIVED),
            other.c.newsletter == issue.newsletter.slug,
        )
        .group_by(delivery.c.subscriber_id)
    )
    return {subscriber_id: at for subscriber_id, at in connection.execute(query)}


def _plan_people(planning: _Planning, people: Sequence[Subscriber]) -> None:
    """Write a delivery, or the reason why not, for each of these people."""
    connection, issue = planning.connection, planning.issue
    first_id, last_id = people[0].id, people[-1].id
    received = _received(connection, issue, first_id, last_id)
    last_issues = _last_issues(connection, issue, first_id, last_id)
    deliveries, skips = [], []
    for person in people:
        obstacle = _obstacle(person, issue, last_issues.get(person.id))
        number, edition = None, None
        if obstacle is None:
            had = tuple(sorted(received.get(person.id, ())))
            number, edition, obstacle = _choose(planning, person.preferences, had)
        if obstacle is not None:
            skips.append({"issue_id": issue.id, "subscriber_id": person.id, "reason": obstacle, "choices": number})
        else:
            deliveries.append(_delivery(issue, person, number, edition))
    for table, rows in ((tables.deliveries, deliveries), (tables.skips, skips)):
        if rows:
            connection.execute(table.insert(), rows)


def _delivery(issue: Issue, person: Subscriber, choices: int | None, edition: int | None) -> dict[str, object]:
    return {
        "issue_id": issue.id,
        "subscriber_id": person.id,
        "edition": edition,
        "choices": choices,
        "recipient": person.email,
        "name": person.name,
        "status": DeliveryStatus.PLANNED,
        "attempts": 0,
        "code": 0,
        "reply": "",
    }


def _choose(
    planning: _Planning, preferences: Preferences, received: tuple[str, ...]
) -> tuple[int, int | None, SkipReason | None]:
    """Return the number of these choices, and their edition or why there is none; select only when they are new."""
    key = (preferences.to_json(), received)
    if key in planning.choices:
        return planning.choices[key]
    issue, pool = planning.issue, list(planning.pool.values())
    selection = select_articles(pool, preferences, issue.newsletter, received=received)
    edition = _edition_of(planning, selection) if selection.chosen else None
    reason = None if selection.chosen else _why_nothing(selection)
    number = len(planning.choices) + 1
    row = {"issue_id": issue.id, "number": number, "preferences": key[0], "received": json.dumps(received)}
    planning.connection.execute(tables.choices.insert(), [row | {"edition": edition}])
    planning.choices[key] = number, edition, reason
    return planning.choices[key]


def _why_nothing(selection: Selection) -> SkipReason:
    too_few = any(dropped.reason is Reason.TOO_FEW for dropped in selection.dropped)
    return SkipReason.TOO_FEW if too_few else SkipReason.NO_ARTICLES


def _edition_of(planning: _Planning, selection: Selection) -> int:
    """Return the number of the edition with exactly these articles and depths."""
    placements = tuple(Placement(chosen.article.id, chosen.depth) for chosen in selection.chosen)
    return planning.editions.setdefault(placements, len(planning.editions) + 1)
