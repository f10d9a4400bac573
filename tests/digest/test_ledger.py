import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from digest import db, issues, ledger, tables
from digest.ledger import Outcome, Resolution
from digest.model import Culprit, Delivery, DeliveryStatus, Issue
from subscribers import consent, store, suppression
from tests.articles import NOW
from tests.audience import SECRET
from tests.deliveries import issue_with, standing

A, B, C = "ada@example.org", "bo@example.org", "cy@example.net"
LEASE = NOW + timedelta(minutes=5)


@pytest.fixture
def issue(database: Engine) -> Issue:
    """An issue with three planned deliveries."""
    with db.transaction(database) as connection:
        return issue_with(connection, A, B, C)


def claim(engine: Engine, issue: Issue, token: str = "me", *, now: datetime = NOW, size: int = 10) -> list[Delivery]:
    with db.transaction(engine) as connection:
        return ledger.claim(connection, issue, token=token, now=now, leased_until=LEASE, after=0, size=size)


def mark(engine: Engine, deliveries: list[Delivery], token: str = "me") -> set[int]:
    with db.transaction(engine) as connection:
        ids = [delivery.subscriber_id for delivery in deliveries]
        issue = issues.find(connection, "weekly/1")
        return ledger.mark_sending(connection, issue, ids, token=token, now=NOW)


def outcome(delivery: Delivery, status: DeliveryStatus, next_at: datetime | None = None) -> Outcome:
    return Outcome(delivery.subscriber_id, status, 250, "said so", next_at, Culprit.NOBODY)


def record(engine: Engine, issue: Issue, *outcomes: Outcome, token: str = "me", now: datetime = NOW) -> None:
    with db.transaction(engine) as connection:
        ledger.record(connection, issue.id, outcomes, token=token, now=now)


def row(engine: Engine, email: str) -> Delivery:
    with db.reading(engine) as connection:
        issue = issues.find(connection, "weekly/1")
        found = issues.delivery_for(connection, issue, email)
    assert found
    return found


def test_claimed_rows_are_nobody_elses(database: Engine, issue: Issue) -> None:
    first = claim(database, issue, "one", size=2)
    second = claim(database, issue, "two", size=2)

    assert [delivery.recipient for delivery in first] == [A, B]
    assert [delivery.recipient for delivery in second] == [C]
    assert first[0].link_version == 1
    assert claim(database, issue, "three") == []


def test_who_moved_after_planning_is_mailed_where_they_are_now(database: Engine, issue: Issue) -> None:
    with db.transaction(database) as connection:
        person = store.by_email(connection, A)
        assert person
        assert consent.move(connection, person, "ada@new.example", source="test", secret=SECRET, now=NOW)

    ada, *_ = claim(database, issue)
    assert (ada.recipient, ada.link_version) == ("ada@new.example", 2)


def test_someone_who_leaves_after_the_claim_is_skipped_at_the_last_moment(database: Engine, issue: Issue) -> None:
    ada, bo, _ = claim(database, issue)
    with db.transaction(database) as connection:
        person = store.by_email(connection, A)
        assert person
        consent.unsubscribe(connection, person, [issue.newsletter], newsletter="weekly", source="test", now=NOW)

    assert mark(database, [ada, bo]) == {bo.subscriber_id}
    with db.transaction(database) as connection:
        ids = [ada.subscriber_id, bo.subscriber_id]
        assert ledger.skip_held(connection, issue, ids, token="another", now=NOW) == set()
        assert ledger.skip_held(connection, issue, ids, token="me", now=NOW) == {ada.subscriber_id}
        assert ledger.sending(connection, issue.id, ids, token="me") == {bo.subscriber_id}
    assert standing(database) == {A: "skipped", B: "sending", C: "planned"}


def test_people_who_left_after_planning_are_skipped_and_the_next_take_their_place(
    database: Engine, issue: Issue, now: datetime
) -> None:
    with db.transaction(database) as connection:
        ada, bo = store.by_email(connection, A), store.by_email(connection, B)
        assert ada and bo
        consent.unsubscribe(connection, ada, [issue.newsletter], newsletter="weekly", source="test", now=now)
        suppression.add(connection, B, reason="complaint", source="test", secret=SECRET, now=now)

    assert [delivery.recipient for delivery in claim(database, issue, size=1)] == [C]
    assert standing(database) == {A: "skipped", B: "skipped", C: "planned"}


def test_marks_and_verdicts_follow_the_life_of_a_delivery(database: Engine, issue: Issue) -> None:
    ada, bo, cy = claim(database, issue)

    assert mark(database, [ada, bo]) == {ada.subscriber_id, bo.subscriber_id}
    assert standing(database) == {A: "sending", B: "sending", C: "planned"}

    record(database, issue, outcome(ada, DeliveryStatus.ACCEPTED), outcome(cy, DeliveryStatus.REJECTED))
    assert standing(database) == {A: "accepted", B: "sending", C: "rejected"}
    assert [(row(database, email).attempts, row(database, email).reply) for email in (A, C)] == [(1, "said so")] * 2


