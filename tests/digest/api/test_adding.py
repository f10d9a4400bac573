"""Adding people through a program: by letter, or with evidence; and never those who left."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import Engine, select, update

from digest import db, tables
from digest.access_tokens import Scope
from subscribers import consent, signups, store, suppression
from subscribers.letters import Kind
from tests import audience
from tests.digest.api.conftest import Program
from tests.interleaving import at_once
from tests.subscribers import sign_up

ADA = {"email": "ada@example.org", "newsletter": "weekly"}
PROOF = {"confirmed": True, "evidence": "Ticked “Yes, mail me” in the shop on 3 March 2026"}


def rows(database: Engine, table: Any) -> list[Any]:
    with db.reading(database) as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def test_new_person_is_pending_and_gets_a_letter(program: Program, database: Engine) -> None:
    wanted = {**ADA, "name": "Ada", "categories": ["science"], "frequency": "weekly", "timezone": "Europe/Paris"}

    answer = program("POST", "/subscribers", wanted)

    person = answer.json()
    assert (answer.status_code, person["status"], person["lists"]) == (201, "pending", [])
    assert answer.headers["location"].endswith(f"/api/v1/subscribers/{person['id']}")
    assert person["timezone"] == "Europe/Paris"
    (letter,) = rows(database, tables.letters)
    assert (letter.kind, letter.recipient, letter.status) == (Kind.CONFIRM, "ada@example.org", "planned")
    with db.reading(database) as connection:
        signup = signups.find(connection, letter.about)
    assert signup is not None
    assert (signup.subscriber_id, signup.newsletter, signup.name) == (person["id"], "weekly", "Ada")
    assert (signup.preferences.categories, signup.frequency) == (("Science",), "weekly")
    events = rows(database, tables.consent_events)
    assert [(event.kind, event.newsletter, event.source) for event in events] == [("requested", "weekly", "api: shop")]


def test_same_address_again_is_the_same_person_and_no_second_letter(program: Program, database: Engine) -> None:
    first = program("POST", "/subscribers", ADA)
    second = program("POST", "/subscribers", {**ADA, "email": "ADA@example.org", "name": "Eve"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert len(rows(database, tables.letters)) == 1


def test_who_waits_is_asked_again_after_a_day_and_three_times_a_month(program: Program, database: Engine) -> None:
    program("POST", "/subscribers", ADA)
    for days in (2, 3, 4):
        with db.transaction(database) as connection:
            earlier = datetime.now(UTC) - timedelta(days=days)
            connection.execute(update(tables.letters).values(at=earlier))
        program("POST", "/subscribers", ADA)

    assert len(rows(database, tables.letters)) == 3


def test_program_and_form_at_once_do_not_wait_for_each_other(program: Program, database: Engine) -> None:
    ada = program("POST", "/subscribers", ADA).json()["id"]
    with db.transaction(database) as connection:
        connection.execute(update(tables.letters).values(at=datetime.now(UTC) - timedelta(days=2)))

    def form() -> Response:
        return sign_up.sign_up(program.client, ADA["email"])

    answers = at_once(database, ada, [lambda: program("POST", "/subscribers", ADA), form])

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(rows(database, tables.letters)) == 2


def test_evidence_confirms_at_once_and_is_kept(program: Program, database: Engine) -> None:
    answer = program("POST", "/subscribers", {**ADA, **PROOF, "categories": ["Sport"], "max_articles": 4})

    person = answer.json()
    assert (answer.status_code, person["status"], person["lists"]) == (201, "confirmed", ["readers"])
    assert (person["categories"], person["max_articles"]) == (["Sport"], 4)
    assert rows(database, tables.letters) == []
    (event,) = rows(database, tables.consent_events)
    assert (event.kind, event.newsletter, event.detail) == ("confirmed", "weekly", PROOF["evidence"])
    assert not event.is_told


def test_evidence_is_kept_to_the_last_word(program: Program, database: Engine) -> None:
    long = "Agreed\x00 to\nthis: " + "words " * 150 + "end"

    program("POST", "/subscribers", {**ADA, "confirmed": True, "evidence": long})

    (event,) = rows(database, tables.consent_events)
    assert event.detail.startswith("Agreed to this: words")
    assert event.detail.endswith("words end")


def test_vouching_needs_its_scope_and_evidence(with_scopes: Callable[..., Program], database: Engine) -> None:
    writer, voucher = with_scopes(Scope.WRITE), with_scopes(Scope.WRITE, Scope.CONFIRM, name="crm")

    refused = writer("POST", "/subscribers", {**ADA, **PROOF})
    unproven = voucher("POST", "/subscribers", {**ADA, "confirmed": True, "evidence": " "})

    assert (refused.status_code, unproven.status_code) == (403, 422)
    assert "subscribers:confirm" in refused.json()["detail"]
    assert refused.headers["www-authenticate"].endswith('scope="subscribers:confirm"')
    assert [one["field"] for one in unproven.json()["errors"]] == ["evidence"]
    assert rows(database, tables.subscribers) == []


def test_who_waits_is_confirmed_by_evidence(program: Program, database: Engine) -> None:
    program("POST", "/subscribers", ADA)

    answer = program("POST", "/subscribers", {**ADA, **PROOF, "categories": ["Sport"]})

    assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")
    assert answer.json()["categories"] == ["Sport"]


def test_who_gets_it_already_stays_as_they_are(program: Program, database: Engine) -> None:
    with db.transaction(database) as connection:
        audience.subscriber(connection, "ada@example.org", "Science", name="Ada")

    answer = program("POST", "/subscribers", {**ADA, **PROOF, "name": "Eve", "categories": ["Sport"]})

    assert (answer.status_code, answer.json()["name"], answer.json()["categories"]) == (200, "Ada", ["Science"])
    assert rows(database, tables.letters) == rows(database, tables.consent_events) == []


def test_who_gets_another_newsletter_is_asked_and_keeps_their_choices(program: Program, database: Engine) -> None:
    with db.transaction(database) as connection:
        audience.subscriber(connection, "ada@example.org", "Science", name="Ada", lists=["pilots"])

    answer = program("POST", "/subscribers", {**ADA, "name": "Eve", "timezone": "Europe/Paris"})

    person = answer.json()
    assert (answer.status_code, person["name"], person["timezone"], person["lists"]) == (200, "Ada", "", ["pilots"])
    assert [letter.kind for letter in rows(database, tables.letters)] == [Kind.CONFIRM]


@pytest.mark.parametrize("more", [{}, PROOF], ids=["letter", "evidence"])
@pytest.mark.parametrize("how", ["unsubscribed", "one newsletter", "bounced", "complained", "erased"])
def test_who_left_is_never_brought_back(program: Program, database: Engine, how: str, more: dict[str, object]) -> None:
    with db.transaction(database) as connection:
        status = "unsubscribed" if how in ("unsubscribed", "erased") else "confirmed"
        ada = audience.subscriber(connection, "ada@example.org", status=status)
        person = store.by_id(connection, ada)
        assert person is not None
        if how == "one newsletter":
            left = {"newsletter": "weekly", "subscriber_id": ada, "at": audience.JOINED}
            connection.execute(tables.unsubscriptions.insert(), left)
        elif how == "erased":
            consent.erase(connection, person, source="test", now=audience.JOINED)
        elif how != "unsubscribed":
            kept = {"source": "test", "secret": audience.SECRET, "now": audience.JOINED}
            suppression.add(connection, person.email, reason=how, **kept)  # type: ignore[arg-type]  # of three kinds
    before = [rows(database, table) for table in (tables.subscribers, tables.consent_events, tables.letters)]

    answer = program("POST", "/subscribers", {**ADA, **more})

    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert [rows(database, table) for table in (tables.subscribers, tables.consent_events, tables.letters)] == before


def test_every_wrong_value_is_named(program: Program, database: Engine) -> None:
    answer = program("POST", "/subscribers", {"email": "ada@", "newsletter": "weakly", "categories": ["x"]})

    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["errors"]} == {"email", "newsletter", "categories"}
    assert "did you mean “weekly”?" in answer.text
    assert rows(database, tables.subscribers) == []
