"""What the studio's head says of the issue: for whom it is, and who waits for it."""

import html
from datetime import UTC, datetime, timedelta

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from digest import db, ledger, planning, tables
from digest.config import Settings
from digest.model import Issue
from subscribers.model import Preferences
from subscribers.segment import Segment
from tests.digest.studio.conftest import add_person


def test_an_issue_for_a_segment_says_so_and_so_does_who_is_outside(
    database: Engine, browser: TestClient, settings: Settings, issue: Issue, ids: dict[str, int], now: datetime
) -> None:
    science = Segment(name="<scientists>", categories=("Science",), lists=("readers",))
    with db.transaction(database) as connection:
        add_person(connection, "late@example.org", "Late Comer", Preferences(("Sport",)), "confirmed", now)
    planning.plan(database, settings, settings.newsletter("weekly"), now=now, segment=science)

    inside = browser.get("/studio/?issue=weekly/2").text
    outside = browser.get("/studio/", params={"issue": "weekly/2", "reader": "late@example.org"}).text

    assert "3\u00a0readers in “&lt;scientists&gt;” · " in inside
    assert "Issue 2 for &lt;scientists&gt;" in inside
    assert "No mail for Late Comer" in outside
    assert "is not in the part of the readers that this issue is for" in html.unescape(outside)


def test_the_studio_says_how_many_wait_for_their_own_time(database: Engine, browser: TestClient, issue: Issue) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with db.transaction(database) as connection:
        ledger.release(connection, issue.id, tomorrow)
        connection.execute(tables.deliveries.update().values(next_at=tomorrow, due_at=tomorrow))

    assert "3\u00a0readers, 3\u00a0wait for their own time · " in browser.get("/studio/").text