def test_a_worker_whose_rows_were_taken_over_cannot_write_them(database: Engine, issue: Issue) -> None:
    ada, bo, _ = claim(database, issue, "stalled")
    mark(database, [ada], "stalled")
    with db.transaction(database) as connection:
        lost = ledger.recover(connection, issue.id, dead_claims=["stalled"], now=NOW)
    claim(database, issue, "other")

    assert lost == 1
    assert mark(database, [ada, bo], "stalled") == set()
    record(
        database, issue, outcome(ada, DeliveryStatus.ACCEPTED), outcome(bo, DeliveryStatus.ACCEPTED), token="stalled"
    )
    assert standing(database) == {A: "unknown", B: "planned", C: "planned"}


def test_recovery_leaves_the_living_alone(database: Engine, issue: Issue) -> None:
    mark(database, claim(database, issue, "alive"), "alive")
    with db.transaction(database) as connection:
        assert ledger.claims(connection, issue.id) == {"alive": LEASE}
        assert ledger.recover(connection, issue.id, dead_claims=[], now=NOW) == 0

    assert set(standing(database).values()) == {"sending"}


def test_what_was_not_handed_over_costs_nothing_and_stays_claimed(database: Engine, issue: Issue) -> None:
    [ada] = claim(database, issue, size=1)
    mark(database, [ada])
    with db.transaction(database) as connection:
        ledger.withdraw(connection, issue.id, [ada], token="me")

    assert (row(database, A).status, row(database, A).attempts) == (DeliveryStatus.PLANNED, 0)
    assert [delivery.recipient for delivery in claim(database, issue, "other")] == [B, C]
    assert mark(database, [ada]) == {ada.subscriber_id}


def test_a_deferred_delivery_waits_and_then_expires(database: Engine, issue: Issue) -> None:
    [ada, *_] = claim(database, issue)
    again = ledger.retry_at(ada, NOW)
    record(database, issue, outcome(ada, DeliveryStatus.DEFERRED, again))

    assert again is not None
    assert claim(database, issue, now=again - timedelta(seconds=1)) == []
    assert [d.recipient for d in claim(database, issue, "later", now=again)] == [A]
    with db.transaction(database) as connection:
        ledger.recover(connection, issue.id, dead_claims=["later"], now=NOW)
        day = NOW + timedelta(hours=24)
        assert ledger.expire(connection, issue.id, now=day - timedelta(seconds=1)) == 0
        assert ledger.expire(connection, issue.id, now=day) == 1
    assert standing(database)[A] == "expired"


@given(st.integers(0, 40), st.integers(1, 10_000))
def test_retries_grow_from_five_minutes_to_an_hour_and_end_after_a_day(attempts: int, subscriber_id: int) -> None:
    def retry(attempts: int, *, put_off_at: datetime | None = None) -> timedelta:
        delivery = Delivery(
            issue_id=1,
            subscriber_id=subscriber_id,
            edition=1,
            choices=1,
            recipient=A,
            name="",
            link_version=1,
            subscribed_at=NOW,
            status=DeliveryStatus.PLANNED,
            attempts=attempts,
            code=0,
            reply="",
            culprit=Culprit.NOBODY,
            at=None,
            next_at=None,
            put_off_at=put_off_at,
        )
        at = ledger.retry_at(delivery, NOW)
        assert at == ledger.retry_at(delivery, NOW)
        return at - NOW if at else timedelta(0)

    assert timedelta(minutes=5) <= retry(attempts) <= timedelta(hours=1)
    assert retry(0) < timedelta(minutes=5.5)
    assert retry(attempts) < retry(attempts + 1) or attempts >= 3
    assert retry(attempts, put_off_at=NOW - timedelta(hours=24)) == timedelta(0)


def test_release_keeps_the_first_instant(database: Engine, issue: Issue) -> None:
    with db.transaction(database) as connection:
        assert ledger.release(connection, issue.id, NOW) == NOW
        assert ledger.release(connection, issue.id, NOW + timedelta(hours=1)) == NOW


def test_counts_name_every_status(database: Engine, issue: Issue) -> None:
    mark(database, claim(database, issue, size=1))
    with db.reading(database) as connection:
        counts = ledger.counts(connection, issue.id)

    assert counts == {status: {"sending": 1, "planned": 2}.get(status, 0) for status in DeliveryStatus}


