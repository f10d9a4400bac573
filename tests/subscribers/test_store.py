from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from digest import db, tables
from digest.model import Depth
from subscribers import consent, store
from subscribers.model import Frequency, Preferences, Status, Subscriber
from tests.subscribers.people import NEWSLETTERS, NOW, SECRET, enrol, found

locals_ = st.text("abcXYZ019.!#$%&'*+/=?^_`{|}~-ßİı", min_size=1, max_size=20)
domains = st.sampled_from(
    [
        "Example.com",
        "BÜCHER.example",
        "bücher.example",
        "xn--bcher-kva.example",
        "faß.example",
        "reader.test",
        "日本.example",
    ]
)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("Ann@Example.com", "ann@example.COM"),
        (" ann@example.com ", "ann@example.com"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@bu\u0308cher.example", "ann@bücher.example"),
        ("ANN@STRASSE.example", "ann@strasse.example"),
    ],
)
def test_one_address_written_in_two_ways_has_one_key(written: str, same: str) -> None:
    assert store.email_key(written) == store.email_key(same)


@pytest.mark.parametrize("other", ["anne@example.com", "ann@example.org", "a.nn@example.com", "ann+x@example.com"])
def test_different_addresses_have_different_keys(other: str) -> None:
    assert store.email_key("ann@example.com") != store.email_key(other)


@given(locals_, domains)
def test_the_key_of_a_key_is_itself(local: str, domain: str) -> None:
    key = store.email_key(f"{local}@{domain}")

    assert store.email_key(key) == key
    assert key.rpartition("@")[2].isascii()


@given(locals_, domains)
def test_capitals_do_not_change_the_key(local: str, domain: str) -> None:
    assert store.email_key(f"{local.casefold()}@{domain.lower()}") == store.email_key(f"{local}@{domain}")


@given(st.text())
def test_any_text_has_a_key_and_a_digest(text: str) -> None:
    assert len(store.email_digest(store.email_key(text), SECRET)) == 32


def test_the_digest_depends_on_address_and_secret() -> None:
    digests = {store.email_digest(key, secret) for key, secret in product(("a@x.test", "b@x.test"), (b"1", b"2"))}

    assert len(digests) == 4


def test_a_person_is_found_however_the_address_is_written(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "Ann@Bücher.example", name="Ann", lists=("b", "a"))

        assert store.by_email(connection, "ann@xn--bcher-kva.example") == person
        assert store.by_id(connection, person.id) == person

    assert (person.email, person.lists, person.left, person.suppressed) == ("Ann@Bücher.example", ("a", "b"), (), None)


def test_nobody_is_found_for_what_is_no_address(database: Engine) -> None:
    with db.reading(database) as connection:
        assert [store.by_email(connection, text) for text in ("", "@", "\udcff@x.test", "ann@example.com")] == [
            None
        ] * 4
        assert store.by_id(connection, 1) is None


