"""`plan`, `explain`, `editions` and `render`, as a user types them."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest import articles, db
from tests.articles import article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest

AT = ("--now", "2026-11-23T07:00:00Z")


@pytest.fixture
def planned(digest: Digest, engine: Engine, now: datetime) -> Digest:
    with db.transaction(engine) as connection:
        pool = [article(1), article(2, "Science", title="[bold]Not markup[/bold]"), article(3, "Sport")]
        articles.store(connection, pool, now=now)
        subscriber(connection, "ada@example.org", "Science", "World", name="Ada")
        subscriber(connection, "bo@example.org", "Science", "World")
        subscriber(connection, "cy@example.org", "Climate")
    assert digest("plan", "weekly", *AT).code == 0
    return digest


def test_plan_prints_what_it_froze(planned: Digest) -> None:
    found = planned("plan", "weekly", *AT, "--json").json

    assert found == {
        "issue": "weekly/2",
        "segment": None,
        "filters": None,
        "subject": "[bold]Not markup[/bold]",
        "since": "2026-11-16T07:00:00Z",
        "until": "2026-11-23T07:00:00Z",
        "articles": 3,
        "pictures": {"ready": 0, "failed": 0},
        "editions": 1,
        "deliveries": 2,
        "skipped": {"no_articles": 1},
        "coverage": {
            "empty_categories": ["Business", "Technology", "Climate", "Health", "Culture"],
            "starved_categories": {"Sport": 1},
            "unread": ["article-3"],
            "without_mail": 1,
            "dominant": {},
        },
    }


def test_pictures_that_could_not_be_had_are_named_with_the_reason(
    digest: Digest, engine: Engine, now: datetime
) -> None:
    with db.transaction(engine) as connection:
        pool = [article(number, image_url=f"http://127.0.0.1:9/{number}.jpg") for number in range(1, 8)]
        articles.store(connection, pool, now=now)
        subscriber(connection, "ada@example.org")
    text = digest.settings_file.read_text().replace("fetch_seconds = 0", "fetch_seconds = 20")
    digest.settings_file.write_text(f"{text}max_per_category = 7\n")

    ran = digest("plan", "weekly", *AT)

    assert ran.code == 0
    assert "The pictures of 7 articles could not be had; their cards have none." in ran.err
    assert "article-1: 127.0.0.1 is not on the public Internet" in ran.err
    assert "and 2 more" in ran.err
    assert "picture" not in ran.out
    assert digest("plan", "weekly", *AT, "--json").json["pictures"] == {"ready": 0, "failed": 7}


def test_explain_names_every_candidate(planned: Digest) -> None:
    found = planned("explain", "weekly", "ada@example.org", "--json").json

    assert [(row["id"], row["position"], row["depth"]) for row in found["chosen"]] == [
        ("article-2", 1, "brief"),
        ("article-1", 2, "brief"),
    ]
    assert found["dropped"] == [
        {"id": "article-3", "title": "Story number 3 of the week", "category": "Sport", "reason": "not_chosen"}
    ]
    assert found["lacking"] == []


def test_explain_says_what_a_category_lacks(planned: Digest) -> None:
    assert planned("subscribers", "set", "ada@example.org", "--categories", "Science,Climate,Sport").code == 0
    planned("plan", "weekly", "--now", "2026-11-30T07:00:00Z")

    found = planned("explain", "weekly", "ada@example.org", "--json").json
    said = planned("explain", "weekly", "ada@example.org").out

    assert found["lacking"] == [
        {"category": "Science", "since": "2026-11-23T05:00:00Z"},
        {"category": "Climate", "since": None},
        {"category": "Sport", "since": "2026-11-23T04:00:00Z"},
    ]
    assert "Sport: nothing new for this reader; its newest article is of Monday 23 November" in said
    assert "Climate: no article yet" in said


def test_what_is_uncovered_is_said_when_planning(planned: Digest) -> None:
    said = planned("plan", "weekly", *AT).out

    assert "No story at all in Climate." in said
    assert "Nobody gets the only candidate in Sport." in said


def test_tables_show_titles_as_they_are(planned: Digest) -> None:
    assert "[bold]Not markup[/bold]" in planned("explain", "weekly", "ada@example.org").out
    assert "[bold]Not markup[/bold]" in planned("editions", "weekly").out


def test_head_counts_add_up(planned: Digest) -> None:
    rows = planned("editions", "weekly", "--json").json

    assert sum(row["subscribers"] for row in rows) == 2
    assert rows[0]["articles"] == ["article-2", "article-1"]
    assert rows[0]["bytes"] > 10_000
    assert rows[0]["depths"] == {"brief": 2}


def test_render_writes_the_kind_that_the_name_says(planned: Digest, tmp_path: Path) -> None:
    for name, beginning in (("m.eml", b"To: "), ("m.html", b"<!DOCTYPE html>"), ("m.txt", b"The Weekly\n==========")):
        assert planned("render", "weekly", "--as", "ada@example.org", "-o", str(tmp_path / name)).code == 0
        assert (tmp_path / name).read_bytes().startswith(beginning)


def test_render_says_why_there_is_no_mail(planned: Digest) -> None:
    ran = planned("render", "weekly", "--as", "cy@example.org")

    assert ran.code == 1
    assert "no articles" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("plan", "wekly"), 2, "did you mean “weekly”"),
        (("plan", "weekly", "--now", "2026-11-23T07:00:00"), 2, "no offset"),
        (("explain", "weekly/9", "ada@example.org"), 1, "newest one is weekly/1"),
        (("explain", "weekly", "nobody@example.org"), 1, "no subscriber"),
        (("render", "weekly", "--as", "ada@example.org", "-o", "mail.pdf"), 2, ".eml, .html or .txt"),
    ],
)
def test_mistakes_are_one_line(planned: Digest, words: tuple[str, ...], code: int, says: str) -> None:
    ran = planned(*words)

    assert ran.code == code
    assert says in ran.err
    assert "Traceback" not in ran.err
