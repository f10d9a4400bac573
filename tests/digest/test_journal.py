import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from digest import db, ledger
from digest.journal import Journal
from digest.ledger import Outcome
from digest.model import DeliveryStatus
from tests.articles import NOW
from tests.deliveries import issue_with, standing

A, B = "ada@example.org", "bo@example.org"


def test_an_intent_can_be_withdrawn_and_declared_anew_and_what_is_left_open_is_unknown(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A, B)
    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        ada, bo = journal.claim()
        assert journal.intend(ada).result(5)
        journal.withdraw(ada)
        assert journal.intend(ada).result(5)  # may share its transaction with the withdrawal
        outcome = Outcome(ada.subscriber_id, DeliveryStatus.ACCEPTED, 250, "", None)
        assert journal.record(outcome).result(5)
        assert standing(database) == {A: "accepted", B: "planned"}
        assert journal.intend(bo).result(5)
    assert standing(database) == {A: "accepted", B: "unknown"}


@pytest.mark.slow
def test_leases_are_renewed_while_the_journal_is_open(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, A)

    def leased_until() -> datetime:
        with db.reading(database) as connection:
            return ledger.claims(connection, issue.id)["me"]

    with Journal(database, issue, token="me", clock=lambda: NOW, lease=timedelta(seconds=0.4)) as journal:
        journal.claim()
        first = leased_until()
        time.sleep(1)
        assert leased_until() > first
        assert leased_until() > datetime.now(UTC)
