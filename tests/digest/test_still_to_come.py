"""Readers who are still to get an earlier issue when the next one is planned: no story of theirs comes twice."""

from collections import Counter
from datetime import timedelta

import pytest

from digest import articles, db, issues, pause, planning
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.digest.conftest import PEOPLE, Office

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def given(office: Office, email: str) -> list[list[str]]:
    """Return the articles that were accepted for a person, issue by issue."""
    found = []
    with db.reading(office.engine) as connection:
        for issue in reversed(issues.all_issues(connection)):
            delivery = issues.delivery_for(connection, issue, email)
            if delivery and delivery.status == "accepted":
                edition = issues.edition(connection, issue.id, delivery.edition)
                found.append(sorted(placement.article_id for placement in edition.placements))
    return found


def store(office: Office, *hours_before: int) -> None:
    with db.transaction(office.engine) as connection:
        articles.store(connection, [article(hours) for hours in hours_before], now=NOW + 10 * DAY)


def limit(office: Office, messages_per_day: int) -> None:
    smtp = office.settings.smtp.model_copy(update={"messages_per_day": messages_per_day})
    office.settings = office.settings.model_copy(update={"smtp": smtp})


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Pago_Pago"])
def test_zones_that_lie_a_day_apart(office: Office, zone: str) -> None:
    office.change(schedule="daily 07:00", local_time=True)
    for number, name in enumerate(("Pacific/Auckland", "Pacific/Pago_Pago")):
        with db.transaction(office.engine) as connection:
            subscriber(connection, f"{number}@example.org", timezone=name)
    store(office, 20, 30)
    for hour in range(-14, 60):
        if hour % 24 == 0:
            store(office, -hour)
        office.tick(NOW + hour * HOUR)

    mails = given(office, "0@example.org" if zone == "Pacific/Auckland" else "1@example.org")

    assert len(mails) >= 2
    assert max(Counter(one for mail in mails for one in mail).values()) == 1


def test_mails_that_the_quota_left_for_another_day(office: Office) -> None:
    office.change(schedule="daily 07:00")
    limit(office, 2)
    office.tick()
    store(office, -20)
    office.tick(NOW + DAY)
    limit(office, 0)
    office.tick(NOW + DAY + HOUR)

    first = [f"article-{number}" for number in range(1, 6)]
    assert {tuple(map(tuple, given(office, email))) for email in PEOPLE} == {(tuple(first), ("article--20",))}


def test_an_issue_that_was_paused_overnight(office: Office) -> None:
    office.change(schedule="daily 07:00")
    limit(office, 1)
    office.tick()
    with db.transaction(office.engine) as connection:
        pause.pause(connection, 1, "wait", NOW, until=NOW + DAY + HOUR)
    store(office, -20)
    limit(office, 0)
    office.tick(NOW + DAY)
    office.tick(NOW + DAY + HOUR)

    assert [["article-1" in mail for mail in given(office, email)] for email in PEOPLE] == [[True, False]] * 3


def test_who_wants_one_mail_a_week_gets_no_second_while_the_first_waits(office: Office) -> None:
    office.change(schedule="daily 07:00")
    with db.transaction(office.engine) as connection:
        subscriber(connection, "dee@example.org", frequency="weekly")
    limit(office, 1)
    office.tick()
    store(office, -20)
    limit(office, 0)
    office.tick(NOW + DAY)

    assert len(given(office, "dee@example.org")) == 1


def test_what_a_server_puts_off_is_in_the_next_issue_too(office: Office) -> None:
    office.change(schedule="daily 07:00")
    office.mailbox.reply = "451 4.3.0 Later"
    office.tick()
    store(office, -20)
    office.mailbox.reply = "250 OK"
    office.tick(NOW + DAY + HOUR)

    assert ["article-1" in given(office, email)[-1] for email in PEOPLE] == [True] * 3


def test_an_issue_that_was_not_released_brings_nothing(office: Office) -> None:
    office.change(schedule="daily 07:00")
    planning.plan(office.engine, office.settings, office.settings.newsletters[0], now=NOW - HOUR)
    office.tick()

    assert [len(given(office, email)[0]) for email in PEOPLE] == [5, 5, 5]
