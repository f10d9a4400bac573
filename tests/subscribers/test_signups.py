from datetime import datetime, timedelta

from sqlalchemy import Engine

from digest import db
from subscribers import consent, signups, store, suppression
from subscribers.model import Frequency, Preferences, Status
from subscribers.record import Shown
from tests.subscribers import people
from tests.subscribers.people import DAILY, SECRET, WEEKLY

BOTH = (WEEKLY, DAILY)
SHOWN = Shown(page="https://example.com/subscribe", network="203.0.113.0/24", language="en", wording="Mail me.")


def ask(engine: Engine, email: str, now: datetime) -> int:
    with db.transaction(engine) as connection:
        person = consent.await_confirmation(connection, email, name="Ann", language="en", secret=SECRET, now=now)
        consent.request(connection, person.id, "weekly", source="form", shown=SHOWN, now=now)
        return signups.add(
            connection,
            person.id,
            "weekly",
            name="Ann",
            preferences=Preferences(),
            frequency=Frequency.WEEKLY,
            language="en",
            now=now,
        )


def test_who_asked_is_pending_until_they_confirm(database: Engine, now: datetime) -> None:
    signup_id = ask(database, "ann@example.com", now)
    with db.transaction(database) as connection:
        signup = signups.find(connection, signup_id)
        person = store.by_email(connection, "ann@example.com")
        assert person is not None and signup is not None
        assert (person.status, signup.subscriber_id) == (Status.PENDING, person.id)
        assert signup.is_open(now + timedelta(hours=71)) and not signup.is_open(now + timedelta(hours=72))

        assert consent.confirm(connection, person, WEEKLY, BOTH, source="page", now=now)
        assert [signups.close(connection, signup_id, now=now) for _ in range(2)] == [True, False]
        after = store.by_id(connection, person.id)
    assert after is not None
    assert (after.status, after.lists) == (Status.CONFIRMED, ("readers",))


def test_who_had_left_everything_gets_only_what_they_ask_for_again(database: Engine, now: datetime) -> None:
    with db.transaction(database) as connection:
        ann = people.enrol(connection, "ann@example.com")
        consent.unsubscribe(connection, ann, BOTH, newsletter=None, source="test", now=now)
    signup_id = ask(database, "ANN@example.com", now)
    with db.transaction(database) as connection:
        waiting = store.by_id(connection, ann.id)
        assert waiting is not None and waiting.status is Status.UNSUBSCRIBED
        assert signups.find(connection, signup_id) is not None
        assert consent.confirm(connection, waiting, WEEKLY, BOTH, source="page", now=now)
        after = store.by_id(connection, ann.id)
    assert after is not None
    assert (after.status, after.left) == (Status.CONFIRMED, ("daily",))


def test_an_address_that_must_not_be_mailed_cannot_confirm(database: Engine, now: datetime) -> None:
    with db.transaction(database) as connection:
        ann = people.enrol(connection, "ann@example.com")
        suppression.add(connection, ann.email, reason="complained", source="test", secret=SECRET, now=now)
        assert not consent.confirm(connection, ann, WEEKLY, BOTH, source="page", now=now)


def test_who_was_erased_after_leaving_may_come_back_by_themselves(database: Engine, now: datetime) -> None:
    with db.transaction(database) as connection:
        ann = people.enrol(connection, "ann@example.com")
        consent.unsubscribe(connection, ann, BOTH, newsletter=None, source="test", now=now)
        consent.erase(connection, ann, source="test", now=now)
    ask(database, "ann@example.com", now)
    with db.transaction(database) as connection:
        again = store.by_email(connection, "ann@example.com")
        assert again is not None and again.suppressed == suppression.ERASED
        assert consent.confirm(connection, again, WEEKLY, BOTH, source="page", now=now)
        after = store.by_id(connection, again.id)
    assert after is not None
    assert (after.status, after.suppressed) == (Status.CONFIRMED, None)


def test_who_does_not_confirm_is_forgotten_after_a_week(database: Engine, now: datetime) -> None:
    ask(database, "ann@example.com", now)
    with db.transaction(database) as connection:
        people.enrol(connection, "ben@example.com")
        assert consent.forget_unconfirmed(connection, now=now + timedelta(days=7)) == 0
        assert consent.forget_unconfirmed(connection, now=now + timedelta(days=7, seconds=1)) == 1
        assert [person.email for person in store.every(connection)] == ["ben@example.com"]
