import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from digest import db, ledger, tables
from digest.errors import DatabaseError, ServerUnavailableError
from digest.journal import Journal, Leave
from digest.ledger import Outcome
from digest.model import Culprit, DeliveryStatus
from subscribers import consent, store
from tests.articles import NOW
from tests.deliveries import issue_with, standing

A, B = "ada@example.org", "bo@example.org"


async def test_an_intent_can_be_withdrawn_and_declared_anew_and_what_is_left_open_is_unknown(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A, B)
    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        ada, bo = journal.claim()
        assert await journal.intend(ada) is Leave.GRANTED
        journal.withdraw(ada)
        assert await journal.intend(ada) is Leave.GRANTED  # may share its transaction with the withdrawal
        journal.record(Outcome(ada.subscriber_id, DeliveryStatus.ACCEPTED, 250, "", None, Culprit.NOBODY))
        assert await journal.intend(bo) is Leave.GRANTED
        assert standing(database) == {A: "accepted", B: "sending"}
    assert standing(database) == {A: "accepted", B: "unknown"}


async def test_what_was_withdrawn_last_is_planned_again_when_the_journal_is_closed(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A)
    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        (ada,) = journal.claim()
        assert await journal.intend(ada) is Leave.GRANTED
        journal.withdraw(ada)
    assert standing(database) == {A: "planned"}


async def test_what_was_withdrawn_in_a_commit_that_failed_is_withdrawn_in_the_next(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A, B)
    failures = 0

    @event.listens_for(database, "commit")
    def fail_once(connection: Connection) -> None:
        nonlocal failures
        if connection.get_execution_options().get("digest_write") and failures == 1:
            failures += 1
            raise OperationalError("", {}, Exception("database or disk is full"))

    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        ada, bo = journal.claim()
        assert await journal.intend(ada) is Leave.GRANTED
        journal.withdraw(ada)
        failures = 1
        with pytest.raises(DatabaseError, match="full"):
            await journal.intend(bo)
    assert failures == 2
    assert standing(database) == {A: "planned", B: "planned"}


async def test_what_ended_the_run_is_told_before_what_the_close_could_not_write(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A)

    @event.listens_for(database, "commit")
    def fail(connection: Connection) -> None:
        if connection.get_execution_options().get("digest_write"):
            raise OperationalError("", {}, Exception("database or disk is full"))

    with (
        pytest.raises(ServerUnavailableError, match="away") as raised,
        Journal(database, issue, token="me", clock=lambda: NOW),
    ):
        raise ServerUnavailableError("the server is away")
    assert "disk is full" in raised.value.__notes__[0]


async def test_a_commit_that_comes_after_the_close_opens_nothing(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A)
    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        (ada,) = journal.claim()
        journal.intend(ada)
    await asyncio.sleep(0)

    assert isinstance(database.pool, QueuePool)
    assert database.pool.checkedout() == 0
    assert standing(database) == {A: "planned"}


async def test_someone_who_left_after_the_claim_is_skipped_and_another_workers_row_is_lost(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A, B)
    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        ada, bo = journal.claim()
        with db.transaction(database) as connection:
            person = store.by_email(connection, A)
            assert person
            consent.unsubscribe(connection, person, [issue.newsletter], newsletter="weekly", source="test", now=NOW)
            theirs = tables.deliveries.update().where(tables.deliveries.c.subscriber_id == bo.subscriber_id)
            connection.execute(theirs.values(claim="another"))
        assert await asyncio.gather(journal.intend(ada), journal.intend(bo)) == [Leave.SKIPPED, Leave.LOST]
    assert standing(database) == {A: "skipped", B: "planned"}


async def test_a_commit_whose_answer_was_lost_is_not_taken_for_another_workers(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A)
    lost = 0

    @event.listens_for(database, "commit")
    def lose_one(connection: Connection) -> None:
        nonlocal lost
        if connection.get_execution_options().get("digest_write") and lost == 1:
            lost += 1
            connection.connection.commit() if database.dialect.name == "postgresql" else connection.exec_driver_sql(
                "commit"
            )
            raise OperationalError("", {}, Exception("database is locked"))

    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        (ada,) = journal.claim()
        lost = 1
        assert await journal.intend(ada) is Leave.GRANTED
        journal.record(Outcome(ada.subscriber_id, DeliveryStatus.ACCEPTED, 250, "", None, Culprit.NOBODY))
    assert lost == 2
    assert standing(database) == {A: "accepted"}


async def test_the_loop_goes_on_while_another_writes(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A)
    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        (ada,) = journal.claim()
        with db.transaction(database) as connection:  # SQLite has one writer, PostgreSQL one for each row
            connection.execute(tables.deliveries.update().values(reply="looked at"))
            leave = journal.intend(ada)
            for _ in range(20):
                await asyncio.sleep(0.01)
            assert not leave.done()
        assert await leave is Leave.GRANTED


@pytest.mark.slow
async def test_leases_are_renewed_while_the_journal_is_open(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A)

    def leased_until() -> datetime:
        with db.reading(database) as connection:
            return ledger.claims(connection, issue.id)["me"]

    with Journal(database, issue, token="me", clock=lambda: NOW, lease=timedelta(seconds=0.4)) as journal:
        journal.claim()
        first = leased_until()
        await asyncio.sleep(1)
        assert leased_until() > first
        assert leased_until() > datetime.now(UTC)
