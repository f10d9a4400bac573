"""What programs read of newsletters and issues."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from digest import articles, db, planning, report
from digest.config import Settings
from digest.model import Issue
from tests import audience
from tests.articles import article
from tests.conftest import NOW
from tests.digest.api.conftest import Program


@pytest.fixture
def issue(database: Engine, settings: Settings) -> Issue:
    """An issue for two readers."""
    with db.transaction(database) as connection:
        articles.store(connection, [article(1, "World"), article(2, "Science")], now=NOW)
        audience.subscriber(connection, "ada@example.org", "World")
        audience.subscriber(connection, "bo@example.org", "Science")
    return planning.plan(database, settings, settings.newsletters[0], now=NOW).issue


def test_newsletters_tell_what_can_be_chosen(program: Program, settings: Settings) -> None:
    (weekly,) = program("GET", "/newsletters").json()["newsletters"]

    assert (weekly["slug"], weekly["lists"]) == ("weekly", ["readers"])
    assert weekly["categories"] == list(settings.newsletters[0].categories)
    assert "sender" not in weekly


def test_issue_is_found_by_its_name(program: Program, issue: Issue) -> None:
    found = program("GET", "/issues/weekly/1").json()

    assert (found["issue"], found["until"], found["released_at"]) == ("weekly/1", "2026-11-23T07:00:00Z", None)
    assert program("GET", "/issues").json() == {"issues": [found], "next": None}
    assert program("GET", "/issues?newsletter=weekly").json()["issues"] == [found]
    assert program("GET", "/issues?newsletter=daily").json()["issues"] == []


@pytest.mark.parametrize("path", ["/issues/weekly/2", "/issues/daily/1", "/issues/weekly/2/report"])
def test_unknown_issue_is_a_404_that_says_what_there_is(program: Program, issue: Issue, path: str) -> None:
    answer = program("GET", path)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "weekly/1" in answer.json()["detail"] or "no issue yet" in answer.json()["detail"]


def test_pages_hold_every_issue_once_the_newest_first(
    program: Program, database: Engine, settings: Settings, issue: Issue
) -> None:
    for week in (1, 2):
        planning.plan(database, settings, settings.newsletters[0], now=NOW + timedelta(days=7 * week))

    first = program("GET", "/issues?limit=2").json()
    second = program("GET", f"/issues?limit=2&after={first['next']}").json()

    assert [one["number"] for one in first["issues"] + second["issues"]] == [3, 2, 1]
    assert second["next"] is None


def test_report_is_what_the_command_line_prints(program: Program, database: Engine, issue: Issue) -> None:
    found = program("GET", "/issues/weekly/1/report").json()

    with db.reading(database) as connection:
        expected = report.presentation(issue, report.report(connection, issue, now=NOW))
    assert found == {**expected, "by_domain": {"example.org": {"planned": 2}}}
    assert found["by_category"]["World"] == {"articles": 0, "deliveries": 0}
    assert found["planned"] == 2
