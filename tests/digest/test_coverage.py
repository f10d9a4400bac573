from datetime import datetime

from sqlalchemy import Engine

from digest import articles, coverage, db, planning
from digest.config import Settings
from tests.articles import article
from tests.audience import subscriber


def test_what_nobody_gets_and_who_dominates_is_told(database: Engine, settings: Settings, now: datetime) -> None:
    loud = [article(n, "World", domain="loud.example") for n in range(1, 5)]
    others = [article(5, "Science"), article(6, "Science"), article(7, "Sport"), article(8, "Gardening")]
    with db.transaction(database) as connection:
        articles.store(connection, [*loud, *others], now=now)
        subscriber(connection, "ada@example.org", "World", "Science")
        subscriber(connection, "bo@example.org", "Climate")

    found = planning.plan(database, settings, settings.newsletter("weekly"), now=now).coverage

    assert found.empty_categories == ("Business", "Technology", "Climate", "Health", "Culture")
    assert found.starved_categories == {"Sport": 1}
    assert found.unread == ("article-7",)
    assert found.without_mail == 1
    assert found.dominant == {"loud.example": 4 / 6}
    assert "loud.example tells 67% of all stories that readers get." in coverage.sentences(found)
    assert "Nothing, or too little, was found for one reader." in coverage.sentences(found)
