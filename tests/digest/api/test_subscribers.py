"""People as programs see and change them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from digest import db, tables
from subscribers import exporting, store, suppression
from tests import audience
from tests.digest.api.conftest import Program


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader of Science on the list `readers`."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org", "Science", name="Ada")


def stored(database: Engine, subscriber_id: int) -> Any:
    with db.reading(database) as connection:
        return store.by_id(connection, subscriber_id)


def kinds(database: Engine, subscriber_id: int) -> list[tuple[str, str]]:
    table = tables.consent_events.c
    query = select(table.kind, table.source).where(table.subscriber_id == subscriber_id).order_by(table.id)
    with db.reading(database) as connection:
        return [(kind, source) for kind, source in connection.execute(query)]


# reading


def test_subscriber_is_what_the_command_line_shows_with_an_id(program: Program, database: Engine, ada: int) -> None:
    answer = program("GET", f"/subscribers/{ada}")

    shown = exporting.presentation(stored(database, ada))
    assert answer.status_code == 200
    assert answer.json() == {**shown, "id": ada, "max_articles": None, "preferred_time": ""}
    assert program("HEAD", f"/subscribers/{ada}").headers["etag"] == answer.headers["etag"]


def test_answers_are_kept_by_nobody(program: Program, ada: int) -> None:
    for answer in (program("GET", f"/subscribers/{ada}"), program("GET", "/nowhere"), program("PUT", "/subscribers")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_unknown_person_is_a_404_problem(program: Program) -> None:
    for method, path in (
        ("GET", "/subscribers/7"),
        ("PATCH", "/subscribers/7"),
        ("DELETE", "/subscribers/7"),
        ("POST", "/subscribers/7/resume"),
        ("GET", "/subscribers/7/record"),
    ):
        answer = program(method, path, {} if method == "PATCH" else None)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 404


@pytest.mark.parametrize("path", ["/subscribers/%0Ax", "/nowhere", "/subscribers/1/nowhere", "/%0Ax", "/"])
def test_whatever_is_asked_below_the_api_is_answered_as_a_problem(program: Program, path: str) -> None:
    answer = program("GET", path)

    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_pages_hold_everybody_once(program: Program, database: Engine) -> None:
    with db.transaction(database) as connection:
        ids = [audience.subscriber(connection, f"p{number}@example.org") for number in range(5)]

    seen, after = [], 0
    while after is not None:
        page = program("GET", f"/subscribers?after={after}&limit=2").json()
        seen += [one["id"] for one in page["subscribers"]]
        after = page["next"]

    assert seen == ids


def test_filters_narrow_the_list(program: Program, database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        audience.subscriber(connection, "bo@example.org", lists=["pilots"])
        audience.subscriber(connection, "cy@example.org", status="unsubscribed")

    def found(query: str) -> list[str]:
        return [one["email"] for one in program("GET", f"/subscribers?{query}").json()["subscribers"]]

    assert found("list=pilots") == ["bo@example.org"]
    assert found("status=unsubscribed") == ["cy@example.org"]
    assert found("list=readers&status=confirmed") == ["ada@example.org"]
    assert found("email=ADA@Example.org") == ["ada@example.org"]
    assert found("email=ada@example.org&status=pending") == []
    assert found("email=ada@example.org&list=pilots") == []
    assert found("email=nobody@example.org") == []


@pytest.mark.parametrize(
    ("query", "field"), [("limit=0", "limit"), ("after=x", "after"), ("status=dead", "status"), ("emial=a", "emial")]
)
def test_filter_that_cannot_be_used_is_named(program: Program, query: str, field: str) -> None:
    answer = program("GET", f"/subscribers?{query}")

    assert answer.status_code == 422
    assert [(one["where"], one["field"]) for one in answer.json()["errors"]] == [("query", field)]


@pytest.mark.parametrize("text", ["%00", "%ff", "a%00@example.org", "'"])
def test_hostile_filters_find_nobody(program: Program, ada: int, text: str) -> None:
    assert program("GET", f"/subscribers?email={text}").json()["subscribers"] == []
    assert program("GET", f"/subscribers?list={text}").json()["subscribers"] == []


# changing


def test_change_touches_what_is_given_only(program: Program, database: Engine, ada: int) -> None:
    wanted = {"depth": {"sport": "full"}, "frequency": "weekly", "timezone": "europe/paris", "max_articles": 5}

    answer = program("PATCH", f"/subscribers/{ada}", wanted)

    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["depth"], changed["frequency"], changed["timezone"]) == (
        {"Sport": "full"},
        "weekly",
        "Europe/Paris",
    )
    assert (changed["name"], changed["categories"], changed["max_articles"]) == ("Ada", ["Science"], 5)
    assert program("GET", f"/subscribers/{ada}").json() == changed
    assert kinds(database, ada) == [("changed", "api: shop")]


def test_null_goes_back_to_what_nobody_chose(program: Program, ada: int) -> None:
    program("PATCH", f"/subscribers/{ada}", {"max_articles": 5, "frequency": "weekly", "preferred_time": "mon 07:00"})

    nothing = dict.fromkeys(["max_articles", "frequency", "preferred_time", "categories", "name"])
    after = program("PATCH", f"/subscribers/{ada}", nothing).json()

    assert (after["max_articles"], after["frequency"], after["preferred_time"]) == (None, "every_issue", "")
    assert (after["categories"], after["name"]) == ([], "")


def test_every_value_that_cannot_be_used_is_named_and_nothing_changes(
    program: Program, database: Engine, ada: int
) -> None:
    before = stored(database, ada)
    wrong = {"categories": ["Sciense"], "timezone": "Mars/Base", "language": "?", "muted": ["-"], "name": "Eve"}

    answer = program("PATCH", f"/subscribers/{ada}", wrong)

    problem = answer.json()
    assert answer.status_code == 422
    assert {one["field"] for one in problem["errors"]} == {"categories", "timezone", "language", "muted"}
    assert "did you mean “Science”?" in str(problem["errors"])
    assert stored(database, ada) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"max_articles": "5"}, "max_articles"),
        ({"max_articles": True}, "max_articles"),
        ({"max_articles": 0}, "max_articles"),
        ({"preferred_time": "24:00"}, "preferred_time"),
        ({"depth": {"Sport": "deep"}}, "depth.Sport"),
        ({"categories": "Sport"}, "categories"),
        ({"status": "confirmed"}, "status"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_value_of_another_kind_is_refused(program: Program, ada: int, body: object, field: str) -> None:
    answer = program("PATCH", f"/subscribers/{ada}", body)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_change_on_top_of_an_older_state_is_refused(program: Program, ada: int) -> None:
    tag = program("GET", f"/subscribers/{ada}").headers["etag"]
    first = program("PATCH", f"/subscribers/{ada}", {"name": "A."}, headers={"If-Match": tag})

    late = program("PATCH", f"/subscribers/{ada}", {"name": "B."}, headers={"If-Match": tag})
    erasing = program("DELETE", f"/subscribers/{ada}", headers={"If-Match": f'{tag}, "x"'})
    newest = program("PATCH", f"/subscribers/{ada}", {"name": "C."}, headers={"If-Match": first.headers["etag"]})

    assert (first.status_code, late.status_code, erasing.status_code, newest.status_code) == (200, 412, 412, 200)
    assert program("PATCH", f"/subscribers/{ada}", {}, headers={"If-Match": "*"}).json()["name"] == "C."


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"{", "application/json", 400), (b"\xff", "application/json", 400), (b"{}", "text/plain", 415), (b"{}", "", 415)],
)
def test_body_that_is_not_json_is_refused(program: Program, ada: int, content: bytes, kind: str, status: int) -> None:
    headers = {"Content-Type": kind} if kind else {}

    answer = program("PATCH", f"/subscribers/{ada}", headers=headers, content=content)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_body_that_is_too_large_is_refused(program: Program, ada: int) -> None:
    answer = program("PATCH", f"/subscribers/{ada}", {"name": "x" * 300_000})

    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_other_methods_are_refused_with_those_that_there_are(program: Program) -> None:
    answer = program("PUT", "/subscribers/1")

    assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"


# consent


def test_unsubscribing_from_one_newsletter_or_everything(program: Program, database: Engine, ada: int) -> None:
    one = program("POST", f"/subscribers/{ada}/unsubscribe", {"newsletter": "weekly"}).json()
    again = program("POST", f"/subscribers/{ada}/unsubscribe").json()

    assert (one["status"], one["left"]) == ("unsubscribed", ["weekly"])
    assert again == one
    assert kinds(database, ada) == [("unsubscribed", "api: shop")]
    unknown = program("POST", f"/subscribers/{ada}/unsubscribe", {"newsletter": "weakly"})
    assert unknown.status_code == 422
    assert "did you mean “weekly”?" in unknown.text


def test_pause_ends_at_its_instant_or_by_resuming(program: Program, ada: int) -> None:
    until = (datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0)

    paused = program("POST", f"/subscribers/{ada}/pause", {"until": until.isoformat()}).json()
    resumed = program("POST", f"/subscribers/{ada}/resume").json()

    assert (paused["status"], paused["paused_until"]) == ("paused", until.isoformat().replace("+00:00", "Z"))
    assert (resumed["status"], resumed["paused_until"]) == ("confirmed", None)


@pytest.mark.parametrize(
    "until", ["2020-01-01T00:00:00Z", "2999-01-01", "soon", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""]
)
def test_pause_needs_an_instant_to_come(program: Program, ada: int, until: str) -> None:
    answer = program("POST", f"/subscribers/{ada}/pause", {"until": until})

    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["until"])


def test_who_is_not_confirmed_cannot_be_paused(program: Program, database: Engine) -> None:
    with db.transaction(database) as connection:
        bo = audience.subscriber(connection, "bo@example.org", status="unsubscribed")

    answer = program("POST", f"/subscribers/{bo}/pause", {"until": "2099-01-01T00:00:00Z"})

    assert answer.status_code == 409
    assert stored(database, bo).status == "unsubscribed"


def test_suppressed_address_is_never_mailed_again(program: Program, database: Engine, ada: int) -> None:
    first = program("POST", f"/subscribers/{ada}/suppress", {"reason": "complained"}).json()
    second = program("POST", f"/subscribers/{ada}/suppress", {"reason": "bounced"}).json()

    assert (first["suppressed"], second["suppressed"]) == ("complained", "complained")
    with db.reading(database) as connection:
        digest = store.email_digest("ada@example.org", audience.SECRET)
        assert suppression.reasons(connection, [digest]) == {digest: "complained"}


def test_erased_person_is_gone(program: Program, database: Engine, ada: int) -> None:
    answer = program("DELETE", f"/subscribers/{ada}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert stored(database, ada) is None
    assert program("DELETE", f"/subscribers/{ada}").status_code == 404


def test_erased_address_is_in_no_file_any_more(program: Program, database: Engine, tmp_path: Path) -> None:
    with db.transaction(database) as connection:
        walter = audience.subscriber(connection, "walter.marker@example.org")
    program("DELETE", f"/subscribers/{walter}")

    files = list(tmp_path.glob("digest.db*"))
    assert bool(files) == (database.dialect.name == "sqlite")
    assert not any(b"walter.marker" in file.read_bytes() for file in files)


def test_record_has_every_event_with_the_exact_words(program: Program, database: Engine, ada: int) -> None:
    words = {"version": "v1", "language": "en", "text": "Yes, mail me", "at": audience.JOINED}
    event = {"subscriber_id": ada, "kind": "requested", "newsletter": "weekly", "source": "form", "detail": ""}
    with db.transaction(database) as connection:
        connection.execute(tables.wordings.insert(), words)
        connection.execute(tables.consent_events.insert(), {**event, "at": audience.JOINED, "wording": "v1"})
    program("POST", f"/subscribers/{ada}/unsubscribe")

    events = program("GET", f"/subscribers/{ada}/record").json()["events"]

    assert [one["event"] for one in events] == ["requested", "unsubscribed"]
    assert (events[0]["wording"], events[0]["at"]) == ("Yes, mail me", "2026-03-03T09:00:00Z")
    assert events[1]["source"] == "api: shop"
