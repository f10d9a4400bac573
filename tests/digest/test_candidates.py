from datetime import datetime, timedelta

from sqlalchemy import Engine, update

from digest import articles, candidates, db, tables
from digest.model import Outlet
from tests.articles import article


def gathered(engine: Engine, now: datetime, *, since_hours: int, until_hours: int) -> list[str]:
    with db.reading(engine) as connection:
        found = candidates.gather(
            connection, since=now - timedelta(hours=since_hours), until=now - timedelta(hours=until_hours)
        )
    assert [one.number for one in found] == list(range(len(found)))
    return [one.article.id for one in found]


def test_window_takes_its_start_and_leaves_its_end(database: Engine, now: datetime) -> None:
    with db.transaction(database) as connection:
        batch = [*(article(hours) for hours in range(5)), article(2, "Sport", id="s")]
        articles.store(connection, batch, now=now - timedelta(days=1))

    assert gathered(database, now, since_hours=3, until_hours=1) == ["article-2", "s", "article-3"]


def test_what_changed_materially_in_the_window_is_a_candidate_again(database: Engine, now: datetime) -> None:
    old = article(100)
    with db.transaction(database) as connection:
        articles.store(connection, [old, article(101)], now=now - timedelta(hours=100))
    with db.transaction(database) as connection:
        changed = article(100, title="A headline that says quite another thing")
        articles.store(connection, [changed], now=now - timedelta(hours=2))

    assert gathered(database, now, since_hours=3, until_hours=0) == ["article-100"]
    assert gathered(database, now, since_hours=1, until_hours=0) == []


def test_other_outlets_of_a_story_are_named_once(database: Engine, now: datetime) -> None:
    domains = ["a.example", "b.example", "b.example", "c.example"]
    with db.transaction(database) as connection:
        articles.store(connection, [article(n, domain=domain) for n, domain in enumerate(domains, 1)], now=now)
        told = tables.articles.c.id.in_(["article-1", "article-2", "article-3"])
        connection.execute(update(tables.articles).where(told).values(story="article-3"))
    with db.reading(database) as connection:
        found = {
            c.article.id: c.also_in for c in candidates.gather(connection, since=now - timedelta(days=1), until=now)
        }

    assert found["article-1"] == (Outlet("b.example", "https://news2.example/story/2"),)
    assert found["article-2"] == (Outlet("a.example", "https://news1.example/story/1"),)
    assert found["article-4"] == ()
