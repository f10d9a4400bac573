"""A reader gets a story once, unless it changed; and what was corrected is told to exactly those who had it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from digest import articles, corrections, db, explanation, issues, planning, tables
from digest.config import Settings
from digest.errors import NotFoundError, UsageError
from digest.messages import Messages
from digest.model import Article, CorrectionKind, Depth, Issue, RichText
from digest.selection import Reason
from subscribers.model import Preferences
from tests.articles import article, rich
from tests.audience import subscriber

ADA, BO = "ada@example.org", "bo@example.org"


def stock(engine: Engine, *batch: object, now: datetime) -> None:
    with db.transaction(engine) as connection:
        articles.store(connection, batch, now=now)  # type: ignore[arg-type]


def plan(engine: Engine, settings: Settings, now: datetime, slug: str = "weekly") -> planning.Plan:
    return planning.plan(engine, settings, settings.newsletter(slug), now=now)


def accept(engine: Engine, now: datetime, *emails: str) -> None:
    """Let the server have accepted all of the newest issue, or what goes to these addresses."""
    table = tables.deliveries
    newest = select(func.max(table.c.issue_id)).scalar_subquery()
    statement = update(table).where(table.c.issue_id == newest).values(status="accepted", at=now)
    with db.transaction(engine) as connection:
        connection.execute(statement.where(table.c.recipient.in_(emails)) if emails else statement)


def given(engine: Engine, email: str, name: str = "weekly") -> list[str]:
    with db.reading(engine) as connection:
        issue = issues.find(connection, name)
        delivery = issues.delivery_for(connection, issue, email)
        if delivery is None:
            return []
        return [p.article_id for p in issues.edition(connection, issue.id, delivery.edition).placements]


def reasons(engine: Engine, email: str) -> dict[str, Reason]:
    with db.reading(engine) as connection:
        issue = issues.find(connection, "weekly")
        selection = explanation.explain(connection, issue, email).selection
    return {one.article.id: one.reason for one in (*selection.chosen, *selection.dropped)}


def text(engine: Engine, settings: Settings, email: str) -> str:
    with db.reading(engine) as connection:
        issue = issues.find(connection, "weekly")
        delivery = issues.delivery_for(connection, issue, email)
    assert delivery
    return Messages(engine, issue, settings).text(delivery)


@pytest.fixture
def readers(database: Engine) -> Engine:
    """A database with two readers."""
    with db.transaction(database) as connection:
        subscriber(connection, ADA)
        subscriber(connection, BO)
    return database


def test_a_story_received_from_one_outlet_does_not_come_from_another(
    readers: Engine, settings: Settings, now: datetime
) -> None:
    stock(readers, article(1), now=now - timedelta(hours=1))
    plan(readers, settings, now)
    accept(readers, now, ADA)
    stock(readers, article(-1), article(-2), now=now + timedelta(hours=1))
    with db.transaction(readers) as connection:
        told = tables.articles.c.id.in_(["article-1", "article--1"])
        connection.execute(update(tables.articles).where(told).values(story="article-1"))

    plan(readers, settings, now + timedelta(hours=3))

    assert given(readers, ADA) == ["article--2"]
    assert reasons(readers, ADA)["article--1"] is Reason.STORY_RECEIVED
    assert given(readers, BO) == ["article--2", "article--1"]


def test_what_one_newsletter_gave_another_does_not_give_again(
    readers: Engine, settings: Settings, now: datetime
) -> None:
    daily = settings.newsletters[0].model_copy(update={"slug": "daily"})
    both = settings.model_copy(update={"newsletters": (*settings.newsletters, daily)})
    stock(readers, article(1), article(2), now=now - timedelta(hours=1))
    plan(readers, both, now, "daily")
    accept(readers, now, ADA)

    plan(readers, both, now)

    assert given(readers, ADA) == []
    assert given(readers, BO) == ["article-1", "article-2"]


def test_the_window_runs_from_the_last_issue_that_a_reader_was_delivered(
    readers: Engine, settings: Settings, now: datetime
) -> None:
    week = timedelta(days=7)
    stock(readers, article(1), now=now - timedelta(hours=1))
    plan(readers, settings, now)
    accept(readers, now)
    stock(readers, article(-24), now=now + timedelta(hours=24))
    plan(readers, settings, now + week)
    accept(readers, now + week, ADA)
    stock(readers, article(-200), now=now + timedelta(hours=200))

    made = plan(readers, settings, now + 2 * week)

    assert made.issue.since == now
    assert given(readers, ADA) == ["article--200"]
    assert reasons(readers, ADA)["article--24"] is Reason.BEFORE_WINDOW
    assert given(readers, BO) == ["article--200", "article--24"]


def test_who_was_away_very_long_starts_anew(readers: Engine, settings: Settings, now: datetime) -> None:
    stock(readers, article(1), article(-24), article(-40 * 24 + 1), now=now)
    plan(readers, settings, now)
    accept(readers, now)

    made = plan(readers, settings, now + timedelta(days=40))

    assert made.issue.since == now + timedelta(days=33)
    assert given(readers, ADA) == ["article--959"]


def test_a_materially_changed_article_comes_once_more_and_says_so(
    readers: Engine, settings: Settings, now: datetime
) -> None:
    one = article(1)
    stock(readers, one, now=now - timedelta(hours=1))
    plan(readers, settings, now)
    accept(readers, now, ADA)
    changed = replace(one, tldr=(*one.tldr[:1], rich("The second point was turned upside down by a court.")))
    stock(readers, changed, now=now + timedelta(days=1))
    plan(readers, settings, now + timedelta(days=2))

    assert reasons(readers, ADA) == {"article-1": Reason.UPDATED}
    assert "Updated · news1.example" in text(readers, settings, ADA)
    assert "turned upside down" in text(readers, settings, ADA)
    assert "Updated" not in text(readers, settings, BO)

    accept(readers, now + timedelta(days=2))
    stock(readers, replace(one, title="Again it is quite another story"), now=now + timedelta(days=3))
    plan(readers, settings, now + timedelta(days=4))
    assert given(readers, ADA) == []
    assert given(readers, BO) == ["article-1"]


def test_a_small_change_does_not_come_again(readers: Engine, settings: Settings, now: datetime) -> None:
    stock(readers, article(1), now=now - timedelta(hours=1))
    plan(readers, settings, now)
    accept(readers, now)
    stock(readers, article(1, title="Story number 1 of a week"), now=now + timedelta(days=1))

    assert plan(readers, settings, now + timedelta(days=2)).skipped == {"no_articles": 2}


def correct(engine: Engine, kind: CorrectionKind, now: datetime, article_id: str = "article-1") -> int:
    with db.transaction(engine) as connection:
        _, changed = corrections.correct(connection, article_id, kind, "It was 14 metres, not 140.", now=now)
    return changed


@pytest.mark.parametrize("kind", list(CorrectionKind))
def test_a_correction_is_told_once_to_exactly_those_who_had_the_article(
    readers: Engine, settings: Settings, now: datetime, kind: CorrectionKind
) -> None:
    day = timedelta(days=1)
    with db.transaction(readers) as connection:
        for number in range(20):
            subscriber(connection, f"reader{number}@example.org", "Science")
    stock(readers, article(1), article(2, "Science"), now=now - timedelta(hours=1))
    plan(readers, settings, now)
    accept(readers, now)
    assert correct(readers, kind, now + timedelta(hours=1)) == 0
    stock(readers, article(-20, "Science"), now=now + timedelta(hours=20))

    plan(readers, settings, now + day)

    told = "Withdrawn" if kind is CorrectionKind.WITHDRAWN else "Correction"
    for email in (ADA, BO):
        said = " ".join(text(readers, settings, email).split())
        assert f"{told} It was 14 metres, not 140. On Story number 1 of the week [1], which you received" in said
    with db.reading(readers) as connection:
        issue = issues.find(connection, "weekly")
        telling = [e for e in issues.editions(connection, issue) if any(name.startswith("k") for name in e.pieces)]
        heads = issues.edition_readers(connection, issue)
    assert sum(heads[edition.number] for edition in telling) == 2
    assert sum(heads.values()) == 22

    accept(readers, now + day)
    stock(readers, article(-40, "Science"), now=now + timedelta(hours=40))
    plan(readers, settings, now + 2 * day)
    assert "140" not in text(readers, settings, ADA)


def test_a_corrected_article_leaves_what_is_not_delivered_yet(
    readers: Engine, settings: Settings, now: datetime
) -> None:
    stock(readers, article(1), article(2, "Science"), article(3), now=now - timedelta(hours=1))
    with db.transaction(readers) as connection:
        subscriber(connection, "only@example.org", "Science")
    made = plan(readers, settings, now)
    accept(readers, now, BO)
    before = text(readers, settings, BO)

    assert correct(readers, CorrectionKind.CORRECTED, now) == 1

    assert given(readers, ADA) == ["article-3", "article-2"]
    assert "Story number 1" not in text(readers, settings, ADA)
    assert "2 stories" in text(readers, settings, ADA)
    assert text(readers, settings, BO) == before
    assert reasons(readers, ADA)["article-1"] is Reason.WITHDRAWN
    assert reasons(readers, BO)["article-1"] is Reason.EVERY_CATEGORY
    with db.reading(readers) as connection:
        heads = issues.edition_readers(connection, made.issue)
        sizes = {edition.number: edition.html_bytes for edition in issues.editions(connection, made.issue)}
    assert sum(heads.values()) == 3
    assert sizes.keys() == heads.keys()


def test_who_would_get_nothing_but_a_withdrawn_article_gets_no_mail(
    readers: Engine, settings: Settings, now: datetime
) -> None:
    stock(readers, article(1), now=now - timedelta(hours=1))
    plan(readers, settings, now)
    with db.transaction(readers) as connection:
        connection.execute(update(tables.deliveries).values(claim="a worker's", leased_until=now))

    assert correct(readers, CorrectionKind.WITHDRAWN, now) == 2

    with db.reading(readers) as connection:
        table = tables.deliveries
        rows = connection.execute(
            select(table.c.status, table.c.claim, func.count()).group_by(table.c.status, table.c.claim)
        ).all()
    assert [tuple(row) for row in rows] == [("skipped", None, 2)]
    assert reasons(readers, ADA) == {"article-1": Reason.WITHDRAWN}
    plan(readers, settings, now)
    assert reasons(readers, ADA) == {"article-1": Reason.WITHDRAWN}


def test_a_correction_needs_an_article_and_words(readers: Engine, now: datetime) -> None:
    stock(readers, article(1), now=now)
    with db.transaction(readers) as connection:
        with pytest.raises(NotFoundError, match="no article “none”"):
            corrections.correct(connection, "none", CorrectionKind.CORRECTED, "Wrong.", now=now)
        for note in (" ", "x" * 1001):
            with pytest.raises(UsageError, match="1 to 1,000 characters"):
                corrections.correct(connection, "article-1", CorrectionKind.CORRECTED, note, now=now)


def test_what_is_corrected_while_an_issue_is_planned_is_not_in_it(
    readers: Engine, settings: Settings, now: datetime
) -> None:
    stock(readers, article(1), article(2), now=now - timedelta(hours=1))
    told: list[int] = []

    def meanwhile(people: int) -> None:
        if not told:
            correct(readers, CorrectionKind.WITHDRAWN, now)
        told.append(people)

    made = planning.plan(readers, settings, settings.newsletter("weekly"), now=now, drafted=meanwhile)

    assert told == [2, 2]
    assert made.issue.number == 1
    assert given(readers, ADA) == ["article-2"]


def test_corrections_leave_room_for_stories_and_the_rest_is_told_next(
    readers: Engine, settings: Settings, now: datetime
) -> None:
    stock(readers, *(article(n) for n in range(1, 6)), now=now - timedelta(hours=1))
    plan(readers, settings, now)
    accept(readers, now)
    for number in range(1, 6):
        correct(readers, CorrectionKind.CORRECTED, now + timedelta(hours=1), f"article-{number}")

    for day, expected in ((1, 4), (2, 1)):
        then = now + timedelta(days=day)
        stock(readers, article(-24 * day + 1), now=then)
        plan(readers, settings, then)
        accept(readers, then)
        assert text(readers, settings, ADA).count("It was 14 metres") == expected


def planned_in_full(engine: Engine, settings: Settings, now: datetime, *batch: Article) -> tuple[Settings, Issue]:
    """Plan those articles, all of them and in full, for one reader."""
    weekly = settings.newsletters[0].model_copy(update={"max_articles": 200, "max_per_category": 200})
    full = settings.model_copy(update={"newsletters": (weekly,)})
    with db.transaction(engine) as connection:
        subscriber(connection, ADA, preferences=Preferences(depth=(("World", Depth.FULL),)))
    stock(engine, *batch, now=now - timedelta(days=6))
    return full, plan(engine, full, now).issue


def test_an_edition_that_is_too_large_steps_down_and_shows_the_rest_in_the_browser(
    database: Engine, settings: Settings, now: datetime
) -> None:
    long = RichText(*("Words that fill the page to its brim. " * 120,) * 3)
    batch = [
        article(n, key_points=(long,) * 5, title=f"A headline number {n} " + "of length " * 80) for n in range(1, 121)
    ]

    full, issue = planned_in_full(database, settings, now, *batch)

    with db.reading(database) as connection:
        delivery = issues.delivery_for(connection, issue, ADA)
        assert delivery
        edition = issues.edition(connection, issue.id, delivery.edition)
        explained = explanation.explain(connection, issue, ADA)
    messages = Messages(database, issue, full)
    html = messages.html(delivery)
    assert len(html.encode()) <= 90_000
    assert "/unsubscribe/" in html
    dropped = {one.article.id for one in explained.selection.dropped if one.reason is Reason.MORE_ON_WEB}
    assert [one.article.id for one in explained.selection.chosen] == [p.article_id for p in edition.placements]
    assert len(edition.placements) + len(dropped) == 120
    assert {explained.wanted[one.article.id] for one in explained.selection.chosen} == {Depth.FULL}
    assert dropped
    assert f"{len(dropped)} more stories on the web" in html
    assert f"{len(dropped)} more stories on the web:" in messages.text(delivery)
    page = messages.page(delivery)
    assert page.count("A headline number") >= 120
    assert "more stories on the web" not in page
    assert "More stories for you" in page


def test_the_lowest_ranked_step_down_first_and_level_by_level(
    database: Engine, settings: Settings, now: datetime
) -> None:
    long = RichText(*("Words that fill the page to its brim. " * 60,) * 3)
    batch = [article(n, key_points=(long,) * 5) for n in range(1, 13)]

    _, issue = planned_in_full(database, settings, now, *batch)

    with db.reading(database) as connection:
        selection = explanation.explain(connection, issue, ADA).selection
    depths = [one.depth for one in selection.chosen]
    assert depths == sorted(depths, key=[Depth.FULL, Depth.BRIEF].index)
    assert 0 < depths.count(Depth.FULL) < 12
