"""Sign-up rests when hardly anybody confirms, and the limits of one process."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from digest import db, tables
from subscribers import consent, signup_circuit
from subscribers.record import Shown
from subscribers.signup_circuit import SignupCircuit, Standing
from subscribers.signup_limits import FROM_NETWORK, SignupLimits
from tests.subscribers.people import NOW, enrol

_people = iter(range(1, 1_000_000))


def write(connection: Connection, count: int, *, confirmed: int, **fields: Any) -> None:
    """Write letters that ask for a confirmation, some of which were confirmed, an hour ago unless said otherwise."""
    at = fields.pop("at", NOW - timedelta(hours=1))
    source, network = fields.pop("source", "form"), fields.pop("network", "")
    for number in range(count):
        person = enrol(connection, f"p{number}-{next(_people)}@example.org")
        shown = Shown(network=network or f"198.51.{number}.0/24")
        consent.request(connection, person.id, "weekly", source=source, shown=shown, now=at)
        signup = {
            "subscriber_id": person.id, "newsletter": "weekly", "name": "", "preferences": "{}",
            "frequency": "every_issue", "language": "", "at": at,
            "confirmed_at": at if number < confirmed else None,
        }  # fmt: skip
        about = connection.execute(tables.signups.insert().returning(tables.signups.c.id), signup).scalar_one()
        letter = {
            "kind": "confirm", "newsletter": "weekly", "subscriber_id": person.id, "about": about, "recipient": "",
            "email_digest": "x", "language": "", "status": "accepted", "attempts": 1, "at": at,
        }  # fmt: skip
        connection.execute(tables.letters.insert(), letter | fields)


def test_a_flood_that_nobody_confirms_is_abuse(database: Engine) -> None:
    with db.transaction(database) as connection:
        write(connection, 60, confirmed=5)
        found = signup_circuit.standing(connection, now=NOW)
    assert found == Standing(60, 5)
    assert found.is_abuse
    assert "of 60 letters" in signup_circuit.complaint(found)


def test_what_programs_add_or_one_network_asks_for_closes_nothing(database: Engine) -> None:
    with db.transaction(database) as connection:
        write(connection, 60, confirmed=0, source="api: shop")
        assert signup_circuit.standing(connection, now=NOW) == Standing(0, 0)
        write(connection, 60, confirmed=0, network="203.0.113.0/24")
        assert signup_circuit.standing(connection, now=NOW) == Standing(5, 0)
        write(connection, 60, confirmed=7, network="2001:db8:1::/48", source="json")
        assert signup_circuit.standing(connection, now=NOW) == Standing(10, 5)


def test_few_letters_confirmed_ones_new_ones_old_ones_and_others_are_no_abuse(database: Engine) -> None:
    with db.transaction(database) as connection:
        write(connection, 49, confirmed=0)
        write(connection, 70, confirmed=0, at=NOW - timedelta(minutes=14))
        write(connection, 71, confirmed=0, at=NOW - timedelta(hours=25))
        write(connection, 72, confirmed=0, kind="welcome")
        assert signup_circuit.standing(connection, now=NOW) == Standing(49, 0)
        assert not Standing(49, 0).is_abuse
        assert not Standing(60, 6).is_abuse


def test_letters_are_counted_once_a_minute_at_most_and_the_log_is_told_once(
    database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    circuit = SignupCircuit()
    with db.transaction(database) as connection:
        assert circuit.look(connection, now=NOW) == Standing(0, 0)
        write(connection, 60, confirmed=0)
        assert circuit.look(connection, now=NOW + timedelta(seconds=59)) == Standing(0, 0)
        assert caplog.messages == []
        assert circuit.look(connection, now=NOW + timedelta(seconds=60)).is_abuse
        assert circuit.look(connection, now=NOW + timedelta(seconds=180)).is_abuse
    assert caplog.messages == [signup_circuit.complaint(Standing(60, 0))]


def test_a_network_that_signs_up_too_many_waits_and_others_do_not() -> None:
    limits = SignupLimits(600)
    for number in range(FROM_NETWORK.amount):
        assert limits.wait_seconds(network="203.0.113.0/24", domain=f"d{number}.example") == 0
    assert 0 < limits.wait_seconds(network="203.0.113.0/24", domain="example.org") <= 600
    assert limits.wait_seconds(network="198.51.100.0/24", domain="example.org") == 0


def test_a_third_of_all_may_go_to_one_domain_and_no_more_than_all_in_all() -> None:
    limits = SignupLimits(6)
    waits = [limits.wait_seconds(network=f"n{n}", domain="example.org") for n in range(3)]
    assert waits[:2] == [0, 0]
    assert 3500 < waits[2] <= 3600
    others = [limits.wait_seconds(network=f"m{n}", domain=f"d{n}.example") for n in range(5)]
    assert others[:4] == [0, 0, 0, 0]  # the one that was refused did not count
    assert others[4] > 0


def test_one_form_can_be_used_five_times() -> None:
    limits = SignupLimits(600)
    assert [limits.may_use(1) for _ in range(6)] == [True] * 5 + [False]
    assert limits.may_use(2)
