"""A change of address: asked for on a page, confirmed from the new mailbox; what happens does not tell who is known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, Row, select, update

from digest import db, tables, web
from digest.config import Settings
from subscribers import suppression
from subscribers.tokens import Tokens
from tests import audience
from tests.interleaving import at_once
from tests.subscribers.visits import events, everything, link, person, words

TOKENS = Tokens(audience.SECRET)


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A browser that follows no redirect by itself."""
    with TestClient(web.app(database, settings), follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org", "World")


def letters(database: Engine) -> list[Row[Any]]:
    with db.reading(database) as connection:
        return list(connection.execute(select(tables.letters).order_by(tables.letters.c.id)).all())


def ask(client: TestClient, reader: int, email: str) -> Any:
    return client.post(f"{link(reader)}/address", data={"email": email})


def age(database: Engine, by: timedelta) -> None:
    """Make all letters and changes older."""
    at = datetime.now(UTC) - by
    with db.transaction(database) as connection:
        for table in (tables.letters, tables.address_changes):
            connection.execute(update(table).values(at=at))


def test_asking_writes_a_letter_to_the_new_address(client: TestClient, database: Engine, ada: int) -> None:
    answer = ask(client, ada, " Ada@New.example ")
    assert answer.status_code == 200
    assert "Look in your mailbox" in words(answer.text)
    [letter] = letters(database)
    assert (letter.kind, letter.recipient, letter.subscriber_id) == ("new_address", "Ada@New.example", ada)
    assert (letter.newsletter, letter.language, letter.about) == ("weekly", "en", 1)
    assert person(database, ada).email == "ada@example.org"


@pytest.mark.parametrize(
    "typed", ["", "nobody", "a@b", "ada@exa mple.org", "<b>@example.org", "a@x.example, b@x.example"]
)
def test_what_is_no_address_is_said_and_kept_in_the_field(
    client: TestClient, database: Engine, ada: int, typed: str
) -> None:
    before = everything(database)
    answer = ask(client, ada, typed)
    assert answer.status_code == 422
    said = words(answer.text)
    assert said.index("Check the address") < said.index("That is not an email address")
    assert "<b>@" not in answer.text
    assert everything(database) == before


def test_the_answer_is_the_same_whoever_has_the_address(client: TestClient, database: Engine, ada: int) -> None:
    now = datetime.now(UTC)
    with db.transaction(database) as connection:
        audience.subscriber(connection, "known@other.example")
        suppression.add(
            connection, "stopped@other.example", reason="bounced", source="test", secret=audience.SECRET, now=now
        )
    answers = {
        email: ask(client, ada, email)
        for email in ("known@other.example", "stopped@other.example", "new@other.example")
    }
    assert {answer.status_code for answer in answers.values()} == {200}
    assert len({answer.text.replace(email, "") for email, answer in answers.items()}) == 1
    assert [letter.recipient for letter in letters(database)] == ["new@other.example"]


def test_one_letter_a_day_and_three_a_month_go_to_an_address(client: TestClient, database: Engine, ada: int) -> None:
    for _ in range(2):
        assert ask(client, ada, "new@other.example").status_code == 200
    assert len(letters(database)) == 1
    age(database, timedelta(days=2))
    ask(client, ada, "new@other.example")
    age(database, timedelta(days=2))
    ask(client, ada, "NEW@other.example")
    assert len(letters(database)) == 3
    age(database, timedelta(days=2))
    ask(client, ada, "new@other.example")
    assert len(letters(database)) == 3
    age(database, timedelta(days=31))
    ask(client, ada, "new@other.example")
    assert len(letters(database)) == 4


def test_nobody_writes_to_many_strangers(client: TestClient, database: Engine, ada: int) -> None:
    answers = [ask(client, ada, f"stranger{n}@other.example").status_code for n in range(8)]
    assert answers == [200] * 5 + [429] * 3
    assert len(letters(database)) == 5


def test_a_change_that_is_done_does_not_count_the_others_as_not_asked(
    client: TestClient, database: Engine, ada: int
) -> None:
    for n in range(4):
        ask(client, ada, f"stranger{n}@other.example")
    ask(client, ada, "new@other.example")
    client.post(f"/address/{TOKENS.address(5)}")
    again = client.post(f"{link(ada, version=2)}/address", data={"email": "stranger5@other.example"})
    assert again.status_code == 429
    assert [letter.kind for letter in letters(database)] == ["new_address"] * 5 + ["old_address"]


def test_the_link_in_the_letter_shows_a_button_and_changes_nothing(
    client: TestClient, database: Engine, ada: int
) -> None:
    ask(client, ada, "new@other.example")
    before = everything(database)
    page = client.get(f"/address/{TOKENS.address(1)}")
    client.head(f"/address/{TOKENS.address(1)}")
    assert "Send my mail here" in words(page.text)
    assert "a•••@example.org" in page.text
    assert "n•••@other.example" in page.text
    assert "/preferences/" not in page.text
    assert everything(database) == before


def test_the_button_moves_the_mail_and_the_history_and_tells_the_old_address(
    client: TestClient, database: Engine, ada: int
) -> None:
    client.post(link(ada), data={"topic": "Sport"})
    ask(client, ada, "new@other.example")
    done = client.post(f"/address/{TOKENS.address(1)}")
    assert "Your address is changed" in words(done.text)
    moved = person(database, ada)
    assert moved.email == "new@other.example"
    assert moved.preferences.categories == ("Sport",)
    assert [kind for kind, _, _ in events(database)] == ["changed", "moved"]
    old = letters(database)[-1]
    assert (old.kind, old.recipient, old.about) == ("old_address", "ada@example.org", 1)
    assert link(ada, version=2) in done.text
    assert client.get(link(ada)).status_code == 404  # the link lies in the old mailbox
    assert client.get(link(ada, version=2)).status_code == 200


def test_the_button_again_says_so_and_hands_out_no_link(client: TestClient, database: Engine, ada: int) -> None:
    ask(client, ada, "new@other.example")
    client.post(f"/address/{TOKENS.address(1)}")
    before = everything(database)
    for again in (client.post(f"/address/{TOKENS.address(1)}"), client.get(f"/address/{TOKENS.address(1)}")):
        assert again.status_code == 200
        assert "Your address is changed" in words(again.text)
        assert "/preferences/" not in again.text
    assert everything(database) == before


def test_two_presses_at_once_are_one(client: TestClient, database: Engine, ada: int) -> None:
    ask(client, ada, "new@other.example")
    answers = at_once(database, ada, [lambda: client.post(f"/address/{TOKENS.address(1)}")] * 2)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert person(database, ada).link_version == 2
    assert [letter.kind for letter in letters(database)] == ["new_address", "old_address"]
    assert [kind for kind, _, _ in events(database)] == ["moved"]


def test_a_late_link_changes_nothing(client: TestClient, database: Engine, ada: int) -> None:
    ask(client, ada, "new@other.example")
    age(database, timedelta(hours=73))
    for answer in (client.get(f"/address/{TOKENS.address(1)}"), client.post(f"/address/{TOKENS.address(1)}")):
        assert answer.status_code == 410
        assert "This link has run out" in words(answer.text)
    assert person(database, ada).email == "ada@example.org"


def test_an_address_that_somebody_took_meanwhile_is_not_taken_from_them(
    client: TestClient, database: Engine, ada: int
) -> None:
    ask(client, ada, "new@other.example")
    with db.transaction(database) as connection:
        audience.subscriber(connection, "new@other.example")
    answer = client.post(f"/address/{TOKENS.address(1)}")
    assert answer.status_code == 409
    assert "Mail cannot go to that address" in words(answer.text)
    assert person(database, ada).email == "ada@example.org"
    assert [letter.kind for letter in letters(database)] == ["new_address"]


def test_a_change_ends_the_others_that_were_asked_for(client: TestClient, database: Engine, ada: int) -> None:
    ask(client, ada, "thief@other.example")
    ask(client, ada, "new@other.example")
    client.post(f"/address/{TOKENS.address(2)}")
    assert client.post(f"/address/{TOKENS.address(1)}").status_code == 404
    assert person(database, ada).email == "new@other.example"


@pytest.mark.parametrize("token", ["x", "1", TOKENS.confirm(1), TOKENS.address(99), TOKENS.address(1) + "A"])
def test_a_link_that_is_not_ours_is_gone(client: TestClient, database: Engine, ada: int, token: str) -> None:
    ask(client, ada, "new@other.example")
    assert client.get(f"/address/{token}").status_code == 404
    assert client.post(f"/address/{token}").status_code == 404
    assert person(database, ada).email == "ada@example.org"


def test_only_the_case_of_ones_own_address_can_be_changed(client: TestClient, database: Engine, ada: int) -> None:
    ask(client, ada, "Ada@Example.org")
    assert client.post(f"/address/{TOKENS.address(1)}").status_code == 200
    assert person(database, ada).email == "Ada@Example.org"
