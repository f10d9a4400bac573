from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from digest import articles, db, tables
from digest.articles import Stored
from digest.model import Article, RichText, Source
from tests.articles import article

LEGAL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
PASSAGES = st.builds(RichText, LEGAL, LEGAL)
ARTICLES = st.builds(
    Article,
    id=st.sampled_from(["a", "b", "Ä"]),
    url=LEGAL,
    title=LEGAL,
    domain=LEGAL,
    category=LEGAL,
    language=LEGAL,
    published_at=st.datetimes(timezones=st.just(UTC)),
    image_url=st.none() | LEGAL,
    image_alt=LEGAL,
    description=LEGAL,
    tldr=st.lists(PASSAGES, max_size=2).map(tuple),
    why_it_matters=st.none() | PASSAGES,
    key_points=st.lists(PASSAGES, max_size=2).map(tuple),
    sources=st.lists(st.builds(Source, st.integers(), LEGAL, LEGAL), max_size=2).map(tuple),
    hashtags=st.lists(LEGAL, max_size=2).map(tuple),
    view_count=st.integers(min_value=0),
    words=st.integers(min_value=0),
)


def store(engine: Engine, *batch: Article, now: datetime) -> Stored:
    with db.transaction(engine) as connection:
        return articles.store(connection, batch, now=now)


def ids(engine: Engine, *, category: str | None = None, since: datetime | None = None) -> list[str]:
    with db.reading(engine) as connection:
        return [one.id for one in articles.listing(connection, category=category, since=since)]


@given(ARTICLES)
def test_storage_form_loses_nothing(one: Article) -> None:
    assert articles.from_json(articles.to_json(one)) == one


@given(st.lists(ARTICLES, max_size=5))
def test_storing_twice_changes_nothing(batch: list[Article]) -> None:
    engine = db.connect("sqlite:///:memory:")
    tables.metadata.create_all(engine)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    latest = {one.id: one for one in batch}

    with db.transaction(engine) as connection:
        first = articles.store(connection, batch, now=now)
        again = articles.store(connection, list(latest.values()), now=now)
        stored = list(articles.listing(connection, category=None, since=None))
    engine.dispose()

    assert sum(first) == len(batch)
    assert again == Stored(0, 0, len(latest))
    assert {one.id: one for one in stored} == latest


def test_new_changed_and_same_articles_are_counted(database: Engine, now: datetime) -> None:
    store(database, article(1), article(2), now=now)

    assert store(database, article(1), article(2, title="Other"), article(3), now=now) == Stored(1, 1, 1)
    with db.reading(database) as connection:
        found = articles.fetch(connection, "article-2")
    assert found == article(2, title="Other")


def test_only_a_change_moves_the_instant_of_change(database: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    store(database, article(1), article(2), now=now)
    store(database, article(1), article(2, category="Sport"), now=later)

    columns = tables.articles.c
    with db.reading(database) as connection:
        statement = select(columns.category_key, columns.first_seen_at, columns.changed_at).order_by(columns.id)
        rows = [tuple(row) for row in connection.execute(statement)]
    assert rows == [("world", now, now), ("sport", now, later)]


def test_later_of_two_in_a_batch_wins(database: Engine, now: datetime) -> None:
    assert store(database, article(1), article(1, title="Later"), article(1, title="Later"), now=now) == Stored(1, 1, 1)

    with db.reading(database) as connection:
        assert articles.fetch(connection, "article-1") == article(1, title="Later")


def test_batch_beyond_one_query_is_stored_whole(database: Engine, now: datetime) -> None:
    batch = [article(number) for number in range(1_203)]

    assert store(database, *batch, now=now) == Stored(1_203, 0, 0)
    assert store(database, *batch, now=now) == Stored(0, 0, 1_203)
    assert len(ids(database)) == 1_203


def test_unknown_id_is_none(database: Engine) -> None:
    with db.reading(database) as connection:
        assert articles.fetch(connection, "none") is None


def test_window_takes_its_start_and_leaves_its_end(database: Engine, now: datetime) -> None:
    store(database, *(article(hours) for hours in range(5)), article(2, "Sport", id="s"), now=now)

    with db.reading(database) as connection:
        found = articles.published_between(connection, now - timedelta(hours=3), now - timedelta(hours=1))
        assert [one.id for one in found] == ["article-2", "s", "article-3"]


def test_articles_of_one_instant_come_in_order_of_their_ids(database: Engine, now: datetime) -> None:
    store(database, *(article(1, id=name) for name in ("b", "B", "é", "a", "Z", "_")), now=now)

    assert ids(database) == sorted(["b", "B", "é", "a", "Z", "_"])


def test_listing_is_newest_first_and_narrowed_by_what_is_asked(database: Engine, now: datetime) -> None:
    store(database, article(3), article(1, "Straße"), article(2), now=now)

    assert ids(database) == ["article-1", "article-2", "article-3"]
    assert ids(database, category="STRASSE") == ["article-1"]
    assert ids(database, since=now - timedelta(hours=2)) == ["article-1", "article-2"]


def test_categories_are_those_of_stored_articles(database: Engine, now: datetime) -> None:
    store(database, article(1), article(2, "WORLD"), article(3, "Sport"), now=now)

    with db.reading(database) as connection:
        assert articles.categories(connection) == {"world", "sport"}


def test_presentation_is_plain_and_complete(now: datetime) -> None:
    one = article(2, tldr=(RichText("a < b", "<b>a</b> &lt; b"),), why_it_matters=None)

    assert articles.presentation(one) == {
        "id": "article-2",
        "url": "https://news2.example/story/2",
        "title": "Story number 2 of the week",
        "domain": "news2.example",
        "category": "World",
        "language": "en",
        "published_at": "2026-11-23T05:00:00Z",
        "image_url": None,
        "description": "What story 2 is about.",
        "tldr": ["a < b"],
        "why_it_matters": None,
        "key_points": ["Key point of 2."],
        "sources": [
            {"number": 1, "url": "https://news2.example/story/2", "title": "Original article"},
            {"number": 2, "url": "https://source.example/2?a=1&b=2", "title": ""},
        ],
        "hashtags": ["#news"],
        "view_count": 2,
        "story": "article-2",
    }
