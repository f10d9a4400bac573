"""What must not come back: by an old link, an old letter, an old file, or another newsletter's list."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import Connection, Engine, select

from digest import db, tables
from subscribers import consent, importing, letters, sheets, signups, store, suppression
from subscribers.entries import Terms
from subscribers.fields import Categories
from subscribers.letters import Kind
from subscribers.model import Frequency, Preferences, Status
from tests.subscribers.people import DAILY, NOW, SECRET, WEEKLY, enrol, found

BOTH = (WEEKLY, DAILY)
OLD, NEW = "ann@old.example", "ann@new.example"


def move(connection: Connection, *, to: str = NEW, of: str = OLD, at: datetime = NOW) -> bool:
    return consent.move(connection, found(connection, of), to, source="address", secret=SECRET, now=at)


def sign_up(connection: Connection, person_id: int, newsletter: str = "weekly", at: datetime = NOW) -> int:
    return signups.add(
        connection,
        person_id,
        newsletter,
        name="",
        preferences=Preferences(),
        frequency=Frequency.EVERY_ISSUE,
        language="en",
        now=at,
    )


def take_in(engine: Engine, text: str) -> dict[str, int]:
    """Import a text; return the counts that are not zero."""
    terms = Terms(
        categories=Categories(["World"]), newsletters=BOTH, lists=(), source="import:x.csv", secret=SECRET, now=NOW
    )
    result = importing.run(engine, sheets.Sheet("x.csv", BytesIO(text.encode())), terms)
    return {outcome.value: number for outcome, number in result.outcomes.items() if number}


def test_who_moves_takes_nothing_along_that_lies_in_the_old_mailbox(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, OLD)
        sign_up(connection, ann.id, "daily")
        letters.write(
            connection,
            Kind.KNOWN,
            newsletter="weekly",
            subscriber_id=ann.id,
            recipient=OLD,
            language="en",
            secret=SECRET,
            now=NOW,
        )
        assert move(connection)

        assert connection.execute(select(tables.signups)).all() == []
        assert letters.claim(connection, now=NOW) is None
        assert found(connection, NEW).link_version == ann.link_version + 1


def test_the_old_address_comes_back_by_its_owner_alone(database: Engine) -> None:
    with db.transaction(database) as connection:
        enrol(connection, OLD)
        assert move(connection)
        digest = store.email_digest(store.email_key(OLD), SECRET)
        assert suppression.reasons(connection, [digest]) == {digest: suppression.MOVED}

        again = consent.await_confirmation(connection, OLD, name="", language="en", secret=SECRET, now=NOW)
        assert consent.confirm(connection, again, WEEKLY, BOTH, source="page", now=NOW)
        assert found(connection, OLD).suppressed is None


def test_who_moves_back_may_be_mailed_there(database: Engine) -> None:
    with db.transaction(database) as connection:
        enrol(connection, OLD)
        assert move(connection) and move(connection, of=NEW, to=OLD)
        assert found(connection, OLD).suppressed is None


def test_a_complaint_about_an_erased_address_holds(database: Engine) -> None:
    with db.transaction(database) as connection:
        consent.erase(connection, enrol(connection, OLD), source="test", now=NOW)
        assert suppression.add(connection, OLD, reason="complained", source="test", secret=SECRET, now=NOW)
        again = consent.await_confirmation(connection, OLD, name="", language="en", secret=SECRET, now=NOW)
        assert not consent.confirm(connection, again, WEEKLY, BOTH, source="page", now=NOW)


@pytest.mark.parametrize("status", [Status.PENDING, Status.UNSUBSCRIBED])
def test_one_confirmed_newsletter_brings_no_other_of_its_list(database: Engine, status: Status) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, OLD, status=status)
        assert consent.confirm(connection, ann, WEEKLY, BOTH, source="page", now=NOW)
        assert found(connection, OLD).left == ("daily",)


def test_what_somebody_gets_already_stays_when_they_confirm_another(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, OLD)
        consent.unsubscribe(connection, ann, BOTH, newsletter="weekly", source="test", now=NOW)
        assert consent.confirm(connection, found(connection, OLD), WEEKLY, BOTH, source="page", now=NOW)
        assert found(connection, OLD).left == ()


def test_the_undo_of_one_newsletter_is_not_that_of_another(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, OLD)
        consent.unsubscribe(connection, ann, BOTH, newsletter="weekly", source="page", now=NOW)
        consent.unsubscribe(connection, found(connection, OLD), BOTH, newsletter="daily", source="one-click", now=NOW)
        later = NOW + timedelta(minutes=1)
        assert consent.departure(connection, ann.id, newsletter="weekly", now=later) is None
        assert not consent.return_(connection, ann, newsletter="weekly", source="page", now=later)
        assert consent.return_(connection, ann, newsletter="daily", source="page", now=later)
        assert found(connection, OLD).left == ("weekly",)  # although both ended in the same moment


def test_leaving_ends_what_was_asked_for_before(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, OLD)
        weekly, daily = sign_up(connection, ann.id), sign_up(connection, ann.id, "daily")
        consent.unsubscribe(connection, ann, BOTH, newsletter="weekly", source="page", now=NOW)
        assert signups.find(connection, weekly) is None
        assert signups.find(connection, daily) is not None
        consent.unsubscribe(connection, found(connection, OLD), BOTH, newsletter=None, source="page", now=NOW)
        assert signups.find(connection, daily) is None


def test_of_two_sign_ups_for_one_newsletter_confirming_one_ends_the_other(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, OLD)
        first, second, daily = (
            sign_up(connection, ann.id),
            sign_up(connection, ann.id),
            sign_up(connection, ann.id, "daily"),
        )
        assert signups.close(connection, second, now=NOW)
        assert [signups.find(connection, one) is None for one in (first, second, daily)] == [True, False, False]


def test_no_file_brings_back_an_address_that_was_moved_from_or_erased(database: Engine) -> None:
    with db.transaction(database) as connection:
        enrol(connection, OLD)
        assert move(connection)
        consent.erase(connection, enrol(connection, "bea@old.example"), source="test", now=NOW)

    assert take_in(database, f"email\n{OLD}\nbea@old.example\n") == {"skipped": 2}