def test_everyone_comes_once_in_order_across_pages(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE", 2)
    with db.transaction(database) as connection:
        people = [enrol(connection, f"{name}@example.com") for name in "abcde"]

        assert list(store.every(connection)) == people


def test_people_on_several_lists_come_once_whatever_their_status(database: Engine) -> None:
    with db.transaction(database) as connection:
        both = enrol(connection, "both@example.com", lists=("readers", "pilots"))
        enrol(connection, "neither@example.com", lists=("others",))
        left = enrol(connection, "left@example.com", lists=("pilots",), left=("pilot",))
        gone = enrol(connection, "gone@example.com", status=Status.UNSUBSCRIBED, suppressed="bounced")

        first = store.those(connection, store.is_on(["readers", "pilots"]), after_id=0, limit=2)
        rest = store.those(connection, store.is_on(["readers", "pilots"]), after_id=first[-1].id, limit=2)

        assert (first, rest) == ([both, left], [gone])
        assert (left.left, gone.suppressed) == (("pilot",), "bounced")
        assert store.those(connection, store.is_on([]), after_id=0, limit=2) == []


def may_be_mailed(person: Subscriber, newsletter: str, now: datetime) -> bool:
    """The rule in other words, to compare with."""
    if person.suppressed or newsletter in person.left:
        return False
    if person.status is Status.PAUSED:
        return person.paused_until is not None and person.paused_until <= now
    return person.status is Status.CONFIRMED


def test_mailable_people_are_confirmed_not_suppressed_and_have_not_left(database: Engine) -> None:
    instants = (None, NOW - timedelta(seconds=1), NOW, NOW + timedelta(seconds=1))
    cases = product(Status, instants, ((), ("weekly",), ("daily",)), (None, "bounced"))
    with db.transaction(database) as connection:
        people = [
            enrol(connection, f"p{n}@example.com", status=status, paused_until=until, left=left, suppressed=suppressed)
            for n, (status, until, left, suppressed) in enumerate(cases)
        ]
        table = tables.subscribers
        query = select(table.c.id).where(store.mailable("weekly", NOW)).order_by(table.c.id)

        assert list(connection.scalars(query)) == [p.id for p in people if may_be_mailed(p, "weekly", NOW)]


def test_mailable_works_inside_an_update_of_another_table(database: Engine) -> None:
    with db.transaction(database) as connection:
        stays = enrol(connection, "stays@example.com")
        enrol(connection, "left@example.com", left=("weekly",))
        table = tables.subscribers
        reachable = select(table.c.id).where(
            table.c.id == tables.consent_events.c.subscriber_id, store.mailable("weekly", NOW)
        )

        connection.execute(update(tables.consent_events).where(reachable.exists()).values(detail="seen"))

        seen = select(tables.consent_events.c.subscriber_id).where(tables.consent_events.c.detail == "seen")
        assert list(connection.scalars(seen)) == [stays.id]


def test_a_change_is_written_and_the_same_again_is_none(database: Engine) -> None:
    wants = Preferences(("World", "Art"), (("Art", Depth.FULL),), ("noise.example",))
    changes = store.Changes(
        name="Ann", preferences=wants, frequency=Frequency.WEEKLY, timezone="Europe/Paris", language="fr"
    )
    with db.transaction(database) as connection:
        before = enrol(connection, "ann@example.com")

        assert store.change(connection, before.id, changes, now=NOW)
        assert not store.change(connection, before.id, changes, now=NOW)
        assert not store.change(connection, before.id, store.Changes(), now=NOW)
        assert found(connection, "ann@example.com") == replace(
            before,
            name="Ann",
            preferences=wants,
            frequency=Frequency.WEEKLY,
            timezone="Europe/Paris",
            language="fr",
        )


def test_choosing_nothing_is_a_change(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com", preferences=Preferences(("World",)), timezone="Europe/Paris")

        assert store.change(connection, person.id, store.Changes(preferences=Preferences(), timezone=""), now=NOW)

        after = found(connection, "ann@example.com")
        assert (after.preferences, after.timezone) == (Preferences(), "")


def test_changes_of_many_people_reach_each_of_them(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann, ben, cleo = (enrol(connection, f"{name}@example.com", name="?") for name in ("ann", "ben", "cleo"))

        changes = {ann.id: store.Changes(name="Ann"), ben.id: store.Changes(name="Ben", language="fr")}
        store.change_all(connection, changes, now=NOW)
        store.join(connection, {ann.id: ["pilots"], cleo.id: ["readers", "pilots"]}, now=NOW)

        people = [(person.name, person.language, person.lists) for person in store.every(connection)]
        both = ("pilots", "readers")
        assert people == [("Ann", "", both), ("Ben", "fr", ("readers",)), ("?", "", both)]


def test_the_id_of_an_erased_person_is_not_given_to_another(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        consent.unsubscribe(connection, person, NEWSLETTERS, newsletter=None, source="test", now=NOW)
        consent.erase(connection, person, source="test", now=NOW)

        assert enrol(connection, "ben@example.com").id > person.id
