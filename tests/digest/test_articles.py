from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from digest import articles, db, tables
from digest.articles import Filed, Stored
from digest.model import Article, RichText, Source
from tests.articles import article

LEGAL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
PASSAGES = st.builds(RichText, LEGAL, LEGAL, LEGAL)
INSTANTS = st.datetimes(timezones=st.just(UTC))
ARTICLES = st.builds(
    Article,
    id=st.sampled_from(["a", "b", "Ä"]),
    url=LEGAL,
    canonical_url=LEGAL,
    title=LEGAL,
    domain=LEGAL,
    category=LEGAL,
    language=LEGAL,
    published_at=INSTANTS,
    modified_at=INSTANTS,
    image_url=st.none() | LEGAL,
    image_alt=LEGAL,
    description=LEGAL,
    tldr=st.lists(PASSAGES, max_size=2).map(tuple),
    why_it_matters=st.none() | PASSAGES,
    key_points=st.lists(PASSAGES, max_size=2).map(tuple),
    quotes=st.lists(PASSAGES, max_size=2).map(tuple),
    details=st.lists(PASSAGES, max_size=2).map(tuple),
    sources=st.lists(st.builds(Source, st.integers(), LEGAL, LEGAL), max_size=2).map(tuple),
    hashtags=st.lists(LEGAL, max_size=2).map(tuple),
    view_count=st.integers(min_value=0),
    words=st.integers(min_value=0),
    story=LEGAL,
)


def store(engine: Engine, *batch: Article, now: datetime) -> Stored:
    with db.transaction(engine) as connection:
        return articles.store(connection, batch, now=now)


def ids(engine: Engine, *, category: str | None = None, since: datetime | None = None) -> list[str]:
    with db.reading(engine) as connection:
        return [one.article.id for one in articles.listing(connection, category=category, since=since)]


@given(ARTICLES)
def test_storage_form_loses_nothing(one: Article) -> None:
    assert articles.from_json(articles.to_json(one)) == one


@given(st.lists(ARTICLES, max_size=5))
def test_storing_twice_changes_nothing(batch: list[Article]) -> None:
    engine = db.connect("sqlite:///:memory:")
    tables.metadata.create_all(engine)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    latest = {one.id: one for one in sorted(batch, key=lambda one: one.modified_at)}

    with db.transaction(engine) as connection:
        first = articles.store(connection, batch, now=now)
        again = articles.store(connection, list(latest.values()), now=now)
        stored = list(articles.listing(connection, category=None, since=None))
    engine.dispose()

    assert sum(first) == len(batch)
    assert again == Stored(0, 0, len(latest))
    assert {one.article.id: one.article for one in stored} == latest


def test_new_changed_and_same_articles_are_counted(database: Engine, now: datetime) -> None:
    store(database, article(1), article(2), now=now)

    assert store(database, article(1), article(2, title="Other"), article(3), now=now) == Stored(1, 1, 1)
    with db.reading(database) as connection:
        found = articles.fetch(connection, "article-2")
    assert found and found.article == article(2, title="Other")


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
        found = articles.fetch(connection, "article-1")
    assert found and found.article == article(1, title="Later")


def test_an_older_version_does_not_replace_a_newer_one(database: Engine, now: datetime) -> None:
    newer = article(1, title="Newer", modified_at=now)
    store(database, newer, now=now)

    assert store(database, article(1, title="Older", modified_at=now - timedelta(hours=1)), now=now) == Stored(0, 0, 1)
    assert store(database, article(1, title="As new", modified_at=now), now=now) == Stored(0, 1, 0)


def test_an_article_without_a_date_keeps_that_of_its_first_day(database: Engine, now: datetime) -> None:
    def found(at: datetime, **fields: str) -> Stored:
        with db.transaction(database) as connection:
            undated = article(1, published_at=at, modified_at=at, **fields)
            return articles.store(connection, [undated], undated={"article-1"}, now=at)

    assert found(now) == Stored(1, 0, 0)
    assert found(now + timedelta(days=1)) == Stored(0, 0, 1)
    assert found(now + timedelta(days=2), title="Another headline for it") == Stored(0, 1, 0)
    with db.reading(database) as connection:
        stored = articles.fetch(connection, "article-1")
    assert stored and stored.article.published_at == now


def test_only_a_material_change_is_a_new_revision(database: Engine, now: datetime) -> None:
    def revision() -> int:
        with db.reading(database) as connection:
            return int(connection.execute(select(tables.articles.c.revision)).scalar_one())

    store(database, article(1), now=now)
    store(database, article(1, title="Story number 1 of the weak", view_count=9), now=now)
    assert revision() == 1
    store(database, article(1, title="Story number 2 of the week"), now=now)
    assert revision() == 2


def test_what_an_editor_pinned_stays_pinned_when_it_comes_in_again(database: Engine, now: datetime) -> None:
    store(database, article(1), now=now)
    with db.transaction(database) as connection:
        assert articles.pin(connection, "article-1", at=now)
        assert not articles.pin(connection, "article-2", at=now)
    store(database, article(1, title="Another"), now=now)

    with db.reading(database) as connection:
        found = articles.fetch(connection, "article-1")
    assert found and found.is_pinned and found.article.title == "Another"


def test_batch_beyond_one_query_is_stored_whole(database: Engine, now: datetime) -> None:
    batch = [article(number) for number in range(1_203)]

    assert store(database, *batch, now=now) == Stored(1_203, 0, 0)
    assert store(database, *batch, now=now) == Stored(0, 0, 1_203)
    assert len(ids(database)) == 1_203


def test_unknown_id_is_none(database: Engine) -> None:
    with db.reading(database) as connection:
        assert articles.fetch(connection, "none") is None


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
    one = article(2, tldr=(RichText("a < b", "<b>a</b> &lt; b", "a < b"),), why_it_matters=None)

    assert articles.presentation(Filed(one, "the-story", is_pinned=False, is_withdrawn=True)) == {
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
        "quotes": [],
        "details": [],
        "sources": [
            {"number": 1, "url": "https://news2.example/story/2", "title": "Original article"},
            {"number": 2, "url": "https://source.example/2?a=1&b=2", "title": ""},
        ],
        "hashtags": ["#news"],
        "view_count": 0,
        "story": "the-story",
        "pinned": False,
        "withdrawn": True,
    }


def test_what_tells_one_story_is_filed_under_its_first_article(database: Engine, now: datetime) -> None:
    def filed() -> dict[str, str]:
        with db.reading(database) as connection:
            found = articles.ungrouped_stories(connection)
        with db.transaction(database) as connection:
            articles.file_stories(connection, found)
            return {f.article.id: f.story for f in articles.listing(connection, category=None, since=None)}

    page = "https://news.example/one"
    store(database, article(3, canonical_url=page), article(5), now=now)
    assert filed() == {"article-3": "article-3", "article-5": "article-5"}

    store(database, article(1, canonical_url=page), now=now)
    assert filed() == {"article-1": "article-3", "article-3": "article-3", "article-5": "article-5"}

    store(database, article(4, canonical_url=page), now=now)
    assert filed()["article-1"] == "article-4"
    with db.reading(database) as connection:
        assert articles.ungrouped_stories(connection) == {}
