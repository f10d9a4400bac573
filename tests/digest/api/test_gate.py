"""Who is let in, how often, and what is said to the others."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from digest import access_tokens, db, web
from digest.access_tokens import Scope
from digest.config import Api, Settings
from tests.conftest import NOW
from tests.digest.api.conftest import Program

NEEDED = {
    ("GET", "/subscribers"): Scope.READ,
    ("GET", "/subscribers/1"): Scope.READ,
    ("GET", "/subscribers/1/record"): Scope.READ,
    ("POST", "/subscribers"): Scope.WRITE,
    ("PATCH", "/subscribers/1"): Scope.WRITE,
    ("POST", "/subscribers/1/unsubscribe"): Scope.WRITE,
    ("POST", "/subscribers/1/pause"): Scope.WRITE,
    ("POST", "/subscribers/1/resume"): Scope.WRITE,
    ("POST", "/subscribers/1/suppress"): Scope.WRITE,
    ("DELETE", "/subscribers/1"): Scope.ERASE,
    ("GET", "/issues"): Scope.ISSUES,
    ("GET", "/issues/weekly/1"): Scope.ISSUES,
    ("GET", "/issues/weekly/1/report"): Scope.ISSUES,
}


def test_stranger_is_told_how_to_show_a_token(client: TestClient) -> None:
    answer = client.get("/api/v1/subscribers")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="Digest"')
    assert answer.headers["content-type"] == "application/problem+json"
    assert "digest tokens new" in answer.json()["detail"]


@pytest.mark.parametrize("shown", ["Bearer x", "Bearer digest_" + "A" * 43, "Basic YTpi", "", "Bearer", "Bearer a b"])
def test_token_that_is_none_opens_nothing(program: Program, shown: str) -> None:
    answer = program.client.get("/api/v1/subscribers", headers={"Authorization": shown})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (
        401,
        'Bearer realm="Digest", error="invalid_token"',
    )


def test_name_of_the_scheme_may_be_in_any_case(program: Program) -> None:
    headers = {"Authorization": f"bEARER  {program.token}"}

    assert program.client.get("/api/v1/newsletters", headers=headers).status_code == 200


def test_revoked_and_expired_tokens_open_nothing(program: Program, database: Engine) -> None:
    now = datetime.now(UTC)
    with db.transaction(database) as connection:
        late = access_tokens.create(connection, "late", Scope, expires_at=now - timedelta(seconds=1), now=NOW)
        access_tokens.revoke(connection, "shop", now=now)

    assert program("GET", "/subscribers").status_code == 401
    assert Program(program.client, late or "")("GET", "/subscribers").status_code == 401


@pytest.mark.parametrize(("method", "path"), NEEDED)
def test_each_operation_needs_its_scope_and_names_it(
    with_scopes: Callable[..., Program], method: str, path: str
) -> None:
    needed = NEEDED[method, path]
    others = with_scopes(*(scope for scope in Scope if scope is not needed))

    answer = others(method, path)

    assert answer.status_code == 403
    assert needed in answer.json()["detail"]
    assert answer.headers["www-authenticate"] == f'Bearer realm="Digest", error="insufficient_scope", scope="{needed}"'


def test_no_operation_is_forgotten(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    described = {
        (method.upper(), path.replace("{id}", "1").replace("{newsletter}/{number}", "weekly/1"))
        for path, methods in paths.items()
        for method in methods
    }

    assert described == {*NEEDED, ("GET", "/newsletters")}


def test_stranger_is_refused_before_the_body_is_read(client: TestClient) -> None:
    assert client.post("/api/v1/subscribers", content=b"{", headers={"Content-Type": "text/html"}).status_code == 401


def test_too_many_requests_wait_and_other_tokens_do_not(database: Engine, settings: Settings) -> None:
    strict = settings.model_copy(update={"api": Api(requests_per_minute=3)})
    client = TestClient(web.app(database, strict))
    with db.transaction(database) as connection:
        tokens = [access_tokens.create(connection, name, [], expires_at=None, now=NOW) for name in ("a", "b")]
    greedy, modest = (Program(client, token or "") for token in tokens)

    statuses = [greedy("GET", "/newsletters").status_code for _ in range(4)]
    refused = greedy("GET", "/newsletters")

    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"] == "application/problem+json"
    assert modest("GET", "/newsletters").status_code == 200


def test_failures_are_counted_by_network_and_keep_nobody_out_who_has_a_token(
    database: Engine, settings: Settings
) -> None:
    strict = settings.model_copy(update={"api": Api(failures_per_minute=2)})
    app = web.app(database, strict)
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "shop", [], expires_at=None, now=NOW)

    def guess(address: str, shown: str = "digest_guess") -> int:
        client = TestClient(app, client=(address, 50000))
        return client.get("/api/v1/newsletters", headers={"Authorization": f"Bearer {shown}"}).status_code

    assert [guess("203.0.113.7"), guess("203.0.113.8"), guess("203.0.113.9")] == [401, 401, 429]
    assert guess("198.51.100.1") == 401
    assert guess("203.0.113.7", token or "") == 200


def test_use_is_written_down_once_an_hour(program: Program, database: Engine) -> None:
    writes: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *heard: writes.append(heard[2]))

    for _ in range(3):
        program("GET", "/newsletters")

    assert sum("UPDATE api_tokens" in statement for statement in writes) == 1
    with db.reading(database) as connection:
        (token,) = access_tokens.every(connection)
    assert token.used_at is not None
    assert (token.used_at.minute, token.used_at.second) == (0, 0)
    assert datetime.now(UTC) - token.used_at < timedelta(hours=2)


def test_log_has_the_pattern_and_neither_token_nor_address(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        program("GET", "/subscribers?email=ada@example.org")
        program("GET", "/subscribers/77/record")
        program("POST", "/subscribers", {"email": "ada@example.org", "newsletter": "weekly"})

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("digest")]
    assert any("GET /api/v1/subscribers/{id}/record 404" in line for line in ours)
    assert program.token not in str(ours)
    assert "ada" not in str(ours)
    assert "77" not in str(ours)


def test_database_that_is_away_is_a_503_problem(settings: Settings) -> None:
    engine = db.connect("postgresql://nobody@127.0.0.1:1/none")
    client = TestClient(web.app(engine, settings), raise_server_exceptions=False)

    answer = client.get("/api/v1/newsletters", headers={"Authorization": "Bearer digest_" + "A" * 43})

    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"] == "30"
