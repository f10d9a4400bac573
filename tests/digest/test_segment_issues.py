"""Issues for a part of the readers: the others miss nothing by them, and what was frozen stays true."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from digest import articles, db, explanation, issues, planning, report, tables
from digest.config import Settings
from digest.model import Issue
from digest.selection import Reason
from subscribers import segments
from subscribers.segment import Segment
from tests.articles import article
from tests.audience import subscriber

FRENCH = Segment(name="french", languages=("fr",))
DAY = timedelta(days=1)
ADA, BO = "ada@example.org", "bo@example.org"


@pytest.fixture
def stocked(database: Engine, now: datetime) -> Engine:
    """Two articles, and two readers, of whom Ada reads French."""
    with db.transaction(database) as connection:
        articles.store(connection, [article(1), article(50)], now=now - DAY)
        subscriber(connection, ADA, language="fr")
        subscriber(connection, BO)
        subscriber(connection, "ed@example.org", lists=["others"], language="fr")
    return database


def accept(engine: Engine, issue: Issue, now: datetime) -> None:
    table = tables.deliveries
    with db.transaction(engine) as connection:
        connection.execute(update(table).where(table.c.issue_id == issue.id).values(status="accepted", at=now))
        connection.execute(update(tables.issues).where(tables.issues.c.id == issue.id).values(released_at=now))


def plan(engine: Engine, settings: Settings, now: datetime, segment: Segment | None = None) -> planning.Plan:
    return planning.plan(engine, settings, settings.newsletter("weekly"), now=now, segment=segment)


def placed(engine: Engine, issue: Issue, email: str) -> set[str]:
    with db.reading(engine) as connection:
        delivery = issues.delivery_for(connection, issue, email)
        assert delivery
        return {p.article_id for p in issues.edition(connection, issue.id, delivery.edition).placements}


def test_an_issue_for_a_segment_goes_to_those_of_the_audience_who_are_in_it(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    made = plan(stocked, settings, now, FRENCH)

    assert (made.deliveries, made.skipped, made.segment) == (1, {}, FRENCH)
    assert made.issue.segment == "french"
    assert placed(stocked, made.issue, ADA) == {"article-1", "article-50"}
    assert planning.audience_size(stocked, settings.newsletter("weekly"), FRENCH) == 1


def test_the_next_issue_repeats_nothing_for_those_in_it_and_lacks_nothing_for_the_others(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    accept(stocked, plan(stocked, settings, now, FRENCH).issue, now)
    with db.transaction(stocked) as connection:
        articles.store(connection, [article(-20)], now=now + DAY)

    whole = plan(stocked, settings, now + DAY)

    assert placed(stocked, whole.issue, ADA) == {"article--20"}
    assert placed(stocked, whole.issue, BO) == {"article--20", "article-1", "article-50"}


def test_issues_for_a_segment_do_not_shorten_the_window_of_the_others(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    accept(stocked, plan(stocked, settings, now).issue, now)
    with db.transaction(stocked) as connection:
        articles.store(connection, [article(-30)], now=now + 2 * DAY)
    for days in (7, 10):
        made = plan(stocked, settings, now + days * DAY, FRENCH)
        accept(stocked, made.issue, now + days * DAY)
        assert made.issue.since == now + (days - 7) * DAY  # of those in it, nobody missed anything

    whole = plan(stocked, settings, now + 16 * DAY)

    assert whole.issue.since == now
    assert placed(stocked, whole.issue, BO) == {"article--30"}
    assert whole.skipped == {"no_articles": 1}


def test_readers_far_apart_are_all_found_with_what_they_had(stocked: Engine, settings: Settings, now: datetime) -> None:
    with db.transaction(stocked) as connection:
        for number in (5_000, 50_000, 50_001):
            subscriber(connection, f"reader{number}@example.org", id=number, language="fr")
    accept(stocked, plan(stocked, settings, now, FRENCH).issue, now)
    with db.transaction(stocked) as connection:
        articles.store(connection, [article(-20)], now=now + DAY)

    again = plan(stocked, settings, now + DAY, FRENCH)

    assert again.deliveries == 4
    for email in (ADA, "reader5000@example.org", "reader50000@example.org", "reader50001@example.org"):
        assert placed(stocked, again.issue, email) == {"article--20"}


def test_what_was_frozen_stays_true_when_the_segment_changes(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    with db.transaction(stocked) as connection:
        segments.save(connection, FRENCH, now=now)
    made = plan(stocked, settings, now, FRENCH)
    with db.transaction(stocked) as connection:
        segments.forget(connection, "french")
        connection.execute(update(tables.subscribers).values(language="de"))

    with db.reading(stocked) as connection:
        issue = issues.find(connection, "weekly/1")
        assert issues.segment_of(connection, issue) == FRENCH
        assert planning.summary(connection, issue).segment == FRENCH
        assert issue.newsletter == made.issue.newsletter
        assert issues.delivery_for(connection, issue, ADA)


def test_it_is_explained_to_those_outside(stocked: Engine, settings: Settings, now: datetime) -> None:
    issue = plan(stocked, settings, now, FRENCH).issue

    with db.reading(stocked) as connection:
        assert explanation.explain(connection, issue, BO).skipped == "not_in_segment"
        assert explanation.explain(connection, issue, "ed@example.org").skipped == "not_in_audience"
        assert explanation.explain(connection, issue, ADA).skipped is None


def test_of_an_issue_for_all_nobody_is_outside_a_segment(stocked: Engine, settings: Settings, now: datetime) -> None:
    issue = plan(stocked, settings, now).issue
    with db.transaction(stocked) as connection:
        subscriber(connection, "later@example.org")

    with db.reading(stocked) as connection:
        assert explanation.explain(connection, issue, "later@example.org").skipped == "not_in_audience"


def test_who_is_in_it_and_gets_nothing_is_skipped_with_the_reason(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    with db.transaction(stocked) as connection:
        subscriber(connection, "cy@example.org", language="fr-CA", status="pending")

    assert plan(stocked, settings, now, FRENCH).skipped == {"pending": 1}


def test_an_issue_for_others_does_not_end_what_is_reported_of_an_issue(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    whole = plan(stocked, settings, now).issue
    accept(stocked, whole, now)
    accept(stocked, plan(stocked, settings, now + DAY, FRENCH).issue, now + DAY)
    with db.transaction(stocked) as connection:
        row = {"subscriber_id": 2, "kind": "unsubscribed", "newsletter": "weekly", "source": "page", "detail": ""}
        connection.execute(tables.consent_events.insert().values(**row, at=now + 2 * DAY))

    with db.reading(stocked) as connection:
        found = issues.find(connection, whole.name)
        assert report.report(connection, found, now=now + 3 * DAY).events == {"unsubscribed": 1}


def test_a_readers_number_of_stories_is_kept_and_explained(stocked: Engine, settings: Settings, now: datetime) -> None:
    with db.transaction(stocked) as connection:
        stored = '{"categories":[],"depth":{},"muted":[],"max_articles":1}'
        connection.execute(update(tables.subscribers).values(preferences=stored))

    issue = plan(stocked, settings, now).issue

    with db.reading(stocked) as connection:
        selection = explanation.explain(connection, issue, BO).selection
    assert [chosen.article.id for chosen in selection.chosen] == ["article-1"]
    assert [(dropped.article.id, dropped.reason) for dropped in selection.dropped] == [
        ("article-50", Reason.ISSUE_FULL)
    ]
