import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine

from digest import articles, db, issues, pause, planning, worker
from digest import engine as sending
from digest.config import Settings
from digest.engine import Stop
from digest.model import Issue
from digest.worker import Tick
from tests.articles import NOW, article
from tests.audience import subscriber

SLOT = NOW  # Monday 07:00 in London, in winter
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = ["ada@example.org", "bo@example.org", "cy@example.org"]


@dataclass
class Mailbox:
    """A mail server on loopback that keeps whom it got mail for, and answers as it is told."""

    reply: str = "250 OK"
    recipients: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.reply.startswith("2"):
            self.recipients.extend(envelope.rcpt_tos)
        return self.reply


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """The mailbox and its port."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd's Controller cannot tell which port it got
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@dataclass
class Office:
    """A stocked database with its settings and mail server, and a worker to run on it."""

    engine: Engine
    settings: Settings
    mailbox: Mailbox
    told: list[str] = field(default_factory=list)

    def tick(self, at: datetime = SLOT) -> Tick:
        return worker.tick(self.engine, self.settings, clock=lambda: at, stop=Stop(), tell=self.told.append)

    def issues(self) -> list[Issue]:
        with db.reading(self.engine) as connection:
            return issues.all_issues(connection)

    def change(self, **fields: Any) -> None:
        newsletter = self.settings.newsletters[0].model_copy(update=fields)
        self.settings = self.settings.model_copy(update={"newsletters": (newsletter, *self.settings.newsletters[1:])})


@pytest.fixture
def office(database: Engine, settings: Settings, mailbox: tuple[Mailbox, int]) -> Office:
    """Three readers, five articles, one weekly newsletter."""
    box, port = mailbox
    with db.transaction(database) as connection:
        articles.store(connection, [article(number) for number in range(1, 6)], now=NOW)
        for email in PEOPLE:
            subscriber(connection, email)
    smtp = settings.smtp.model_copy(update={"port": port})
    return Office(database, settings.model_copy(update={"smtp": smtp}), box)


def test_slot_is_planned_released_and_delivered(office: Office) -> None:
    assert office.tick() == Tick()

    (issue,) = office.issues()
    assert (issue.name, issue.slot, issue.until) == ("weekly/1", "2026-11-23T07:00", SLOT)
    assert sorted(office.mailbox.recipients) == PEOPLE
    assert office.told == [
        "weekly/1: planned for 2026-11-23T07:00; articles: 5, deliveries: 3",
        "weekly/1: 3 accepted",
    ]


def test_nothing_happens_before_the_slot(office: Office) -> None:
    office.tick(SLOT - timedelta(seconds=1))

    assert (office.issues(), office.told) == ([], [])


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=1), 3 * HOUR, DAY])
def test_slot_is_done_once_however_often_the_worker_runs(office: Office, later: timedelta) -> None:
    office.tick()
    office.tick(SLOT + later)

    assert len(office.issues()) == 1
    assert sorted(office.mailbox.recipients) == PEOPLE


def test_late_worker_plans_the_window_of_the_slot(office: Office) -> None:
    office.tick(SLOT + 5 * HOUR)

    (issue,) = office.issues()
    assert (issue.until, issue.released_at) == (SLOT, SLOT + 5 * HOUR)


def test_slot_that_was_missed_by_more_than_a_day_is_let_go(office: Office) -> None:
    office.tick(SLOT + DAY + timedelta(minutes=1))

    assert office.issues() == []


def test_two_workers_at_once_make_one_issue_and_one_mail_each(office: Office) -> None:
    start = threading.Barrier(2)

    def run() -> None:
        start.wait()
        office.tick()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.tick()

    assert len(office.issues()) == 1
    assert sorted(office.mailbox.recipients) == PEOPLE


def test_worker_that_died_after_planning_is_continued(office: Office) -> None:
    newsletter = office.settings.newsletters[0]
    planning.plan(office.engine, office.settings, newsletter, now=SLOT, slot="2026-11-23T07:00")

    office.tick(SLOT + HOUR)

    assert len(office.issues()) == 1
    assert sorted(office.mailbox.recipients) == PEOPLE


@pytest.mark.parametrize("schedule", ["mon 06:00", "sun 23:00", "mon 07:00"])
def test_schedule_that_is_moved_back_repeats_nothing(office: Office, schedule: str) -> None:
    office.tick()

    office.change(schedule=schedule)
    office.tick(SLOT + HOUR)

    assert len(office.issues()) == 1


def test_zone_that_is_changed_does_not_repeat_the_same_wall_time(office: Office) -> None:
    office.tick()

    office.change(timezone="America/New_York")
    office.tick(SLOT + 6 * HOUR)

    assert len(office.issues()) == 1


def test_clock_that_is_put_back_repeats_nothing(office: Office) -> None:
    office.change(schedule="daily 07:00")
    office.tick(SLOT)
    office.tick(SLOT - 20 * HOUR)

    assert len(office.issues()) == 1


def test_issue_planned_by_hand_waits_for_its_editor(office: Office) -> None:
    planning.plan(office.engine, office.settings, office.settings.newsletters[0], now=SLOT - HOUR)

    office.tick(SLOT - HOUR)

    assert (office.mailbox.recipients, office.told) == ([], [])


def test_server_that_is_away_is_reported_and_tried_again(office: Office) -> None:
    away = office.settings
    office.settings = away.model_copy(update={"smtp": away.smtp.model_copy(update={"port": 1})})
    failed = office.tick()
    office.settings = away

    assert len(failed.complaints) == 1
    assert failed.complaints[0].startswith("weekly/1: ")
    assert "@" not in failed.complaints[0]
    assert office.tick(SLOT + HOUR) == Tick()
    assert sorted(office.mailbox.recipients) == PEOPLE


def test_deferred_deliveries_are_tried_again_when_they_are_due(office: Office) -> None:
    office.mailbox.reply = "451 4.3.0 Later"
    deferred = office.tick()
    office.mailbox.reply = "250 OK"

    assert deferred == Tick(not_accepted=3)
    office.tick(SLOT + timedelta(minutes=1))
    assert office.mailbox.recipients == []
    office.tick(SLOT + HOUR)
    assert sorted(office.mailbox.recipients) == PEOPLE


def test_newsletter_without_postal_address_is_not_planned_and_keeps_no_other_back(office: Office) -> None:
    first = office.settings.newsletters[0]
    other = first.model_copy(update={"slug": "other", "postal_address": ""})
    office.settings = office.settings.model_copy(update={"newsletters": (other, first)})

    done = office.tick()

    assert done.complaints == ("other: nothing is planned: set postal_address of “other”, which bulk mail must carry",)
    assert [issue.name for issue in office.issues()] == ["weekly/1"]
    assert sorted(office.mailbox.recipients) == PEOPLE


def test_stop_leaves_what_has_not_begun(office: Office) -> None:
    stop = Stop()
    stop.request()

    worker.tick(office.engine, office.settings, clock=lambda: SLOT, stop=stop, tell=office.told.append)

    assert (office.issues(), office.told) == ([], [])


def test_fault_of_the_program_is_told_without_what_it_was_about(office: Office) -> None:
    with db.transaction(office.engine) as connection:
        connection.exec_driver_sql('update articles set content = \'{"email": "ada@example.org"}\'')

    (complaint,) = office.tick().complaints

    assert complaint.startswith("weekly: this is a fault of the program: KeyError at articles.py:")
    assert office.issues() == []


def test_complaint_that_lasts_is_told_once(office: Office) -> None:
    office.change(postal_address="")
    stop, rounds = Stop(), 0

    def clock() -> datetime:
        nonlocal rounds
        rounds += 1
        if rounds > 9:
            stop.request()
        return SLOT + timedelta(seconds=59, milliseconds=990)

    worker.work(office.engine, office.settings, clock=clock, stop=stop, tell=office.told.append)

    assert office.told == ["weekly: nothing is planned: set postal_address of “weekly”, which bulk mail must carry"]


def test_a_paused_issue_waits_until_a_person_sends_it(office: Office) -> None:
    office.mailbox.reply = "451 4.3.0 later"
    office.tick()
    (issue,) = office.issues()
    with db.transaction(office.engine) as connection:
        pause.pause(connection, issue.id, "something of ours", SLOT)
    office.mailbox.reply = "250 OK"

    office.tick(SLOT + HOUR)
    assert office.mailbox.recipients == []

    sending.send(office.engine, office.settings, issue, clock=lambda: SLOT + HOUR)
    assert sorted(office.mailbox.recipients) == PEOPLE
    assert office.issues()[0].paused_at is None


def test_a_quota_that_the_server_says_is_used_up_is_waited_for(office: Office) -> None:
    office.mailbox.reply = "454 Throttling failure: Daily message quota exceeded."
    (complaint,) = office.tick().complaints
    office.mailbox.reply = "250 OK"

    office.tick(SLOT + HOUR / 2)
    assert office.mailbox.recipients == []
    office.tick(SLOT + HOUR)
    assert sorted(office.mailbox.recipients) == PEOPLE
    assert "tries again each hour" in complaint


def test_a_quota_that_costs_a_message_for_each_try_waits_for_a_person(office: Office) -> None:
    office.mailbox.reply = "550 5.4.5 Daily user sending limit exceeded."
    office.tick()
    office.mailbox.reply = "250 OK"
    office.tick(SLOT + 3 * HOUR)

    assert office.mailbox.recipients == []
    assert office.issues()[0].paused_until is None


def test_no_more_go_out_within_a_day_than_may(office: Office) -> None:
    smtp = office.settings.smtp.model_copy(update={"messages_per_day": 2})
    office.settings = office.settings.model_copy(update={"smtp": smtp})

    assert office.tick().complaints == ()
    assert len(office.mailbox.recipients) == 2
    office.tick(SLOT + DAY - HOUR)
    assert len(office.mailbox.recipients) == 2
    office.tick(SLOT + DAY)
    assert sorted(office.mailbox.recipients) == PEOPLE
