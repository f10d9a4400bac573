"""What is held about one person: all of it is handed out, and all of it goes. Every table must be decided on."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, Engine, Integer, Table, func, select

from digest import db, tables
from digest.tables import SmallId, UtcDateTime
from subscribers import consent, exporting, record, store
from subscribers.model import Preferences, Subscriber
from subscribers.record import Event, Shown
from tests import audience
from tests.subscribers.people import NEWSLETTERS, NOW, SECRET, found

ANN = "ann.marker@example.com"
ABOUT_PEOPLE = {  # with a row for one person in each
    *("subscribers", "subscriptions", "unsubscriptions", "suppressions", "consent_events", "signups"),
    *("address_changes", "letters", "webhook_calls", "skips", "deliveries"),
}
ABOUT_NOBODY = {  # decided: none of these has a row about a reader
    *("articles", "corrections", "feeds", "pictures", "picture_sources", "issues", "candidates", "editions"),
    "choices",  # what an issue was planned for: shared by all who chose the same, and by itself nobody's
    "wordings",  # the words that pages show, the same for everybody
    "segments",  # filters that an editor saved
    "api_tokens",  # of programs
}
NAMES_PEOPLE = {"subscriber_id", "email", "email_key", "email_digest", "recipient", "network"}
FINDS = {
    "id",
    "email_key",
    "email_digest",
    "subscriber_id",
    "issue_id",
    "claim",
    "leased_until",
    "about",
}  # how rows are found
PLAIN = {  # values that must be what they are; every other text says whose it is
    "status": "confirmed",
    "kind": "requested",
    "newsletter": "weekly",
    "frequency": "weekly",
    "language": "fr",
    "timezone": "Europe/Paris",
    "preferred_time": "mon 07:00",
    "preferences": '{"categories":["marker topic"],"depth":{},"muted":["marker.example"]}',
    "wording": None,
    "reason": "marker bounced",
}
WANTS = Preferences.from_json(str(PLAIN["preferences"]))


def value(table: Table, name: str) -> Any:
    column = table.c[name]
    if name in PLAIN:
        return PLAIN[name]
    if isinstance(column.type, UtcDateTime):
        return NOW
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer | type(SmallId)):
        return 1
    return ANN if name in ("email", "recipient") else f"marker {table.name}.{name}"


def fill(connection: Connection, person_id: int, digest: str) -> dict[str, dict[str, Any]]:
    """Put a row about a person into every table that can hold one; return the rows."""
    issue = {column.name: value(tables.issues, column.name) for column in tables.issues.c}
    connection.execute(tables.issues.insert(), issue | {"newsletter": "weekly", "compiled": None})
    chosen = {"issue_id": 1, "number": 1, "content": '{"language":"marker choice"}', "edition": None}
    connection.execute(tables.choices.insert(), chosen)
    rows = {}
    for table in tables.metadata.sorted_tables:
        if table.name not in ABOUT_PEOPLE - {"subscribers"}:
            continue
        row = {column.name: value(table, column.name) for column in table.c if column.name != "id"}
        known = {"subscriber_id": person_id, "email_digest": digest, "issue_id": 1, "choices": 1}
        rows[table.name] = row | {name: what for name, what in known.items() if name in row}
        connection.execute(table.insert(), rows[table.name])
    return rows


@pytest.fixture
def ann(database: Engine) -> Subscriber:
    """A person with a row in every table that can be about them."""
    with db.transaction(database) as connection:
        digest = store.email_digest(store.email_key(ANN), SECRET)
        known = {name: value(tables.subscribers, name) for name in ("name", "language", "timezone", "preferred_time")}
        person_id = audience.subscriber(connection, ANN, lists=[], preferences=WANTS, frequency="weekly", **known)
        fill(connection, person_id, digest)
        return found(connection, ANN)


def test_every_table_has_been_decided_on() -> None:
    names = {table.name for table in tables.metadata.sorted_tables}
    naming = {table.name for table in tables.metadata.sorted_tables if NAMES_PEOPLE & set(table.c.keys())}

    assert names == ABOUT_PEOPLE | ABOUT_NOBODY
    assert naming == ABOUT_PEOPLE
    assert not ABOUT_PEOPLE & ABOUT_NOBODY


def test_a_dossier_holds_every_value_of_every_table(database: Engine, ann: Subscriber) -> None:
    with db.reading(database) as connection:
        held = exporting.dossier(connection, ann)

    for table in tables.metadata.sorted_tables:
        if table.name not in ABOUT_PEOPLE - {"subscribers"}:
            continue
        assert len(held[table.name]) == 1, table.name
        shown = json.dumps(held[table.name], ensure_ascii=False)
        for name in set(table.c.keys()) - FINDS - {"choices", "is_told"}:
            wanted = value(table, name)
            said = wanted.isoformat().replace("+00:00", "Z") if isinstance(wanted, datetime) else wanted
            assert f"{json.dumps(name)}: {json.dumps(said)}" in shown, f"{table.name}.{name}"
    assert held["deliveries"][0]["choices"] == {"language": "marker choice"}
    assert held["deliveries"][0]["issue"] == "weekly/1"
    of_the_person = json.dumps(held, ensure_ascii=False)
    for name in set(tables.subscribers.c.keys()) - FINDS - {"link_version", "status", "preferences"}:
        assert f'"{name}": ' in of_the_person
    assert "marker topic" in of_the_person
    assert "marker.example" in of_the_person


def test_a_dossier_has_the_words_that_were_shown(database: Engine, ann: Subscriber) -> None:
    shown = Shown(page="https://news.example.com/subscribe", language="fr", wording="Oui, je veux.")
    with db.transaction(database) as connection:
        record.add(connection, record.event(ann.id, Event.REQUESTED, "form", NOW), shown)

        events = exporting.dossier(connection, ann)["consent_events"]

    assert isinstance(events, list)
    assert events[-1]["words"] == "Oui, je veux."
    assert events[-1]["wording"] == record.version("fr", "Oui, je veux.")


def test_a_dossier_has_nothing_of_others(database: Engine, ann: Subscriber) -> None:
    with db.transaction(database) as connection:
        audience.subscriber(connection, "ben@example.com")

        other = exporting.dossier(connection, found(connection, "ben@example.com"))

    assert "marker" not in json.dumps(other)


def test_letters_to_a_former_owner_of_the_address_are_not_the_next_ones(database: Engine, ann: Subscriber) -> None:
    with db.transaction(database) as connection:
        assert consent.move(connection, ann, "ann@new.example", source="page", secret=SECRET, now=NOW)
        audience.subscriber(connection, ANN)

        next_owner = exporting.dossier(connection, found(connection, ANN))
        moved = exporting.dossier(connection, found(connection, "ann@new.example"))

    assert (next_owner["letters"], len(moved["letters"])) == ([], 1)  # type: ignore[arg-type]


def contents(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in tables.metadata.sorted_tables
    }


def test_erasure_leaves_a_keyed_hash_and_nothing_else(database: Engine, ann: Subscriber) -> None:
    digest = store.email_digest(store.email_key(ANN), SECRET)
    with db.transaction(database) as connection:
        consent.erase(connection, ann, source="page", now=NOW)
        left = contents(connection)

    kept = {"suppressions", "letters"}
    assert {name for name in ABOUT_PEOPLE if left[name]} == kept
    assert [row["email_digest"] for name in sorted(kept) for row in left[name]] == [digest, digest]
    assert (left["letters"][0]["subscriber_id"], left["letters"][0]["recipient"]) == (None, "")
    assert "ann.marker" not in repr(left)


def test_erasure_takes_nothing_of_others(database: Engine, ann: Subscriber) -> None:
    with db.transaction(database) as connection:
        other = audience.subscriber(connection, "ben@example.com")
        consent.erase(connection, ann, source="page", now=NOW)

        assert found(connection, "ben@example.com").id == other
        assert connection.scalar(select(func.count()).select_from(tables.subscriptions)) == 1


def test_after_erasure_the_file_does_not_hold_the_address(empty_sqlite: Path, tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.write_bytes(empty_sqlite.read_bytes())
    engine = db.connect(f"sqlite:///{path}")
    with db.transaction(engine) as connection:
        for number in range(200):  # so that pages split and are freed
            audience.subscriber(connection, f"reader{number}@example.com")
        audience.subscriber(connection, ANN, name="Ann Marker")
        person = found(connection, ANN)
        consent.unsubscribe(connection, person, NEWSLETTERS, newsletter=None, source="page", now=NOW)
    assert b"ann.marker" in bytes_of(path)

    with db.transaction(engine) as connection:
        consent.erase(connection, person, source="page", now=NOW)
    db.drop_former_pages(engine)

    assert b"ann.marker" not in bytes_of(path).lower()
    assert b"Ann Marker" not in bytes_of(path)
    engine.dispose()


def bytes_of(path: Path) -> bytes:
    """The database's file, and the log beside it that holds what was written last."""
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))
