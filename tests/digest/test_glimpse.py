"""What an issue of this minute would hold, as the preference page shows it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from digest import articles, db
from digest.glimpse import FRESH, MOST_HEADLINES, Glimpses
from digest.model import Newsletter
from subscribers import store
from subscribers.model import Subscriber
from tests import audience
from tests.articles import NOW, article, newsletter

WEEKLY = newsletter(categories=("World", "Science", "Sport"), max_per_category=5)


def told(connection: Connection, categories: Sequence[str], first: int = 1) -> None:
    """Store articles of these categories, the newest first."""
    batch = [
        article(n, category, published_at=NOW - timedelta(hours=n), title=f"{category} {n}", domain=f"p{n}.example")
        for n, category in enumerate(categories, start=first)
    ]
    articles.store(connection, batch, now=NOW)


def reader(connection: Connection, *categories: str, language: str = "") -> Subscriber:
    found = store.by_id(connection, audience.subscriber(connection, "ada@example.org", *categories, language=language))
    assert found
    return found


@pytest.fixture
def connection(database: Engine) -> Iterator[Connection]:
    """A connection that reads what it wrote."""
    with db.transaction(database) as open_connection:
        yield open_connection


def test_every_section_shows_its_first_before_any_shows_its_last(connection: Connection) -> None:
    told(connection, ["World"] * 7 + ["Science"] * 2 + ["Sport"])
    ada = reader(connection, "Science", "World", "Sport")
    glimpse = Glimpses().of(connection, ada, WEEKLY, NOW)
    assert glimpse.stories == 8  # max_per_category
    assert [one.title for one in glimpse.first] == ["Science 8", "Science 9", "World 1", "World 2", "Sport 10"]
    assert len(glimpse.first) == MOST_HEADLINES


def test_what_lies_before_the_window_is_not_in_it(connection: Connection) -> None:
    told(connection, ["World"] * 2)
    ada = reader(connection, "World")
    assert Glimpses().of(connection, ada, WEEKLY, NOW + timedelta(days=8)).stories == 0
    assert Glimpses().of(connection, ada, WEEKLY, NOW + timedelta(days=8)).minutes == 0


def test_the_readers_language_counts(connection: Connection) -> None:
    batch = [
        article(n, "World", published_at=NOW - timedelta(hours=n), language=tag)
        for n, tag in enumerate(["en", "fr"], 1)
    ]
    articles.store(connection, batch, now=NOW)
    ada = reader(connection, "World", language="fr")
    assert [one.language for one in Glimpses().of(connection, ada, WEEKLY, NOW).first] == ["fr", "en"]


def test_candidates_are_kept_for_a_minute_and_for_one_newsletter(connection: Connection) -> None:
    told(connection, ["World"])
    ada = reader(connection)
    glimpses = Glimpses()

    def stories(of: Newsletter, after: timedelta) -> int:
        return glimpses.of(connection, ada, of, NOW + after).stories

    assert stories(WEEKLY, timedelta(0)) == 1
    told(connection, ["World"], first=2)
    assert stories(WEEKLY, FRESH / 2) == 1
    assert stories(newsletter(slug="other", categories=("World",)), FRESH / 2) == 2
    assert stories(WEEKLY, FRESH) == 2
    assert stories(newsletter(categories=("Sport",)), FRESH) == 0  # the settings were changed meanwhile
