import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, Table, func, select

from digest import db, tables
from subscribers import consent, enrolment, store, suppression
from subscribers.enrolment import Newcomer
from subscribers.model import Status, Subscriber
from tests.subscribers.people import NEWSLETTERS, NOW, SECRET, enrol, events, found

LATER = NOW + timedelta(days=7)


def leave(connection: Connection, person: Subscriber, newsletter: str | None) -> Status:
    return consent.unsubscribe(connection, person, NEWSLETTERS, newsletter=newsletter, source="page", now=NOW)


def forbid(connection: Connection, email: str, reason: str = "bounced", secret: bytes = SECRET) -> bool:
    return suppression.add(connection, email, reason=reason, source="bounce", secret=secret, now=NOW)


def erase(connection: Connection, person: Subscriber) -> None:
    consent.erase(connection, person, source="page", now=NOW)


def reason_against(connection: Connection, email: str) -> str | None:
    digest = store.email_digest(store.email_key(email), SECRET)
    return suppression.reasons(connection, [digest]).get(digest)


def test_leaving_one_of_two_newsletters_keeps_the_other(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")

        assert leave(connection, person, "weekly") is Status.CONFIRMED

        after = found(connection, "ann@example.com")
        assert (after.status, after.left) == (Status.CONFIRMED, ("weekly",))
        assert events(connection, person)[1:] == [("unsubscribed", "weekly", "page")]


def test_leaving_the_last_newsletter_is_leaving(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        leave(connection, person, "weekly")

        assert leave(connection, person, "daily") is Status.UNSUBSCRIBED

        after = found(connection, "ann@example.com")
        assert (after.status, after.left) == (Status.UNSUBSCRIBED, ("daily", "weekly"))


def test_leaving_everything_leaves_each_newsletter_of_ones_lists(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com", status=Status.PAUSED, paused_until=LATER)

        assert leave(connection, person, None) is Status.UNSUBSCRIBED

        after = found(connection, "ann@example.com")
        assert (after.status, after.left, after.paused_until) == (Status.UNSUBSCRIBED, ("daily", "weekly"), None)
        assert events(connection, person)[1:] == [("unsubscribed", None, "page")]


@pytest.mark.parametrize("newsletter", ["weekly", None])
def test_leaving_twice_is_recorded_once(database: Engine, newsletter: str | None) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")

        first, again = leave(connection, person, newsletter), leave(connection, person, newsletter)

        assert first is again
        assert len(events(connection, person)) == 2


def test_a_newsletter_that_the_settings_lost_can_still_be_left(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")

        assert leave(connection, person, "former") is Status.CONFIRMED
        assert found(connection, "ann@example.com").left == ("former",)


@pytest.mark.parametrize("status", [Status.PENDING, Status.CONFIRMED])
def test_somebody_whose_lists_give_nothing_is_gone_when_they_leave(database: Engine, status: Status) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com", lists=("others",), status=status)

        assert leave(connection, person, "weekly") is Status.UNSUBSCRIBED


def test_leaving_after_erasure_changes_nothing(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        erase(connection, person)

        assert leave(connection, person, None) is Status.UNSUBSCRIBED
        assert connection.scalar(select(func.count()).select_from(tables.unsubscriptions)) == 0


def test_a_suppression_shows_on_the_person_and_keeps_its_first_reason(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "Ann@example.com")

        assert forbid(connection, "ann@EXAMPLE.com")
        assert not forbid(connection, "ann@example.com", "manual")

        after = found(connection, "ann@example.com")
        assert (after.suppressed, after.status) == ("bounced", Status.CONFIRMED)
        assert events(connection, person)[1:] == [("suppressed", None, "bounce")]


def test_an_unknown_address_can_be_suppressed_and_is_not_stored(database: Engine) -> None:
    with db.transaction(database) as connection:
        assert forbid(connection, "ann@example.com", "complained")

        stored = connection.execute(select(tables.suppressions)).one()
        assert "ann" not in f"{stored}"
        assert reason_against(connection, "ANN@example.com") == "complained"
        assert enrol(connection, "ann@example.com").suppressed == "complained"


def test_a_suppression_holds_after_the_secret_changed(database: Engine) -> None:
    with db.transaction(database) as connection:
        enrol(connection, "ann@example.com")

        forbid(connection, "ann@example.com", secret=b"another key of more than thirty-two characters")

        assert found(connection, "ann@example.com").suppressed == "bounced"


PERSONAL: list[Table] = [tables.subscribers, tables.subscriptions, tables.unsubscriptions, tables.consent_events]


def rows_about_people(connection: Connection) -> int:
    return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in PERSONAL)


@pytest.mark.parametrize("newsletter", ["weekly", None])
def test_erasing_somebody_who_left_keeps_only_a_hash(database: Engine, newsletter: str | None) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        leave(connection, person, newsletter)

        erase(connection, person)

        assert rows_about_people(connection) == 0
        assert reason_against(connection, "ann@example.com") == suppression.ERASED


def test_erasing_somebody_suppressed_keeps_the_reason(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com", suppressed="complained")

        erase(connection, person)
        erase(connection, person)

        assert rows_about_people(connection) == 0
        assert reason_against(connection, "ann@example.com") == "complained"


def test_erasing_a_reader_leaves_only_a_hash_so_that_no_import_brings_them_back(database: Engine) -> None:
    with db.transaction(database) as connection:
        erase(connection, enrol(connection, "ann@example.com"))

        assert rows_about_people(connection) == 0
        assert reason_against(connection, "ann@example.com") == suppression.ERASED


def test_a_pause_begins_moves_and_ends(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")

        assert consent.pause(connection, person, LATER, source="page", now=NOW) is Status.PAUSED
        assert consent.pause(connection, person, LATER, source="page", now=NOW) is Status.PAUSED
        assert found(connection, "ann@example.com").paused_until == LATER
        assert consent.resume(connection, person, source="page", now=NOW) is Status.CONFIRMED
        assert consent.resume(connection, person, source="page", now=NOW) is Status.CONFIRMED

        assert found(connection, "ann@example.com").paused_until is None
        assert events(connection, person)[1:] == [("paused", None, "page"), ("resumed", None, "page")]


@pytest.mark.parametrize("status", [Status.PENDING, Status.UNSUBSCRIBED])
def test_neither_a_pause_nor_its_end_revives(database: Engine, status: Status) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com", status=status)

        assert consent.pause(connection, person, LATER, source="page", now=NOW) is status
        assert consent.resume(connection, person, source="page", now=NOW) is status
        assert found(connection, "ann@example.com") == person


def test_somebody_stored_meanwhile_is_left_as_they_are(database: Engine) -> None:
    key = "ann@example.com"
    with db.transaction(database) as connection:
        before = enrol(connection, key, name="Ann")
        newcomers = {key: Newcomer(email=key, name="Other"), "ben@example.com": Newcomer(email="ben@example.com")}

        ids = enrolment.enrol(connection, newcomers, source="test", secret=SECRET, now=NOW)

        assert list(ids) == ["ben@example.com"]
        assert found(connection, key) == before


def test_two_newsletters_left_at_the_same_moment_are_everything(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
    start = threading.Barrier(2)

    def click(newsletter: str) -> None:
        start.wait()
        with db.transaction(database) as connection:
            leave(connection, person, newsletter)

    clicks = [threading.Thread(target=click, args=(slug,)) for slug in ("daily", "weekly")]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()

    with db.reading(database) as connection:
        assert found(connection, "ann@example.com").status is Status.UNSUBSCRIBED


def back(connection: Connection, person: Subscriber, *, days: float) -> bool:
    return consent.return_(connection, person, newsletter="weekly", source="page", now=NOW + timedelta(days=days))


def test_an_unsubscription_can_be_taken_back_for_thirty_days(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com", status=Status.PAUSED, paused_until=LATER)
        leave(connection, person, None)

        assert not back(connection, person, days=30)
        assert back(connection, person, days=29)

        after = found(connection, "ann@example.com")
        assert (after.status, after.left) == (Status.CONFIRMED, ())
        assert events(connection, person)[-1] == ("returned", None, "page")
        assert not back(connection, person, days=29)


def test_what_happened_since_is_not_taken_back(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        leave(connection, person, "weekly")
        forbid(connection, "ann@example.com")

        assert not back(connection, person, days=1)
        assert found(connection, "ann@example.com").left == ("weekly",)


def test_somebody_erased_has_nothing_to_return_to(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        leave(connection, person, "weekly")
        erase(connection, person)

        assert not back(connection, person, days=1)
