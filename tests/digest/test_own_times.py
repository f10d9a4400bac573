"""Readers who want an issue at a time of their own: planned, waited for, delivered, replaced by a newer one."""

import email
import email.policy
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update

from digest import articles, corrections, db, explanation, issues, ledger, planning, tables, worker
from digest import engine as sending
from digest.config import Settings
from digest.engine import Stop
from digest.ledger import OwnTimes
from digest.messages import Messages
from digest.model import CorrectionKind
from digest.worker import Tick
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.digest.conftest import Office

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def add(engine: Engine, email: str, preferred_time: str, **fields: object) -> None:
    with db.transaction(engine) as connection:
        subscriber(connection, email, preferred_time=preferred_time, **fields)


def times(engine: Engine) -> dict[str, tuple[str, datetime | None]]:
    """Return how each delivery stands, by issue and address, and before which moment it is not to go out."""
    table = tables.deliveries.c
    with db.reading(engine) as connection:
        rows = connection.execute(select(table.issue_id, table.recipient, table.status, table.next_at))
        return {f"{row.issue_id} {row.recipient}": (row.status, row.next_at) for row in rows}


@pytest.mark.parametrize(
    ("preferred_time", "timezone", "due"),
    [
        ("", "", None),
        ("mon", "", None),
        ("07:00", "", None),
        ("08:30", "", NOW + 1.5 * HOUR),
        ("08:30", "America/New_York", NOW + 6.5 * HOUR),
        ("wed", "", NOW + 2 * DAY),
        ("mon 06:00", "", NOW + 7 * DAY - HOUR),
    ],
)
def test_a_delivery_is_planned_for_its_readers_own_time(
    database: Engine, settings: Settings, preferred_time: str, timezone: str, due: datetime | None
) -> None:
    with db.transaction(database) as connection:
        articles.store(connection, [article(1)], now=NOW)
        subscriber(connection, "ada@example.org", preferred_time=preferred_time, timezone=timezone)

    planning.plan(database, settings, settings.newsletter("weekly"), now=NOW)

    assert times(database) == {"1 ada@example.org": ("planned", due)}


def test_who_wants_it_later_waits_and_the_worker_delivers_it_then(office: Office) -> None:
    add(office.engine, "late@example.org", "09:00")
    office.tick()
    assert "late@example.org" not in office.mailbox.recipients
    told = list(office.told)

    office.tick(NOW + HOUR)
    assert office.told == told  # it is not even looked at

    office.tick(NOW + 2 * HOUR)
    assert office.mailbox.recipients[-1] == "late@example.org"
    assert len(office.mailbox.recipients) == 4


def test_an_issue_that_only_some_wait_for_is_left_alone_until_then(office: Office) -> None:
    add(office.engine, "late@example.org", "09:00")
    office.mailbox.reply = "550 5.1.1 nobody here"
    assert office.tick().not_accepted == 3

    assert office.tick(NOW + HOUR) == Tick()


def test_a_mail_carries_the_date_of_its_own_time(office: Office) -> None:
    add(office.engine, "late@example.org", "wed 09:00")
    office.tick()
    with db.reading(office.engine) as connection:
        issue = issues.find(connection, "weekly/1")
        late = issues.delivery_for(connection, issue, "late@example.org")
        ada = issues.delivery_for(connection, issue, "ada@example.org")
    assert late and ada

    made = Messages(office.engine, issue, office.settings).many([late, ada])

    dates = [email.message_from_bytes(message, policy=email.policy.default)["Date"] for message in made]
    assert [date.datetime for date in dates] == [NOW + 2 * DAY + 2 * HOUR, NOW]


def test_after_waiting_a_delivery_that_is_put_off_has_a_day_as_any_other(office: Office) -> None:
    add(office.engine, "late@example.org", "thu 07:00")
    office.tick()
    thursday = NOW + 3 * DAY
    office.mailbox.reply = "451 4.3.0 Later"

    office.tick(thursday)
    assert times(office.engine)["1 late@example.org"][0] == "deferred"
    office.tick(thursday + DAY - HOUR)
    assert times(office.engine)["1 late@example.org"][0] == "deferred"

    office.tick(thursday + DAY)
    assert times(office.engine)["1 late@example.org"][0] in ("deferred", "expired")
    with db.transaction(office.engine) as connection:
        ledger.expire(connection, 1, now=thursday + DAY)
    assert times(office.engine)["1 late@example.org"][0] == "expired"


