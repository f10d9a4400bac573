from datetime import timedelta

from sqlalchemy import Connection, Engine

from digest import db, issues, pause
from digest.model import Issue
from tests.articles import NOW
from tests.deliveries import issue_with


def stored(connection: Connection, issue: Issue) -> Issue:
    found = issues.with_id(connection, issue.id)
    assert found
    return found


def test_a_pause_has_its_first_reason_and_can_be_lifted(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, "ada@example.org")
        pause.pause(connection, issue.id, "550 SPF", NOW)
        pause.pause(connection, issue.id, "550 DKIM", NOW + timedelta(hours=1))
        paused = stored(connection, issue)
        pause.lift(connection, issue.id)
        going = stored(connection, issue)

    assert (paused.paused_at, paused.pause_reason) == (NOW, "550 SPF")
    assert (going.paused_at, going.pause_reason) == (None, "")
