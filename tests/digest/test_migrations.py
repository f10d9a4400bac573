"""A database of an earlier version keeps what it holds."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, select, text, update
from sqlalchemy.exc import IntegrityError

from digest import articles, candidates, db, issues, pictures, tables
from digest.ingest.picture_files import Cropped
from digest.model import Depth, Picture
from tests.articles import article, newsletter

OLD_ARTICLE = {
    "id": "a",
    "url": "https://news.example/a",
    "title": "A story of last year",
    "domain": "news.example",
    "category": "World",
    "language": "en",
    "published_at": "2026-11-22T07:00:00Z",
    "image_url": None,
    "image_alt": "",
    "description": "What it is about.",
    "tldr": [["One point.", "<b>One</b> point."]],
    "why_it_matters": ["It does.", "It does."],
    "key_points": [],
    "sources": [[1, "https://news.example/a", "Original"]],
    "hashtags": [],
    "view_count": 3,
    "words": 200,
}


def migrated_to(version: str, request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """A database of an earlier schema."""
    is_sqlite = request.param == "sqlite"
    engine = db.connect(f"sqlite:///{tmp_path / 'old.db'}" if is_sqlite else request.getfixturevalue("postgres_url"))
    with db.transaction(engine) as connection:
        if not is_sqlite:
            connection.exec_driver_sql("drop schema public cascade")
            connection.exec_driver_sql("create schema public")
        command.upgrade(db.configuration(connection), version)
    return engine


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def first_version(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """A database of the first schema."""
    return migrated_to("0001", request, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def second_version(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """A database of the second schema, before pictures."""
    return migrated_to("0002", request, tmp_path)


def fill(connection: Connection, now: datetime) -> None:
    """Store an article and an issue with one edition as the first version did."""
    content = json.dumps(OLD_ARTICLE)
    values = {"content": content, "at": now, "since": now - timedelta(days=7), "frozen": newsletter().model_dump_json()}
    for statement in (
        "insert into articles (id, category_key, published_at, content, first_seen_at, changed_at) "
        "values ('a', 'world', :at, :content, :at, :at)",
        "insert into issues (newsletter, number, frozen, base_url, nonce, since, until, created_at, planned_at) "
        "values ('weekly', 1, :frozen, 'https://news.example.com', 'abc', :since, :at, :at, :at)",
        "insert into candidates (issue_id, article_id, content) values (1, 'a', :content)",
        "insert into choices (issue_id, number, preferences, received, edition) values "
        """(1, 1, '{"categories":["World"],"depth":{},"muted":[]}', '["b"]', 1)""",
        "insert into editions (issue_id, number, subject, preheader, minutes, html_bytes, pieces) "
        "values (1, 1, 'A story', 'of last year', 1, 9000, 'i0 s0 c0b.l')",
        "insert into placements (issue_id, edition, position, article_id, depth) values (1, 1, 1, 'a', 'brief')",
    ):
        names = [name for name in values if f":{name}" in statement]
        connection.execute(
            text(statement.replace(":", "\\:") if not names else statement), {n: values[n] for n in names}
        )


def test_articles_and_issues_of_the_first_version_are_kept(first_version: Engine, now: datetime) -> None:
    with db.transaction(first_version) as connection:
        fill(connection, now)

    db.migrate(first_version)

    with db.reading(first_version) as connection:
        filed = articles.fetch(connection, "a")
        issue = issues.find(connection, "weekly/1")
        pool = candidates.frozen(connection, issue)
        edition = issues.edition(connection, issue.id, 1)
        choices = issues.choices_of(connection, issue.id, [1])[1]
    first_version.dispose()
    assert filed and filed.article.tldr[0].text == "One point."
    assert filed.article.canonical_url == "https://news.example/a"
    assert pool["a"].article == filed.article
    assert [(p.article_id, p.depth) for p in edition.placements] == [("a", Depth.BRIEF)]
    assert choices.received == ("b",)
    assert choices.since == now - timedelta(days=7)


def test_what_comes_in_after_the_migration_replaces_the_article(first_version: Engine, now: datetime) -> None:
    with db.transaction(first_version) as connection:
        fill(connection, now)
    db.migrate(first_version)

    with db.transaction(first_version) as connection:
        stored = articles.store(connection, [article(1, id="a"), article(2)], now=now)
        articles.file_stories(connection, articles.ungrouped_stories(connection))
    first_version.dispose()

    assert stored == articles.Stored(added=1, updated=1, unchanged=0)


def test_issues_of_the_second_version_have_no_pictures_and_take_some(second_version: Engine, now: datetime) -> None:
    values = {"at": now, "frozen": newsletter().model_dump_json()}
    values["content"] = articles.to_json(article(1, image_url="https://pictures.example/1.jpg"))
    with db.transaction(second_version) as connection:
        for statement in (
            "insert into issues (newsletter, number, frozen, base_url, nonce, since, until, created_at, planned_at) "
            "values ('weekly', 1, :frozen, 'https://news.example.com', 'abc', :at, :at, :at, :at)",
            "insert into candidates (issue_id, article_id, number, content, story, revision, first_seen_at, "
            "is_pinned, is_withdrawn, is_taken_out) "
            "values (1, 'article-1', 0, :content, 'article-1', 1, :at, false, false, true)",
        ):
            connection.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})

    db.migrate(second_version)

    with db.transaction(second_version) as connection:
        issue = issues.find(connection, "weekly/1")
        before = candidates.frozen(connection, issue)["article-1"]
        pictures.keep(
            connection, "https://pictures.example/1.jpg", Cropped(b"\xff\xd8", 552, 310), secret=b"s", now=now
        )
        name = pictures.name(b"\xff\xd8", b"s")
        connection.execute(update(tables.candidates).values(picture=name))
        after = candidates.frozen(connection, issue)["article-1"]
        taken_out = connection.execute(select(tables.candidates.c.is_taken_out)).scalar_one()
    second_version.dispose()
    assert (before.picture, before.picture_failure, taken_out) == (None, "", True)
    assert after.picture == Picture(f"https://news.example.com/pictures/{name}.jpg", 552, 310)


def test_an_issue_freezes_no_picture_that_is_not_stored(second_version: Engine, now: datetime) -> None:
    db.migrate(second_version)

    with pytest.raises(IntegrityError), db.transaction(second_version) as connection:
        row = {"url_digest": "0", "picture": "none such", "failure": "", "fetched_at": now}
        connection.execute(tables.picture_sources.insert(), [row])
        raise AssertionError("the database takes a picture that is not stored")
    second_version.dispose()
