"""Calls that wait: taken once, tried again at growing intervals, given up, forgotten."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from digest import db, tables
from digest.webhooks import calls
from digest.webhooks.calls import CallStatus
from tests import audience
from tests.conftest import NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def ada(database: Engine) -> int:
    """Somebody to tell of."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org")


def write(connection: Connection, ada: int, *webhooks: str) -> None:
    rows = [(name, ada, f'{{"id":"evt_{number}"}}') for number, name in enumerate(webhooks, 1)]
    calls.write(connection, rows, now=NOW)


def statuses(database: Engine) -> list[str]:
    with db.reading(database) as connection:
        return list(
            connection.execute(select(tables.webhook_calls.c.status).order_by(tables.webhook_calls.c.id)).scalars()
        )


def test_oldest_call_of_the_webhook_is_taken_by_one_only(database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        write(connection, ada, "other", "crm", "crm")
        taken = [calls.claim(connection, "crm", now=NOW) for _ in range(3)]

    assert [call and call.event_id for call in taken] == ["evt_2", "evt_3", None]
    assert taken[0] is not None
    assert (taken[0].attempts, taken[0].at) == (1, NOW)


def test_call_of_a_process_that_died_is_due_again_under_the_same_id(database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        write(connection, ada, "crm")
        first = calls.claim(connection, "crm", now=NOW)
        early = calls.claim(connection, "crm", now=NOW + calls.LEASE - MINUTE)
        again = calls.claim(connection, "crm", now=NOW + calls.LEASE)

    assert early is None
    assert first is not None and again is not None
    assert (again.event_id, again.body, again.attempts) == (first.event_id, first.body, 2)


def test_intervals_grow_from_a_minute_to_twelve_hours() -> None:
    assert [calls.wait(attempts, 0.5) for attempts in (1, 2, 3, 4)] == [n * MINUTE for n in (1, 3, 9, 27)]
    assert calls.wait(8, 0.5) == calls.wait(60, 0.5) == timedelta(hours=12)


@given(st.integers(1, 1000), st.floats(0, 1))
def test_intervals_are_spread_by_a_fifth(attempts: int, chance: float) -> None:
    usual = calls.wait(attempts, 0.5)
    assert 0.799 * usual <= calls.wait(attempts, chance) <= 1.201 * usual


def test_deferred_call_comes_back_until_three_days_are_over(database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        write(connection, ada, "crm")
    now, attempts = NOW, 0
    for _ in range(10_000):
        with db.transaction(database) as connection:
            call = calls.claim(connection, "crm", now=now)
            if call is not None:
                attempts += 1
                calls.record_deferred(connection, call, 500, now=now, chance=0.5)
        if statuses(database) == [CallStatus.FAILED]:
            break
        now += 30 * MINUTE

    assert 8 <= attempts <= 14
    assert NOW + 2 * DAY < now <= NOW + 3 * DAY


def test_heard_and_refused_calls_are_not_made_again(database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        write(connection, ada, "crm", "crm")
        first, second = (calls.claim(connection, "crm", now=NOW) for _ in range(2))
        assert first and second
        calls.record_done(connection, first, 204)
        calls.record_failed(connection, second, 410)
        later = calls.claim(connection, "crm", now=NOW + 2 * DAY)

    assert later is None
    assert statuses(database) == ["done", "failed"]


def test_calls_of_a_webhook_that_is_gone_are_given_up_and_later_forgotten(database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        write(connection, ada, "gone")
        assert calls.give_up_late(connection, now=NOW + 3 * DAY - MINUTE) == 0
        assert calls.give_up_late(connection, now=NOW + 3 * DAY) == 1
        assert calls.forget(connection, now=NOW + 30 * DAY) == 0
        assert calls.forget(connection, now=NOW + 30 * DAY + MINUTE) == 1


def test_waiting_calls_are_never_forgotten(database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        write(connection, ada, "crm")
        assert calls.forget(connection, now=NOW + 99 * DAY) == 0


def test_retry_gives_what_was_not_heard_three_more_days(database: Engine, ada: int) -> None:
    later = NOW + 5 * DAY
    with db.transaction(database) as connection:
        write(connection, ada, "crm", "crm", "other")
        done = calls.claim(connection, "crm", now=NOW)
        assert done
        calls.record_done(connection, done, 200)
        calls.give_up_late(connection, now=later)

        assert calls.retry(connection, "crm", now=later) == 1
        assert calls.give_up_late(connection, now=later + DAY) == 0
        call = calls.claim(connection, "crm", now=later)

    assert call is not None
    assert (call.event_id, call.attempts, call.at) == ("evt_2", 1, later)


def test_standings_count_each_webhook(database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        write(connection, ada, "crm", "crm", "other")
        call = calls.claim(connection, "crm", now=NOW)
        assert call
        calls.record_deferred(connection, call, 503, now=NOW, chance=0.5)
        found = calls.standings(connection)

    assert found["crm"] == calls.Standing(waiting=2, done=0, failed=0, code=503, next_at=NOW)
    assert found["other"] == calls.Standing(waiting=1, done=0, failed=0, code=None, next_at=NOW)
