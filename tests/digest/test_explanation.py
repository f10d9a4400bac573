"""The explanation is the truth: it replays what was frozen, and comes to the very edition that goes out."""

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from digest import articles, candidates, db, explanation, issues, planning, tables
from digest.config import Settings
from digest.model import Depth
from subscribers.model import Preferences
from tests.articles import article
from tests.audience import subscriber

READERS = 1000
CATEGORIES = ("World", "Business", "Technology", "Science", "Climate", "Health", "Culture", "Sport")


def preferences(source: random.Random) -> Preferences:
    chosen = tuple(source.sample(CATEGORIES, source.randint(0, len(CATEGORIES))))
    depths = [(name, source.choice(list(Depth))) for name in source.sample(CATEGORIES, source.randint(0, 4))]
    muted = source.sample([f"news{n}.example" for n in range(80)] + list(CATEGORIES), source.randint(0, 3))
    return Preferences(chosen, tuple(sorted(depths)), tuple(sorted(muted)))


def stock(engine: Engine, source: random.Random, now: datetime) -> None:
    """Store articles of every kind and 1,000 readers, some of whom had an issue before."""
    batch = [
        article(
            number,
            source.choice((*CATEGORIES, "Gardening")),
            language=source.choice(["en", "en", "fr", "und"]),
            view_count=source.randrange(1000),
            domain=f"news{number % 70}.example",
        )
        for number in range(150)
    ]
    with db.transaction(engine) as connection:
        articles.store(connection, batch, now=now - timedelta(days=6))
        for number in range(0, 150, 10):
            told = tables.articles.c.id.in_([f"article-{n}" for n in range(number, number + source.randint(1, 3))])
            connection.execute(update(tables.articles).where(told).values(story=f"article-{number}"))
        articles.pin(connection, "article-77", at=now)
        connection.execute(update(tables.articles).where(tables.articles.c.id == "article-3").values(withdrawn_at=now))
        for number in range(READERS):
            language = source.choice(["", "fr", "de"])
            subscriber(connection, f"r{number}@example.org", preferences=preferences(source), language=language)


@pytest.mark.slow
def test_explanations_of_1000_random_readers_partition_the_candidates(
    database: Engine, settings: Settings, now: datetime
) -> None:
    source = random.Random(7)
    stock(database, source, now)
    weekly = settings.newsletters[0].model_copy(update={"max_per_domain": 1, "max_articles": 12})
    first = planning.plan(database, settings, weekly, now=now - timedelta(days=2))
    with db.transaction(database) as connection:
        some = tables.deliveries.c.subscriber_id % 3 == 0
        connection.execute(update(tables.deliveries).where(some).values(status="accepted", at=now - timedelta(days=2)))

    made = planning.plan(database, settings, weekly, now=now)

    assert first.deliveries > READERS // 2
    with db.reading(database) as connection:
        pool = set(candidates.frozen(connection, made.issue))
        editions = {edition.number: edition for edition in issues.editions(connection, made.issue)}
        seen = set()
        for number in range(READERS):
            email = f"r{number}@example.org"
            found = explanation.explain(connection, made.issue, email)
            chosen = [(one.article.id, one.depth) for one in found.selection.chosen]
            dropped = [one.article.id for one in found.selection.dropped]
            everyone = [article_id for article_id, _ in chosen] + dropped
            assert len(everyone) == len(pool) and set(everyone) == pool
            delivery = issues.delivery_for(connection, made.issue, email)
            edition = editions[delivery.edition].placements if delivery else ()
            assert chosen == [(placement.article_id, placement.depth) for placement in edition]
            seen |= {one.reason for one in (*found.selection.chosen, *found.selection.dropped)}
    assert len(seen) >= 12, seen


def test_equal_input_gives_equal_editions_under_subjects_of_their_own(
    database: Engine, settings: Settings, now: datetime
) -> None:
    stock(database, random.Random(3), now)

    first, second = (planning.plan(database, settings, settings.newsletter("weekly"), now=now) for _ in range(2))

    with db.reading(database) as connection:
        one, other = (
            [(edition.number, edition.pieces, edition.preheader) for edition in issues.editions(connection, made.issue)]
            for made in (first, second)
        )
        subjects = [
            {edition.subject for edition in issues.editions(connection, made.issue)} for made in (first, second)
        ]
    assert one == other
    assert subjects[0] and not subjects[0] & subjects[1]