@pytest.mark.parametrize(("how", "status"), [(Resolution.RESEND, "planned"), (Resolution.ACCEPT, "accepted")])
def test_resolution_decides_about_unknown_ones_only(
    database: Engine, issue: Issue, how: Resolution, status: str
) -> None:
    ada, bo, cy = claim(database, issue)
    unknown, rejected = DeliveryStatus.UNKNOWN, DeliveryStatus.REJECTED
    record(database, issue, outcome(ada, unknown), outcome(bo, unknown), outcome(cy, rejected))

    with db.transaction(database) as connection:
        assert ledger.resolve(connection, issue.id, how, subscriber_id=ada.subscriber_id, now=NOW) == 1
    assert standing(database) == {A: status, B: "unknown", C: "rejected"}
    with db.transaction(database) as connection:
        assert ledger.resolve(connection, issue.id, how, subscriber_id=None, now=NOW) == 1
    assert standing(database) == {A: status, B: status, C: "rejected"}


def test_a_lease_can_be_renewed_by_its_holder_only(database: Engine, issue: Issue) -> None:
    claimed = claim(database, issue)
    ids, later = {delivery.subscriber_id for delivery in claimed}, LEASE + timedelta(minutes=5)
    with db.transaction(database) as connection:
        ledger.renew(connection, issue.id, ids, token="other", leased_until=later)
        assert ledger.claims(connection, issue.id) == {"me": LEASE}
        ledger.renew(connection, issue.id, ids, token="me", leased_until=later)
        assert ledger.claims(connection, issue.id) == {"me": later}


def test_nothing_is_due_while_all_is_claimed_or_put_off(database: Engine, issue: Issue) -> None:
    table = tables.deliveries
    with db.transaction(database) as connection:
        assert ledger.is_due(connection, issue.id, now=NOW)
        later = update(table).where(table.c.recipient == A).values(status="deferred", next_at=LEASE)
        connection.execute(later)
        connection.execute(update(table).where(table.c.recipient == B).values(claim="someone"))
        connection.execute(update(table).where(table.c.recipient == C).values(status="accepted"))
        assert not ledger.is_due(connection, issue.id, now=NOW)
        assert ledger.is_due(connection, issue.id, now=LEASE)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # on SQLite the second writer waits at BEGIN
def test_claims_in_two_transactions_at_once_do_not_meet(database: Engine, issue: Issue) -> None:
    with db.transaction(database) as one, db.transaction(database) as two:
        until = datetime.now(UTC)
        first = ledger.claim(one, issue, token="one", now=NOW, leased_until=until, after=0, size=2)
        second = ledger.claim(two, issue, token="two", now=NOW, leased_until=until, after=0, size=2)

    assert [[d.recipient for d in found] for found in (first, second)] == [[A, B], [C]]
    with db.reading(database) as connection:
        assert connection.execute(select(tables.deliveries.c.claim)).scalars().all().count("one") == 2


def test_what_was_refused_for_our_fault_is_planned_again_and_nothing_else(database: Engine, issue: Issue) -> None:
    ada, bo, cy = claim(database, issue)
    rejected = DeliveryStatus.REJECTED
    for delivery, culprit in ((ada, Culprit.OURS), (bo, Culprit.RECIPIENT), (cy, Culprit.OURS)):
        record(database, issue, Outcome(delivery.subscriber_id, rejected, 550, "5.7.1 no", None, culprit))

    with db.transaction(database) as connection:
        assert ledger.replan_refused(connection, issue.id, subscriber_id=cy.subscriber_id, now=NOW) == 1
    assert standing(database) == {A: "rejected", B: "rejected", C: "planned"}
    with db.transaction(database) as connection:
        assert ledger.replan_refused(connection, issue.id, subscriber_id=None, now=NOW) == 1
        assert ledger.replan_refused(connection, issue.id, subscriber_id=None, now=NOW) == 0
    assert [delivery.recipient for delivery in claim(database, issue, "again")] == [A, C]


def test_those_in_doubt_are_named(database: Engine, issue: Issue) -> None:
    ada, bo, _ = claim(database, issue)
    record(database, issue, outcome(ada, DeliveryStatus.UNKNOWN), outcome(bo, DeliveryStatus.UNKNOWN))

    with db.reading(database) as connection:
        assert ledger.in_doubt(connection, issue.id, subscriber_id=None) == [ada.subscriber_id, bo.subscriber_id]
        assert ledger.in_doubt(connection, issue.id, subscriber_id=bo.subscriber_id) == [bo.subscriber_id]


def test_a_commit_of_the_dead_that_comes_late_is_waited_for(database: Engine, issue: Issue) -> None:
    deliveries = claim(database, issue, "dead")
    is_marked, may_commit = threading.Event(), threading.Event()

    def commit_late() -> None:
        with db.transaction(database) as connection:
            ids = [delivery.subscriber_id for delivery in deliveries]
            ledger.mark_sending(connection, issue, ids, token="dead", now=NOW)
            is_marked.set()
            may_commit.wait(10)

    late = threading.Thread(target=commit_late)
    late.start()
    assert is_marked.wait(10)
    threading.Timer(0.3, may_commit.set).start()
    with db.transaction(database) as connection:
        assert ledger.recover(connection, issue.id, dead_claims=["dead"], now=NOW) == len(deliveries)
    late.join()

    assert set(standing(database).values()) == {"unknown"}
