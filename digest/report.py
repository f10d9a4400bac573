"""What happened to an issue, as data."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from digest import candidates, issues, ledger, tables
from digest import coverage as coverages
from digest.coverage import Coverage
from digest.ledger import Counts, OwnTimes
from digest.model import Article, DeliveryStatus, Issue, JsonObject
from subscribers.record import Event

Domains = dict[str, dict[DeliveryStatus, int]]


class Reach(NamedTuple):
    """How far a category came."""

    articles: int  #: of it that stand in an edition that was accepted for anybody
    deliveries: int  #: accepted ones with at least one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An issue's deliveries by status, by the recipients' domain and by category, and what readers did since."""

    counts: Counts
    waiting: OwnTimes  #: of those that are planned
    by_domain: Mapping[str, Mapping[DeliveryStatus, int]]
    by_category: Mapping[str, Reach]
    events: Mapping[str, int]
    coverage: Coverage


def report(connection: Connection, issue: Issue, *, now: datetime) -> Report:
    """Gather what happened to an issue so far."""
    return Report(
        counts=ledger.counts(connection, issue.id),
        waiting=ledger.waiting(connection, issue.id, now=now),
        by_domain=_by_domain(connection, issue),
        by_category=_by_category(connection, issue),
        events=_events(connection, issue),
        coverage=coverages.coverage(connection, issue),
    )


def presentation(issue: Issue, found: Report) -> JsonObject:
    """Return the JSON object of `digest report`; its instants are still such."""
    return {
        "issue": issue.name,
        "segment": issue.segment or None,
        **{str(status): number for status, number in found.counts.items()},
        "waiting": found.waiting._asdict(),
        "released_at": issue.released_at,
        "paused_at": issue.paused_at,
        "paused_until": issue.paused_until,
        "pause_reason": issue.pause_reason,
        "by_domain": found.by_domain,
        "by_category": {category: reach._asdict() for category, reach in found.by_category.items()},
        "events": [{"kind": kind, "count": count} for kind, count in found.events.items()],
        "coverage": coverages.presentation(found.coverage),
    }


def _by_domain(connection: Connection, issue: Issue) -> Domains:
    """Count statuses by domain, the largest domain first. Streams: memory grows with domains, not with people."""
    table = tables.deliveries
    query = select(table.c.recipient, table.c.status).where(table.c.issue_id == issue.id)
    found: dict[str, Counter[DeliveryStatus]] = {}
    for recipient, status in connection.execute(query.execution_options(yield_per=1000)):
        domain = recipient.rpartition("@")[2].lower()
        found.setdefault(domain, Counter())[DeliveryStatus(status)] += 1
    ordered = sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))
    return {domain: dict(statuses) for domain, statuses in ordered}


def _accepted_by_edition(connection: Connection, issue: Issue) -> dict[int, int]:
    table = tables.deliveries
    query = select(table.c.edition, func.count()).group_by(table.c.edition)
    accepted = query.where(table.c.issue_id == issue.id, table.c.status == DeliveryStatus.ACCEPTED)
    return {edition: count for edition, count in connection.execute(accepted)}


def _by_category(connection: Connection, issue: Issue) -> dict[str, Reach]:
    """Say for each category of the newsletter how many of its articles reached how many people."""
    spelling = {category.casefold(): category for category in issue.newsletter.categories}
    categories = {id: spelling[article.category.casefold()] for id, article in _placeable(connection, issue, spelling)}
    accepted = _accepted_by_edition(connection, issue)
    articles: dict[str, set[str]] = {category: set() for category in issue.newsletter.categories}
    deliveries: Counter[str] = Counter()
    for edition in issues.editions(connection, issue):
        if edition.number in accepted:
            placed = {placement.article_id: categories[placement.article_id] for placement in edition.placements}
            for article_id, category in placed.items():
                articles[category].add(article_id)
            deliveries.update(dict.fromkeys(placed.values(), accepted[edition.number]))
    return {category: Reach(len(ids), deliveries[category]) for category, ids in articles.items()}


def _placeable(connection: Connection, issue: Issue, categories: Collection[str]) -> Iterator[tuple[str, Article]]:
    """Yield the candidates that belong to a category of the newsletter; no other can stand in an edition."""
    for article_id, candidate in candidates.frozen(connection, issue).items():
        if candidate.article.category.casefold() in categories:
            yield article_id, candidate.article


def _events(connection: Connection, issue: Issue) -> dict[str, int]:
    """Count what the issue's readers withdrew or changed of their consent, from its release to that of the next."""
    if issue.released_at is None:
        return {}
    event, delivery, other = tables.consent_events.c, tables.deliveries.c, tables.issues.c
    reader = select(delivery.subscriber_id).where(delivery.issue_id == issue.id)
    later = select(func.min(other.released_at, type_=other.released_at.type)).where(
        other.newsletter == issue.newsletter.slug,
        other.number > issue.number,
        other.segment.in_(("", issue.segment)),  # one for other people does not end this one's time
    )
    query = select(event.kind, func.count()).where(
        event.at >= issue.released_at,
        event.subscriber_id.in_(reader),
        event.newsletter.is_(None) | (event.newsletter == issue.newsletter.slug),
        event.kind != Event.IMPORTED,
    )
    if (end := connection.execute(later).scalar()) is not None:
        query = query.where(event.at < end)
    return {kind: count for kind, count in connection.execute(query.group_by(event.kind).order_by(event.kind))}
