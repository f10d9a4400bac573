from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine

from digest import articles, db, feeds
from digest.articles import Stored
from digest.feeds import Validators, Visit
from tests.articles import NOW, article


def test_feed_is_known_as_its_server_named_it_last(database: Engine) -> None:
    with db.transaction(database) as connection:
        feeds.remember(connection, "https://a.example/", Visit(Validators('"1"', "Mon"), 3), now=NOW)
        feeds.remember(connection, "https://b.example/", Visit(), now=NOW)
        feeds.remember(connection, "https://a.example/", Visit(Validators('"2"', ""), 4), now=NOW)

    with db.reading(database) as connection:
        known = feeds.known(connection, ["https://a.example/", "https://b.example/", "https://c.example/"])

    assert known == {"https://a.example/": Visit(Validators('"2"', ""), 4), "https://b.example/": Visit()}


def test_article_without_a_date_keeps_the_one_it_was_first_seen_with(database: Engine) -> None:
    first = article(1)
    later = replace(first, published_at=NOW + timedelta(days=1), modified_at=NOW + timedelta(days=1))
    changed = replace(later, title="New")

    with db.transaction(database) as connection:
        results = [
            articles.store(connection, [one], undated={first.id}, now=NOW) for one in (first, later, changed, changed)
        ]
        stored = articles.fetch(connection, first.id)

    assert results == [Stored(1, 0, 0), Stored(0, 0, 1), Stored(0, 1, 0), Stored(0, 0, 1)]
    assert stored is not None
    assert stored.article == replace(first, title="New")
