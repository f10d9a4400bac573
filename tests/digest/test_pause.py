from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select

from digest import db, issues, pause, tables
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

    assert not paused.paused_until
    assert (paused.paused_at, paused.pause_reason) == (NOW, "550 SPF")
    assert (going.paused_at, going.pause_reason) == (None, "")


def test_a_worker_goes_on_when_a_pause_is_over_and_never_when_a_person_must(database: Engine) -> None:
    hour = timedelta(hours=1)
    with db.transaction(database) as connection:
        issue = issue_with(connection, "ada@example.org")

        def may_go_on(now: datetime) -> bool:
            return bool(connection.execute(select(tables.issues.c.id).where(pause.going(now))).all())

        assert may_go_on(NOW)
        pause.pause(connection, issue.id, "quota", NOW, until=NOW + hour)
        assert stored(connection, issue).paused_until == NOW + hour
        assert [may_go_on(NOW + hour / 2), may_go_on(NOW + hour)] == [False, True]
        pause.lift(connection, issue.id)
        pause.pause(connection, issue.id, "550 SPF", NOW)
        assert not may_go_on(NOW + 1000 * hour)
