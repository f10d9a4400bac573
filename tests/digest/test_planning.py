import email
import email.policy
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select, update

from digest import articles, db, explanation, issues, planning, tables, templating
from digest.config import Settings
from digest.errors import NotFoundError, TemplateError
from digest.messages import Messages
from digest.model import Depth
from digest.planning import plan
from digest.selection import Reason
from subscribers.model import Preferences
from tests.articles import article
from tests.audience import subscriber

POOL = [
    article(1, "World"),
    article(2, "Business"),
    article(3, "Science"),
    article(4, "World"),
    article(200, "World"),  # published before the window
]


@pytest.fixture
def stocked(database: Engine, now: datetime) -> Engine:
    """A database with five articles and six people."""
    with db.transaction(database) as connection:
        articles.store(connection, POOL, now=now)
        subscriber(connection, "ada@example.org", "Science", "World", name="Ada Löwe")
        subscriber(connection, "bo@example.org", "Science", "World")
        subscriber(connection, "cy@example.org", "Sport")
        subscriber(connection, "di@example.org", status="unsubscribed")
        subscriber(connection, "ed@example.org", lists=["others"])
        subscriber(connection, "fo@example.org", preferences=Preferences(depth=(("World", Depth.FULL),)))
    return database


def placed(engine: Engine, name: str, address: str) -> list[str]:
    with db.reading(engine) as connection:
        issue = issues.find(connection, name)
        delivery = issues.delivery_for(connection, issue, address)
        assert delivery
        return [p.article_id for p in issues.edition(connection, issue.id, delivery.edition).placements]


def test_readers_with_the_same_choices_share_an_edition(stocked: Engine, settings: Settings, now: datetime) -> None:
    made = plan(stocked, settings, settings.newsletter("weekly"), now=now)

    assert (made.issue.name, made.articles, made.editions, made.deliveries) == ("weekly/1", 4, 2, 3)
    assert made.skipped == {"no_articles": 1, "unsubscribed": 1}
    assert placed(stocked, "weekly/1", "ada@example.org") == ["article-3", "article-1", "article-4"]
    assert placed(stocked, "weekly", "fo@example.org") == ["article-1", "article-4", "article-2", "article-3"]
    with db.reading(stocked) as connection:
        assert issues.edition_readers(connection, made.issue) == {1: 2, 2: 1}


def test_everybody_on_the_lists_is_delivered_to_or_skipped(stocked: Engine, settings: Settings, now: datetime) -> None:
    made = plan(stocked, settings, settings.newsletter("weekly"), now=now)

    with db.reading(stocked) as connection:
        members = connection.execute(
            select(func.count()).select_from(tables.subscriptions).where(tables.subscriptions.c.list == "readers")
        ).scalar_one()
    assert made.deliveries + sum(made.skipped.values()) == members


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "pending"}, "pending"),
        ({"status": "paused", "paused_until": datetime.fromisoformat("2026-12-01T00:00:00Z")}, "paused"),
    ],
)
def test_who_may_not_be_mailed_is_skipped_with_the_reason(
    database: Engine, settings: Settings, now: datetime, fields: dict[str, object], reason: str
) -> None:
    with db.transaction(database) as connection:
        articles.store(connection, POOL, now=now)
        subscriber(connection, "gi@example.org", **fields)

    assert plan(database, settings, settings.newsletter("weekly"), now=now).skipped == {reason: 1}


def test_a_break_that_is_over_is_over(database: Engine, settings: Settings, now: datetime) -> None:
    with db.transaction(database) as connection:
        articles.store(connection, POOL, now=now)
        subscriber(connection, "gi@example.org", status="paused", paused_until=now - timedelta(hours=1))

    assert plan(database, settings, settings.newsletter("weekly"), now=now).deliveries == 1


def accept_all(engine: Engine, now: datetime) -> None:
    with db.transaction(engine) as connection:
        connection.execute(update(tables.deliveries).values(status="accepted", at=now))