def test_who_waits_does_not_expire_and_is_not_freed_by_a_recovery_or_a_resolution(office: Office) -> None:
    add(office.engine, "late@example.org", "thu 07:00")
    office.tick()
    before = times(office.engine)["1 late@example.org"]

    with db.transaction(office.engine) as connection:
        ledger.expire(connection, 1, now=NOW + 2 * DAY)
        ledger.recover(connection, 1, dead_claims=["somebody"], now=NOW + 2 * DAY)
        ledger.resolve(connection, 1, ledger.Resolution.RESEND, subscriber_id=None, now=NOW + 2 * DAY)
        ledger.replan_refused(connection, 1, subscriber_id=None, now=NOW + 2 * DAY)

    assert times(office.engine)["1 late@example.org"] == before == ("planned", NOW + 3 * DAY)


def test_what_is_corrected_leaves_the_mails_that_wait_and_they_go_on_waiting(office: Office) -> None:
    add(office.engine, "late@example.org", "thu 07:00")
    office.tick()

    with db.transaction(office.engine) as connection:
        _, changed = corrections.correct(
            connection, "article-1", CorrectionKind.WITHDRAWN, "It was wrong.", now=NOW + DAY
        )

    assert changed == 1
    assert times(office.engine)["1 late@example.org"] == ("planned", NOW + 3 * DAY)


def test_who_chose_a_day_of_a_daily_newsletter_gets_the_newest_issue_on_it(office: Office) -> None:
    office.change(schedule="daily 07:00")
    add(office.engine, "wed@example.org", "wed 08:00")
    for day in range(3):
        with db.transaction(office.engine) as connection:
            articles.store(connection, [article(10 - 24 * day)], now=NOW + day * DAY)
        office.tick(NOW + day * DAY)

    office.tick(NOW + 2 * DAY + HOUR)

    standing = {name: status for name, (status, _) in times(office.engine).items() if "wed@" in name}
    assert standing == {"1 wed@example.org": "skipped", "2 wed@example.org": "skipped", "3 wed@example.org": "accepted"}
    assert office.mailbox.recipients.count("wed@example.org") == 1
    with db.reading(office.engine) as connection:
        newest = issues.find(connection, "weekly/3")
        delivery = issues.delivery_for(connection, newest, "wed@example.org")
        assert delivery
        placements = issues.edition(connection, newest.id, delivery.edition).placements
    assert {placement.article_id for placement in placements} >= {"article--14", "article--38", "article-1"}


def test_who_chose_only_a_day_of_a_daily_newsletter_gets_one_mail_on_it(office: Office) -> None:
    """The earlier issues were due at the very moment of the third."""
    office.change(schedule="daily 07:00")
    add(office.engine, "wed@example.org", "wed")
    for day in range(3):
        with db.transaction(office.engine) as connection:
            articles.store(connection, [article(10 - 24 * day)], now=NOW + day * DAY)
        office.tick(NOW + day * DAY + timedelta(seconds=2))

    assert office.mailbox.recipients.count("wed@example.org") == 1
    assert times(office.engine)["3 wed@example.org"][0] == "accepted"


def test_who_was_skipped_after_planning_is_told_why(office: Office) -> None:
    office.change(schedule="daily 07:00")
    add(office.engine, "wed@example.org", "wed 08:00")
    add(office.engine, "left@example.org", "wed 08:00")
    office.tick()
    with db.transaction(office.engine) as connection:
        articles.store(connection, [article(-20)], now=NOW + 21 * HOUR)
        left = update(tables.subscribers).where(tables.subscribers.c.email == "left@example.org")
        connection.execute(left.values(status="unsubscribed"))
    office.tick(NOW + DAY)
    office.tick(NOW + 2 * DAY + HOUR)

    with db.reading(office.engine) as connection:
        issue = issues.find(connection, "weekly/1")
        assert explanation.explain(connection, issue, "wed@example.org").skipped == "a newer issue took its place"
        assert explanation.explain(connection, issue, "left@example.org").skipped == "not_mailable"
        assert explanation.explain(connection, issue, "ada@example.org").skipped is None


def test_an_issue_that_would_come_later_takes_nobodys_place(office: Office) -> None:
    """Seen where zones lie more than a day apart: of a daily newsletter, those in the last zone never got any issue."""
    office.change(schedule="daily 07:00", local_time=True)
    add(office.engine, "first@example.org", "", timezone="Pacific/Kiritimati")
    add(office.engine, "last@example.org", "", timezone="Pacific/Pago_Pago")
    with db.transaction(office.engine) as connection:
        articles.store(connection, [article(number) for number in (20, 30)], now=NOW - 2 * DAY)

    for hour in range(-14, 36):
        office.tick(NOW + hour * HOUR)

    assert len(office.issues()) == 3
    standing = {name: status for name, (status, _) in times(office.engine).items() if "last@" in name}
    assert standing["1 last@example.org"] == "accepted"


