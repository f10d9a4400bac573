"""The record of consent: what it keeps, that nothing rewrites it, and that nothing else decides."""

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from digest import db, tables
from subscribers import consent, exporting, record, store
from subscribers.record import Event, Shown
from tests.subscribers.people import NEWSLETTERS, NOW, enrol, found

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("digest", "subscribers")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
DECIDERS = {"subscribers/consent.py", "subscribers/enrolment.py"}
ROLLED_BACK = "subscribers/rehearsal.py"  # a trial of an import
BUTTON = Shown(
    page="https://news.example.com/unsubscribe",
    network="203.0.113.0/24",
    language="fr",
    wording="Se désabonner de The Weekly",
)


def writes(path: Path, table: str) -> Iterator[tuple[str, str]]:
    """Yield (verb, the whole statement or function around it) for each write to a table in a module's SQLAlchemy."""
    text = path.read_text()
    tree = ast.parse(text if table in text else "")
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in ast.walk(function):
            if not isinstance(call, ast.Call):
                continue
            said = ast.unparse(call)
            for verb in ("insert", "update", "delete", "add"):
                of_a_function = said.startswith((f"{verb}(", f"db.{verb}(", f"store.{verb}(")) and any(
                    ast.unparse(argument).split(".")[-1] == table for argument in call.args
                )
                of_the_table = said.startswith((f"{table}.{verb}(", f"tables.{table}.{verb}("))
                if of_a_function or of_the_table:
                    yield verb, ast.unparse(function)


def everywhere(table: str) -> list[tuple[str, str, str]]:
    return [(str(path.relative_to(ROOT)), verb, around) for path in SOURCES for verb, around in writes(path, table)]


def test_nothing_rewrites_the_record_but_the_mark_of_what_webhooks_were_told() -> None:
    found = everywhere("consent_events")

    assert {path for path, verb, _ in found if verb in ("insert", "add")} >= {"subscribers/record.py"}
    assert [path for path, verb, _ in found if verb == "delete"] == []
    assert [path for path, verb, around in found if verb == "update" and ".values(is_told=" not in around] == []
    assert {(path, verb) for path, verb, _ in everywhere("wordings")} == {("subscribers/record.py", "insert")}


def test_only_those_who_decide_write_a_status() -> None:
    found = everywhere("subscribers")
    elsewhere = [(path, verb, around) for path, verb, around in found if path not in {*DECIDERS, ROLLED_BACK}]

    assert {path for path, _, _ in found} >= DECIDERS
    assert {verb for _, verb, _ in elsewhere} <= {"update"}
    assert [path for path, _, around in elsewhere if "status" in around.casefold()] == []
    assert "status" not in store.Changes.__dataclass_fields__


def test_only_those_who_decide_write_a_suppression() -> None:
    assert {path for path, _, _ in everywhere("suppressions")} == DECIDERS | {"subscribers/suppression.py"}


@pytest.mark.parametrize("table", ["consent_events", "subscribers", "suppressions", "wordings"])
def test_no_sql_is_written_by_hand(table: str) -> None:
    words = [f"{verb} {table}" for verb in ("update", "delete from", "insert into", "truncate")]

    assert [path.name for path in SOURCES if any(word in path.read_text().casefold() for word in words)] == []


def test_each_decision_keeps_the_words_it_was_made_with(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        until = NOW.replace(year=2027)
        consent.pause(connection, person, until, source="page", now=NOW, shown=BUTTON)
        consent.resume(connection, person, source="page", now=NOW, shown=BUTTON)
        consent.unsubscribe(connection, person, NEWSLETTERS, newsletter="weekly", source="page", now=NOW, shown=BUTTON)
        consent.give_reason(
            connection, person, record.Reason.OTHER, newsletter="weekly", source="page", now=NOW, shown=BUTTON
        )
        consent.return_(connection, person, newsletter="weekly", source="page", now=NOW, shown=BUTTON)

        _, *events = exporting.consent_record(connection, person)

        assert [event["kind"] for event in events] == ["paused", "resumed", "unsubscribed", "explained", "returned"]
        for event in events:
            assert (event["page"], event["network"]) == (BUTTON.page, BUTTON.network)
            assert (event["language"], event["words"]) == ("fr", BUTTON.wording)
            assert event["wording"] == record.version("fr", BUTTON.wording)
        assert connection.scalar(select(func.count()).select_from(tables.wordings)) == 1


def test_the_record_keeps_no_network_of_one_household(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        shown = replace(BUTTON, network="2001:db8:12::/48")
        consent.request(connection, person.id, "weekly", source="form", shown=shown, now=NOW)
        assert exporting.consent_record(connection, person)[-1]["network"] == "2001:db8::/32"


def test_other_words_or_another_language_are_another_version() -> None:
    versions = {record.version(*words) for words in (("fr", "Oui"), ("fr", "Oui."), ("en", "Oui"))}

    assert len(versions) == 3


def test_what_was_shown_nowhere_is_recorded_without_words(database: Engine) -> None:
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        record.add(connection, record.event(person.id, Event.MOVED, "command line", NOW))

        event = exporting.consent_record(connection, person)[-1]

    assert (event["page"], event["network"], event["wording"], event["words"]) == ("", "", None, None)


def test_a_record_outlives_a_change_of_words(database: Engine) -> None:
    later = Shown(page=BUTTON.page, language="fr", wording="Autrement dit")
    with db.transaction(database) as connection:
        person = enrol(connection, "ann@example.com")
        for shown in (BUTTON, later, BUTTON):
            record.add(connection, record.event(person.id, Event.CHANGED, "page", NOW), shown)

        words = [event["words"] for event in exporting.consent_record(connection, found(connection, person.email))]

    assert words == [None, BUTTON.wording, later.wording, BUTTON.wording]
    assert json.dumps(words)
