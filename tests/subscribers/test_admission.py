"""Asking for a newsletter and confirming it: who is written to, and what becomes of them."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update

from digest import db, tables
from digest.model import Newsletter
from subscribers import address_changes, admission, consent, letters, signups, suppression
from subscribers.admission import Application
from subscribers.letters import Kind
from subscribers.model import Frequency, Preferences, Status
from subscribers.record import Shown
from tests.interleaving import at_once
from tests.subscribers.people import DAILY, NEWSLETTERS, NOW, PILOT, SECRET, WEEKLY, enrol, events, found

TOPICS = Newsletter(
    slug="weekly", name="The Weekly", sender="weekly@news.example.com", lists=("readers",),
    categories=("World", "Science", "Sport"),
)  # fmt: skip
SHOWN = Shown(page="https://news.example.com/subscribe", network="203.0.113.0/24", language="en", wording="You ask.")


def ask(connection: Connection, email: str = "zoe@example.org", now: datetime = NOW, **fields: Any) -> None:
    values: dict[str, Any] = {
        "newsletter": WEEKLY, "name": "", "preferences": Preferences(), "frequency": Frequency.EVERY_ISSUE,
        "language": "",
    }  # fmt: skip
    application = Application(email=email, **(values | fields))
    admission.ask(connection, application, shown=SHOWN, source="form", secret=SECRET, now=now)


def written(connection: Connection) -> list[tuple[str, str, int | None]]:
    table = tables.letters.c
    query = select(table.kind, table.recipient, table.about).order_by(table.id)
    return [(row.kind, row.recipient, row.about) for row in connection.execute(query)]


def admit(connection: Connection, newsletter: Newsletter = WEEKLY, issue_id: int | None = None) -> bool:
    newest = connection.execute(select(tables.signups.c.id).order_by(tables.signups.c.id.desc())).scalars().first()
    assert newest is not None
    signup = signups.find(connection, newest)
    assert signup is not None
    return admission.admit(
        connection, signup, newsletter, (newsletter, *NEWSLETTERS), issue_id=issue_id, shown=SHOWN, secret=SECRET,
        now=NOW + timedelta(hours=1),
    )  # fmt: skip


def test_somebody_unknown_is_pending_and_is_asked_with_the_words_kept(database: Engine) -> None:
    with db.transaction(database) as connection:
        ask(connection, "Zoe@Example.org")
        zoe = found(connection, "zoe@example.org")
        assert (zoe.status, zoe.lists) == (Status.PENDING, ())
        [(kind, recipient, about)] = written(connection)
        assert (kind, recipient) == (Kind.CONFIRM, "Zoe@Example.org")
        assert about is not None
        assert events(connection, zoe) == [("requested", "weekly", "form")]
        event = connection.execute(select(tables.consent_events)).one()
        assert (event.page, event.network, event.language) == (SHOWN.page, SHOWN.network, "en")
        assert connection.execute(select(tables.wordings.c.text)).scalar_one() == "You ask."


def test_who_gets_the_newsletter_is_told_so_where_they_get_it_and_nothing_changes(database: Engine) -> None:
    with db.transaction(database) as connection:
        before = enrol(connection, "Ada@example.org")
        ask(connection, "ada@EXAMPLE.org", name="Somebody else")
        assert written(connection) == [(Kind.KNOWN, "Ada@example.org", None)]
        assert found(connection, "ada@example.org") == before
        assert connection.execute(select(tables.signups)).all() == []


@pytest.mark.parametrize(
    "known",
    [
        {"status": Status.PENDING},
        {"status": Status.UNSUBSCRIBED},
        {"left": ("weekly",)},
        {"lists": ("pilots",)},
    ],
)
def test_who_is_known_and_does_not_get_it_is_asked_and_stays_as_they_are(
    database: Engine, known: dict[str, Any]
) -> None:
    with db.transaction(database) as connection:
        before = enrol(connection, "ada@example.org", **known)
        ask(connection, "ada@example.org", name="Eve", preferences=Preferences(("World",)))
        assert [kind for kind, *_ in written(connection)] == [Kind.CONFIRM]
        assert found(connection, "ada@example.org") == before


@pytest.mark.parametrize("is_known", [True, False])
def test_an_address_that_must_not_be_mailed_gets_nothing(database: Engine, is_known: bool) -> None:
    with db.transaction(database) as connection:
        if is_known:
            enrol(connection, "ada@example.org")
        suppression.add(connection, "ada@example.org", reason="complained", source="test", secret=SECRET, now=NOW)
        ask(connection, "ada@example.org")
        assert written(connection) == []
        assert connection.execute(select(tables.signups)).all() == []


def test_somebody_erased_after_leaving_may_ask_again(database: Engine) -> None:
    with db.transaction(database) as connection:
        ada = enrol(connection, "ada@example.org", left=("weekly",))
        consent.erase(connection, ada, source="test", now=NOW)
        ask(connection, "ada@example.org")
        assert [kind for kind, *_ in written(connection)] == [Kind.CONFIRM]
        assert admit(connection)
        assert admission.gets(found(connection, "ada@example.org"), WEEKLY)


def test_one_letter_a_day_and_three_in_thirty_days_however_the_address_is_spelled(database: Engine) -> None:
    spelled = ["zoe.b@gmail.com", "zoeb+1@gmail.com", "z.o.e.b@googlemail.com", "Zoeb@gmail.com"]
    with db.transaction(database) as connection:
        for day in range(40):
            for hour in range(0, 24, 8):
                at = NOW + timedelta(days=day, hours=hour)
                ask(connection, spelled[(day + hour) % 4], now=at)
        ats = list(connection.execute(select(tables.letters.c.at).order_by(tables.letters.c.at)).scalars())
    assert all(later - earlier >= timedelta(days=1) for earlier, later in pairwise(ats))
    assert all(sum(start <= at < start + timedelta(days=30) for at in ats) <= 3 for start in ats)
    assert len(ats) == 6


def test_asking_does_not_take_the_undo_of_an_unsubscription_away(database: Engine) -> None:
    with db.transaction(database) as connection:
        ada = enrol(connection, "ada@example.org")
        consent.unsubscribe(connection, ada, NEWSLETTERS, newsletter=None, source="page", now=NOW)
        ask(connection, "ada@example.org", now=NOW + timedelta(minutes=1))
        assert consent.return_(connection, ada, newsletter="weekly", source="page", now=NOW + timedelta(minutes=2))


# confirming


def test_confirming_gives_what_the_form_asked_for_and_a_welcome(database: Engine) -> None:
    with db.transaction(database) as connection:
        ask(
            connection, newsletter=TOPICS, name="Zoë", preferences=Preferences(("World", "Sport")),
            frequency=Frequency.MONTHLY, language="de",
        )  # fmt: skip
        assert admit(connection, TOPICS, issue_id=7)
        zoe = found(connection, "zoe@example.org")
        assert (zoe.status, zoe.lists, zoe.name) == (Status.CONFIRMED, ("readers",), "Zoë")
        assert (zoe.preferences.categories, zoe.frequency, zoe.language) == (
            ("World", "Sport"),
            Frequency.MONTHLY,
            "de",
        )
        assert written(connection)[-1] == (Kind.WELCOME, "zoe@example.org", 7)
        kinds = [kind for kind, *_ in events(connection, zoe)]
        assert kinds == ["requested", "confirmed", "changed"]


def test_a_form_without_topics_means_every_topic_of_the_newsletter(database: Engine) -> None:
    with db.transaction(database) as connection:
        ask(connection, newsletter=TOPICS)
        assert admit(connection, TOPICS)
        assert found(connection, "zoe@example.org").preferences == Preferences()


def test_choices_for_other_newsletters_and_a_rarer_frequency_stay(database: Engine) -> None:
    chosen = Preferences(("Local",))
    with db.transaction(database) as connection:
        enrol(
            connection, "zoe@example.org", lists=("pilots",), preferences=chosen, frequency=Frequency.WEEKLY, name="Z"
        )
        ask(connection, newsletter=TOPICS, preferences=Preferences(("World",)))
        assert admit(connection, TOPICS)
        zoe = found(connection, "zoe@example.org")
        assert zoe.preferences.categories == ("World", "Local")
        assert (zoe.frequency, zoe.name, zoe.lists) == (Frequency.WEEKLY, "Z", ("pilots", "readers"))


@pytest.mark.parametrize(
    ("ticked", "often", "expected"),
    [
        ((), Frequency.EVERY_ISSUE, (("Science", "World"), Frequency.WEEKLY)),
        (("Sport",), Frequency.MONTHLY, (("Sport",), Frequency.MONTHLY)),
        (("World", "Science", "Sport"), Frequency.EVERY_ISSUE, ((), Frequency.WEEKLY)),
    ],
)
def test_what_is_promised_to_somebody_known_is_what_they_get(
    database: Engine, ticked: tuple[str, ...], often: Frequency, expected: tuple[tuple[str, ...], Frequency]
) -> None:
    with db.transaction(database) as connection:
        ada = enrol(
            connection, "zoe@example.org", status=Status.UNSUBSCRIBED, frequency=Frequency.WEEKLY,
            preferences=Preferences(("Science", "World")),
        )  # fmt: skip
        ask(connection, newsletter=TOPICS, preferences=Preferences(ticked), frequency=often)
        signup = signups.find(connection, connection.execute(select(tables.signups.c.id)).scalar_one())
        assert signup
        promised = admission.promised(signup, ada, TOPICS, (TOPICS,), NOW)
        assert admit(connection, TOPICS)
        zoe = found(connection, "zoe@example.org")
    assert promised == expected
    assert zoe.frequency == promised.frequency
    assert zoe.preferences.categories == (promised.topics or ("Science", "World", "Sport"))


def test_confirming_one_newsletter_does_not_bring_back_what_else_was_left(database: Engine) -> None:
    with db.transaction(database) as connection:
        ada = enrol(connection, "ada@example.org", status=Status.UNSUBSCRIBED, lists=("readers", "pilots"))
        ask(connection, "ada@example.org")
        assert admit(connection)
        ada = found(connection, "ada@example.org")
        assert [slug.slug for slug in NEWSLETTERS if admission.gets(ada, slug)] == ["weekly"]
        assert not admission.gets(ada, DAILY)
        assert not admission.gets(ada, PILOT)


def test_who_was_suppressed_meanwhile_is_not_admitted(database: Engine) -> None:
    with db.transaction(database) as connection:
        ask(connection)
        suppression.add(connection, "zoe@example.org", reason="bounced", source="test", secret=SECRET, now=NOW)
        assert not admit(connection)
        assert found(connection, "zoe@example.org").status is Status.PENDING
        assert [kind for kind, *_ in written(connection)] == [Kind.CONFIRM]


def test_two_presses_at_once_are_one(database: Engine) -> None:
    with db.transaction(database) as connection:
        ask(connection)
        zoe = found(connection, "zoe@example.org")

    def press() -> bool:
        with db.transaction(database) as connection:
            return admit(connection)

    assert at_once(database, zoe.id, [press, press]) == [True, True]
    with db.reading(database) as connection:
        assert [kind for kind, *_ in events(connection, zoe)] == ["requested", "confirmed"]
        assert [kind for kind, *_ in written(connection)] == [Kind.CONFIRM, Kind.WELCOME]


def test_letters_are_counted_by_mailbox_and_only_for_counting(database: Engine) -> None:
    same = {letters.counted_as(email, SECRET) for email in ("a.b+x@gmail.com", "ab@googlemail.com", "A.B@Gmail.com")}
    assert len(same) == 1
    assert letters.counted_as("a.b@example.org", SECRET) != letters.counted_as("ab@example.org", SECRET)
    assert letters.counted_as("ab+x@example.org", SECRET) == letters.counted_as("ab@example.org", SECRET)
    assert letters.counted_as("+x@example.org", SECRET) != letters.counted_as("+y@example.org", SECRET)
    with db.transaction(database) as connection:
        ask(connection, "a.b+x@gmail.com")
        assert written(connection)[0][1] == "a.b+x@gmail.com"


def test_a_letter_is_due_until_it_is_claimed_or_put_off(database: Engine) -> None:
    with db.transaction(database) as connection:
        assert not letters.is_any_due(connection, now=NOW)
        ask(connection)
        assert letters.is_any_due(connection, now=NOW)
        connection.execute(update(tables.letters).values(next_at=NOW + timedelta(minutes=1), status="deferred"))
        assert not letters.is_any_due(connection, now=NOW)
        assert letters.is_any_due(connection, now=NOW + timedelta(minutes=1))
        letters.claim(connection, now=NOW + timedelta(minutes=1))
        assert not letters.is_any_due(connection, now=NOW + timedelta(hours=1))


def test_a_letter_that_could_not_be_sent_for_a_day_is_not_sent_any_more(database: Engine) -> None:
    with db.transaction(database) as connection:
        for status in ("planned", "deferred", "sending"):
            ask(connection, f"{status}@example.org")
            newest = tables.letters.c.recipient == f"{status}@example.org"
            connection.execute(update(tables.letters).where(newest).values(status=status))
        late = NOW + letters.LIFETIME
        assert letters.is_any_due(connection, now=late - timedelta(seconds=1))
        assert not letters.is_any_due(connection, now=late)
        assert letters.give_up_late(connection, now=late - timedelta(seconds=1)) == 0
        assert letters.give_up_late(connection, now=late) == 3
        rows = connection.execute(
            select(tables.letters.c.status, tables.letters.c.recipient).order_by(tables.letters.c.id)
        )
        assert [tuple(row) for row in rows] == [("expired", ""), ("expired", ""), ("unknown", "")]


def test_no_letter_outlives_its_link() -> None:
    assert min(signups.LIFETIME, address_changes.LIFETIME) > letters.LIFETIME
