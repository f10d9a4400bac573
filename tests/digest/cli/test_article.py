"""`digest article` with what an editor says of it."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from digest import articles, db
from tests.articles import article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest

AT = ("--now", "2026-11-23T07:00:00Z")


@pytest.fixture
def stocked(digest: Digest, engine: Engine, now: datetime) -> Digest:
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1), article(2)], now=now)
        subscriber(connection, "ada@example.org")
    return digest


def test_pinned_comes_first_until_it_is_unpinned(stocked: Digest) -> None:
    assert stocked("article", "article-2", "--pin", "--json").json["pinned"] is True
    stocked("plan", "weekly", *AT)
    chosen = stocked("explain", "weekly", "ada@example.org", "--json").json["chosen"]
    assert [(row["id"], row["reason"]) for row in chosen] == [("article-2", "pinned"), ("article-1", "every_category")]
    assert "Pinned" in stocked("article", "article-2").out

    assert stocked("article", "article-2", "--unpin", "--json").json["pinned"] is False


def test_withdrawn_leaves_what_is_planned_and_says_how_many(stocked: Digest) -> None:
    stocked("plan", "weekly", *AT)

    ran = stocked("article", "article-1", "--withdraw", "It was invented.", *AT)

    assert ran.code == 0
    assert "withdrawn: taken out of one delivery to come" in ran.err
    assert "Withdrawn" in ran.out
    rows = stocked("editions", "weekly", "--json").json
    assert [row["articles"] for row in rows] == [["article-2"]]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("none", "--pin"), 1, "no article “none”"),
        (("article-1", "--correct", "a", "--withdraw", "b"), 2, "exclude each other"),
        (("article-1", "--correct", " "), 2, "1 to 1,000 characters"),
    ],
)
def test_mistakes_are_one_line_and_change_nothing(
    stocked: Digest, words: tuple[str, ...], code: int, says: str
) -> None:
    before = stocked("article", "article-1", "--json").json

    ran = stocked("article", *words)

    assert (ran.code, ran.err.count("\n")) == (code, 1)
    assert says in ran.err
    assert stocked("article", "article-1", "--json").json == before
