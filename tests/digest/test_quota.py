from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from digest import db, quota, tables
from digest.quota import Quota
from tests.articles import NOW
from tests.deliveries import issue_with

HOUR = timedelta(hours=1)
HOURS_AGO = (30, 23, 20, 1)


@pytest.fixture
def stocked(database: Engine) -> Engine:
    """Accepted 30, 23, 20 and 1 hour ago, and two that are planned."""
    emails = [f"r{number}@example.org" for number in range(6)]
    with db.transaction(database) as connection:
        issue_with(connection, *emails)
        for email, hours in zip(emails, HOURS_AGO, strict=False):
            mark(connection, email, status="accepted", at=NOW - hours * HOUR)
    return database


def mark(connection: Connection, email: str, **values: object) -> None:
    table = tables.deliveries
    connection.execute(table.update().where(table.c.recipient == email).values(**values))


def test_what_was_handed_over_within_24_hours_is_used(stocked: Engine) -> None:
    with db.reading(stocked) as connection:
        assert quota.left(connection, 5, NOW) == 2
        assert quota.left(connection, 3, NOW) == 0
        assert quota.left(connection, 2, NOW) == 0
        assert quota.left(connection, 5, NOW + HOUR) == 3  # exactly 24 hours


@pytest.mark.parametrize(
    ("status", "uses"),
    [("accepted", 1), ("unknown", 1), ("sending", 1), ("deferred", 0), ("rejected", 0), ("skipped", 0)],
)
def test_only_what_a_server_may_have_taken_counts(stocked: Engine, status: str, uses: int) -> None:
    with db.transaction(stocked) as connection:
        mark(connection, "r5@example.org", status=status, at=NOW)

        assert quota.left(connection, 10, NOW) == 7 - uses


def test_what_a_worker_holds_counts(stocked: Engine) -> None:
    with db.transaction(stocked) as connection:
        mark(connection, "r5@example.org", claim="worker")

        assert quota.left(connection, 10, NOW) == 6


@pytest.mark.parametrize(("allowed", "hours"), [(4, 0), (3, 1), (2, 4), (1, 23)])
def test_the_next_is_free_when_enough_are_24_hours_old(stocked: Engine, allowed: int, hours: int) -> None:
    with db.reading(stocked) as connection:
        at = quota.free_at(connection, allowed, NOW)

        assert at == NOW + hours * HOUR
        assert quota.left(connection, allowed, at) > 0


def test_worker_counts_its_claims_itself_and_asks_again_after_a_minute(stocked: Engine) -> None:
    mine = Quota(8)
    with db.transaction(stocked) as connection:
        assert mine.take(connection, 3, NOW) == 3  # of five
        assert mine.take(connection, 2, NOW) == 2
        mark(connection, "r4@example.org", status="accepted", at=NOW)
        assert mine.take(connection, 3, NOW + timedelta(minutes=1)) == 3  # of four: one of the five went out
        assert mine.take(connection, 9, NOW + timedelta(minutes=1)) == 4  # in need, so the ledger is asked


def test_without_a_quota_all_may_be_claimed(stocked: Engine) -> None:
    with db.reading(stocked) as connection:
        assert Quota(0).take(connection, 100, NOW) == 100
