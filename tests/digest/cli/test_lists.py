from sqlalchemy import Engine, select

from digest import db, tables
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest


def events(engine: Engine) -> list[tuple[str, str, str]]:
    table = tables.consent_events.c
    with db.reading(engine) as connection:
        rows = connection.execute(select(table.kind, table.source, table.detail).order_by(table.id))
        return [(row.kind, row.source, row.detail) for row in rows]


def test_lists_are_counted_with_the_newsletters_that_they_give(digest: Digest, engine: Engine) -> None:
    text = digest.settings_file.read_text()
    digest.settings_file.write_text(
        text.replace('lists = ["readers"]', 'lists = ["readers", "new"]\ntest_list = "desk"')
    )
    with db.transaction(engine) as connection:
        subscriber(connection, "ada@example.org", lists=["readers", "desk"])
        subscriber(connection, "bo@example.org", status="pending")
        subscriber(connection, "cy@example.org", lists=["Others"])

    assert digest("lists").rows == [
        {"name": "Others", "people": 1, "confirmed": 1, "newsletters": [], "test_list_of": []},
        {"name": "desk", "people": 1, "confirmed": 1, "newsletters": [], "test_list_of": ["weekly"]},
        {"name": "new", "people": 0, "confirmed": 0, "newsletters": ["weekly"], "test_list_of": []},
        {"name": "readers", "people": 2, "confirmed": 1, "newsletters": ["weekly"], "test_list_of": []},
    ]


def test_somebody_joins_lists_and_leaves_others(digest: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        subscriber(connection, "ada@example.org", lists=["readers", "old"])
    put = ("subscribers", "set", "ada@example.org")

    assert digest(*put, "--join", "desk", "--join", "news", "--leave", "old", "--json").json["lists"] == [
        "desk",
        "news",
        "readers",
    ]
    assert events(engine) == []  # the same newsletters come of it
    assert digest(*put, "--leave", "readers", "--json").json["lists"] == ["desk", "news"]
    assert events(engine) == [("changed", "command line", '{"lists":["desk","news"]}')]
    assert digest(*put, "--join", "readers", "--json").json["lists"] == ["desk", "news", "readers"]
    assert len(events(engine)) == 2


def test_joining_brings_nobody_back(digest: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        subscriber(connection, "ada@example.org")
    digest("subscribers", "unsubscribe", "ada@example.org")
    before = len(events(engine))

    shown = digest("subscribers", "set", "ada@example.org", "--leave", "readers", "--json").json
    again = digest("subscribers", "set", "ada@example.org", "--join", "readers", "--json").json

    assert (shown["status"], again["status"], again["left"]) == ("unsubscribed", "unsubscribed", ["weekly"])
    assert len(events(engine)) == before


def test_of_who_left_everything_a_change_of_lists_is_no_change_of_consent(digest: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        subscriber(connection, "ada@example.org", status="unsubscribed", lists=["old"])

    assert digest("subscribers", "set", "ada@example.org", "--join", "readers", "--json").json["left"] == []
    assert events(engine) == []


def test_a_list_that_one_is_not_on_cannot_be_left(digest: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        subscriber(connection, "ada@example.org")

    ran = digest("subscribers", "set", "ada@example.org", "--leave", "reader")

    assert (ran.code, "not on the list “reader”, but on: readers" in ran.err) == (2, True)


def test_a_test_list_of_readers_is_refused(digest: Digest) -> None:
    text = digest.settings_file.read_text()
    digest.settings_file.write_text(text.replace('lists = ["readers"]', 'lists = ["readers"]\ntest_list = "readers"'))

    ran = digest("lists")

    assert (ran.code, "newsletters[0].test_list: “readers” is one of the newsletter’s lists" in ran.err) == (2, True)