def test_what_was_accepted_is_not_planned_again_for_that_reader(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    weekly = settings.newsletter("weekly")
    plan(stocked, settings, weekly, now=now)
    accept_all(stocked, now)
    with db.transaction(stocked) as connection:
        articles.store(connection, [article(-2, "World")], now=now)
        subscriber(connection, "new@example.org", "World")

    plan(stocked, settings, weekly, now=now + timedelta(hours=3))

    assert placed(stocked, "weekly/2", "ada@example.org") == ["article--2"]
    assert placed(stocked, "weekly/2", "new@example.org") == ["article--2", "article-1", "article-4"]


def test_an_issue_that_was_only_planned_takes_nothing_away(stocked: Engine, settings: Settings, now: datetime) -> None:
    weekly = settings.newsletter("weekly")
    plan(stocked, settings, weekly, now=now)

    assert plan(stocked, settings, weekly, now=now).deliveries == 3


def test_a_weekly_reader_of_a_daily_newsletter_waits_for_a_week(
    database: Engine, settings: Settings, now: datetime
) -> None:
    weekly = settings.newsletter("weekly")
    with db.transaction(database) as connection:
        articles.store(connection, [article(1), article(-30), article(-160)], now=now)
        subscriber(connection, "wo@example.org", frequency="weekly")
    plan(database, settings, weekly, now=now)
    accept_all(database, now)

    next_day = plan(database, settings, weekly, now=now + timedelta(hours=36))
    next_week = plan(database, settings, weekly, now=now + timedelta(days=7))

    assert next_day.skipped == {"not_due": 1}
    assert next_week.deliveries == 1


def test_a_slot_is_planned_once(stocked: Engine, settings: Settings, now: datetime) -> None:
    weekly = settings.newsletter("weekly")

    first = plan(stocked, settings, weekly, now=now, slot="2026-11-23T07:00")
    again = plan(stocked, settings, weekly, now=now + timedelta(hours=1), slot="2026-11-23T07:00")

    assert again == first


def test_an_empty_audience_is_an_issue_without_deliveries(database: Engine, settings: Settings, now: datetime) -> None:
    made = plan(database, settings, settings.newsletter("weekly"), now=now)

    assert (made.deliveries, made.editions, made.subject, dict(made.skipped)) == (0, 0, "", {})


def test_explain_names_every_candidate_once_and_stays_with_what_was_frozen(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    made = plan(stocked, settings, settings.newsletter("weekly"), now=now)
    with db.transaction(stocked) as connection:
        connection.execute(update(tables.subscribers).values(preferences=Preferences(categories=("Sport",)).to_json()))
        articles.store(connection, [replace(POOL[0], title="Changed", category="Sport")], now=now)

    with db.reading(stocked) as connection:
        found = explanation.explain(connection, made.issue, "ada@example.org")

    assert [c.article.id for c in found.selection.chosen] == ["article-3", "article-1", "article-4"]
    assert [(d.article.id, d.reason) for d in found.selection.dropped] == [("article-2", Reason.NOT_CHOSEN)]
    assert found.skipped is None
    assert found.selection.chosen[1].article.title == "Story number 1 of the week"


def test_explain_tells_why_somebody_gets_no_mail(stocked: Engine, settings: Settings, now: datetime) -> None:
    made = plan(stocked, settings, settings.newsletter("weekly"), now=now)

    with db.reading(stocked) as connection:
        assert explanation.explain(connection, made.issue, "cy@example.org").skipped == "no_articles"
        assert explanation.explain(connection, made.issue, "ed@example.org").skipped == "not_in_audience"
        with pytest.raises(NotFoundError, match="no subscriber"):
            explanation.explain(connection, made.issue, "nobody@example.org")


def test_a_reader_gets_a_complete_message_of_their_own(stocked: Engine, settings: Settings, now: datetime) -> None:
    made = plan(stocked, settings, settings.newsletter("weekly"), now=now)
    with db.reading(stocked) as connection:
        ada = issues.delivery_for(connection, made.issue, "ada@example.org")
        bo = issues.delivery_for(connection, made.issue, "bo@example.org")
    assert ada and bo

    first, second = Messages(stocked, made.issue, settings).many([ada, bo])

    message = email.message_from_bytes(first, policy=email.policy.default)
    assert message["To"].addresses[0].display_name == "Ada Löwe"
    assert message["To"].addresses[0].addr_spec == "ada@example.org"
    assert message["Subject"] == "Story number 3 of the week · World"
    assert message["Date"].datetime == now
    unsubscribe = re.match(r"<(https://news\.example\.com/unsubscribe/[\w.~-]+)>", message["List-Unsubscribe"])
    assert unsubscribe
    for kind in ("plain", "html"):
        body = message.get_body((kind,)).get_content()
        assert unsubscribe[1] in body
        assert "because you subscribed to it and chose Science and World." in " ".join(body.split())
        assert "3 stories" in body
    assert all(len(line) <= 998 for line in first.split(b"\r\n"))
    assert first != second
    assert message["Message-ID"] not in second.decode()


def test_messages_do_not_change_when_articles_and_choices_do(
    stocked: Engine, settings: Settings, now: datetime
) -> None:
    made = plan(stocked, settings, settings.newsletter("weekly"), now=now)
    with db.reading(stocked) as connection:
        ada = issues.delivery_for(connection, made.issue, "ada@example.org")
    assert ada
    before = Messages(stocked, made.issue, settings).one(ada)

    with db.transaction(stocked) as connection:
        articles.store(connection, [replace(a, title="Changed") for a in POOL], now=now)
        connection.execute(update(tables.subscribers).values(preferences=Preferences().to_json(), name="Changed"))

    assert Messages(stocked, made.issue, settings).one(ada) == before


def test_a_test_copy_is_marked_and_its_links_are_dead(stocked: Engine, settings: Settings, now: datetime) -> None:
    made = plan(stocked, settings, settings.newsletter("weekly"), now=now)
    with db.reading(stocked) as connection:
        ada = issues.delivery_for(connection, made.issue, "ada@example.org")
    assert ada
    messages = Messages(stocked, made.issue, settings)

    copy = email.message_from_bytes(messages.test_copy(ada, to="desk@example.com"), policy=email.policy.default)

    assert copy["Subject"].startswith("[TEST] ")
    assert copy["To"] == "desk@example.com"
    assert "ada@example.org" not in copy.as_string()
    real = email.message_from_bytes(messages.one(ada), policy=email.policy.default)
    token = re.search(r"/unsubscribe/([\w.~-]+)", real["List-Unsubscribe"])
    assert token and token[1] not in copy.as_string()
    assert copy["Message-ID"] != real["Message-ID"]


def test_a_failure_in_planning_leaves_nothing(stocked: Engine, settings: Settings, now: datetime) -> None:
    with db.transaction(stocked) as connection:
        connection.execute(update(tables.articles).values(content="{"))

    with pytest.raises(ValueError, match="Expecting property name"):
        plan(stocked, settings, settings.newsletter("weekly"), now=now)

    with db.reading(stocked) as connection:
        assert issues.all_issues(connection) == []


def test_an_unknown_issue_names_the_newest(stocked: Engine, settings: Settings, now: datetime) -> None:
    with db.reading(stocked) as connection, pytest.raises(NotFoundError, match="digest plan weekly"):
        issues.find(connection, "weekly")
    planning.plan(stocked, settings, settings.newsletter("weekly"), now=now)
    with db.reading(stocked) as connection, pytest.raises(NotFoundError, match="newest one is weekly/1"):
        issues.find(connection, "weekly/2")


@pytest.mark.parametrize(("slot", "numbers"), [(None, [1, 2]), ("2026-11-23T07:00", [1, 1])])
def test_two_planners_at_once_never_make_one_issue_twice(
    stocked: Engine, settings: Settings, now: datetime, slot: str | None, numbers: list[int]
) -> None:
    weekly = settings.newsletter("weekly")
    together = Barrier(2)

    def planned(_: int) -> planning.Plan:
        together.wait()
        return plan(stocked, settings, weekly, now=now, slot=slot)

    with ThreadPoolExecutor(2) as planners:
        made = list(planners.map(planned, range(2)))

    assert sorted(one.issue.number for one in made) == numbers
    assert {one.deliveries for one in made} == {3}
    with db.reading(stocked) as connection:
        assert len(issues.all_issues(connection)) == max(numbers)


@pytest.mark.parametrize("broken", ["issue.mjml.j2", "macros.txt.j2"])
def test_a_broken_template_of_ones_own_is_named_before_anything_is_planned(
    stocked: Engine, settings: Settings, now: datetime, tmp_path: Path, broken: str
) -> None:
    text = (templating.templates_dir() / "email" / broken).read_text()
    (tmp_path / broken).write_text(
        text.replace("{% endmacro %}", "{% endmakro %}").replace("{% endblock %}", "{% end %}")
    )
    own = settings.model_copy(update={"templates": tmp_path})

    with pytest.raises(TemplateError, match=rf"template .*{broken}, line \d+: "):
        plan(stocked, own, own.newsletter("weekly"), now=now)

    with db.reading(stocked) as connection:
        assert issues.newest(connection) is None
