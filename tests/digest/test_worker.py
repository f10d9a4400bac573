import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest import db, pause, planning, tables, worker
from digest import engine as sending
from digest.engine import Stop
from digest.worker import Tick
from subscribers import store
from subscribers.tokens import Tokens
from tests import audience
from tests.deliveries import standing
from tests.digest.conftest import PEOPLE, SLOT, Office

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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


def test_what_is_tried_late_for_the_first_time_has_a_day_of_retries_too(office: Office) -> None:
    smtp = office.settings.smtp.model_copy(update={"messages_per_day": 2})
    office.settings = office.settings.model_copy(update={"smtp": smtp})
    office.tick()
    office.mailbox.reply = "451 4.3.0 Later"
    late = SLOT + DAY + HOUR

    office.tick(late)
    assert sorted(standing(office.engine).values()) == ["accepted", "accepted", "deferred"]
    office.tick(late + DAY - HOUR)
    assert sorted(standing(office.engine).values()) == ["accepted", "accepted", "deferred"]
    office.tick(late + DAY)
    assert sorted(standing(office.engine).values()) == ["accepted", "accepted", "expired"]


def test_who_leaves_by_mail_gets_nothing_from_the_same_run(office: Office, tmp_path: Path) -> None:
    with db.reading(office.engine) as connection:
        ada = store.by_email(connection, PEOPLE[0])
    assert ada is not None
    token = Tokens(office.settings.secret).unsubscribe(ada.id, "weekly")
    mailbox = tmp_path / "leave"
    mailbox.write_text(f"From a\nSubject: unsubscribe {token}\n\n\nFrom b\nSubject: hello\n\n")
    office.settings = office.settings.model_copy(update={"unsubscribe_mailbox": mailbox})

    assert office.tick() == Tick()
    office.tick()

    assert sorted(office.mailbox.recipients) == PEOPLE[1:]
    assert office.told[0] == "mails for unsubscribing: 1 unsubscribed, 1 unmatched"
    assert [line for line in office.told[1:] if "unsubscribing" in line] == []


def test_a_mailbox_that_cannot_be_read_keeps_nobodys_mail_back(office: Office, tmp_path: Path) -> None:
    office.settings = office.settings.model_copy(update={"unsubscribe_mailbox": tmp_path / "none" / "leave"})

    done = office.tick()

    assert len(done.complaints) == 1
    assert "mails for unsubscribing: unsubscribe_mailbox:" in done.complaints[0]
    assert sorted(office.mailbox.recipients) == PEOPLE


def test_a_break_that_is_over_is_ended_and_one_that_is_not_goes_on(office: Office) -> None:
    with db.transaction(office.engine) as connection:
        over, running = (
            audience.subscriber(connection, f"{number}@example.org", status="paused", paused_until=SLOT + seconds)
            for number, seconds in enumerate((timedelta(0), timedelta(seconds=1)))
        )
    office.tick(SLOT)
    with db.reading(office.engine) as connection:
        people = store.by_ids(connection, [over, running])
        said = connection.execute(select(tables.consent_events).where(tables.consent_events.c.kind == "resumed")).all()
    assert (people[over].status, people[over].paused_until) == ("confirmed", None)
    assert (people[running].status, people[running].paused_until) == ("paused", SLOT + timedelta(seconds=1))
    assert [(event.subscriber_id, event.source) for event in said] == [(over, "worker")]