def test_an_issue_that_is_only_planned_takes_nobodys_place(office: Office) -> None:
    add(office.engine, "late@example.org", "thu 07:00")
    office.tick()

    planning.plan(office.engine, office.settings, office.settings.newsletters[0], now=NOW + DAY)

    assert times(office.engine)["1 late@example.org"] == ("planned", NOW + 3 * DAY)


def test_the_ledger_tells_how_many_wait_from_when_until_when(office: Office) -> None:
    add(office.engine, "late@example.org", "thu 07:00")
    add(office.engine, "soon@example.org", "09:00")
    office.tick()

    with db.reading(office.engine) as connection:
        now = ledger.waiting(connection, 1, now=NOW)
        later = ledger.waiting(connection, 1, now=NOW + 4 * DAY)

    assert now == OwnTimes(2, NOW + 2 * HOUR, NOW + 3 * DAY)
    assert later == OwnTimes(0, None, None)


def test_sending_by_hand_leaves_those_who_wait(office: Office) -> None:
    add(office.engine, "late@example.org", "thu 07:00")
    made = planning.plan(office.engine, office.settings, office.settings.newsletters[0], now=NOW)

    counts = sending.send(office.engine, office.settings, made.issue, clock=lambda: NOW)

    assert (counts["accepted"], counts["planned"]) == (3, 1)
    assert "late@example.org" not in office.mailbox.recipients


@pytest.fixture
def worldwide(office: Office) -> Office:
    """A newsletter at its readers' own hour, with readers in London, Tokyo and New York."""
    office.change(local_time=True)
    with db.transaction(office.engine) as connection:
        articles.store(connection, [article(30)], now=NOW - DAY)
    add(office.engine, "tokyo@example.org", "", timezone="Asia/Tokyo")
    add(office.engine, "york@example.org", "", timezone="America/New_York")
    with db.transaction(office.engine) as connection:
        connection.execute(
            update(tables.subscribers)
            .where(tables.subscribers.c.email == "bo@example.org")
            .values(timezone="Europe/London")
        )
    return office


def test_an_issue_comes_at_its_hour_where_each_reader_lives(worldwide: Office) -> None:
    tokyo, london, york = NOW - 9 * HOUR, NOW, NOW + 5 * HOUR
    worldwide.tick(tokyo - timedelta(seconds=1))
    assert worldwide.issues() == []

    worldwide.tick(tokyo)
    assert worldwide.mailbox.recipients == ["tokyo@example.org"]
    worldwide.tick(london)
    assert sorted(worldwide.mailbox.recipients[1:]) == ["ada@example.org", "bo@example.org", "cy@example.org"]
    worldwide.tick(york - timedelta(seconds=1))
    assert len(worldwide.mailbox.recipients) == 4
    worldwide.tick(york)

    assert worldwide.mailbox.recipients[4:] == ["york@example.org"]
    (issue,) = worldwide.issues()
    assert (issue.slot, issue.until) == ("2026-11-23T07:00", tokyo)
    worldwide.tick(york + 18 * HOUR)
    assert len(worldwide.issues()) == 1


@pytest.mark.parametrize("local_time", [False, True])
def test_a_zone_that_is_not_known_any_more_stops_nobody(office: Office, local_time: bool) -> None:
    office.change(local_time=local_time)
    add(office.engine, "gone@example.org", "09:00", timezone="Old/Gone")

    assert office.tick().complaints == ()
    assert times(office.engine)["1 gone@example.org"] == ("planned", NOW + 2 * HOUR)


def test_a_wish_of_the_readers_own_comes_before_the_newsletters_hour(worldwide: Office) -> None:
    add(worldwide.engine, "evening@example.org", "18:00", timezone="America/New_York")

    worldwide.tick(NOW - 9 * HOUR)

    assert times(worldwide.engine)["1 evening@example.org"] == ("planned", NOW - 8 * HOUR)


def test_without_readers_the_newsletters_own_zone_counts(database: Engine, settings: Settings) -> None:
    newsletter = settings.newsletters[0].model_copy(update={"local_time": True})
    settings = settings.model_copy(update={"newsletters": (newsletter,)})

    worker.tick(database, settings, clock=lambda: NOW, stop=Stop(), tell=lambda _: None)

    with db.reading(database) as connection:
        assert [issue.until for issue in issues.all_issues(connection)] == [NOW]
