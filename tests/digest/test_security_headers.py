"""Every answer of ours has the headers that keep browsers from doing more with it than it is for."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine
from starlette.routing import Mount

from digest import articles, db, planning, web
from digest.config import Settings
from digest.security_headers import completed, defaults
from subscribers.tokens import Tokens
from tests import audience
from tests.articles import NOW, article

TOKENS = Tokens(audience.SECRET)


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A visitor of an installation with one reader and one issue."""
    with TestClient(web.app(database, settings), follow_redirects=False, raise_server_exceptions=False) as browser:
        yield browser


def routes(client: TestClient) -> list[tuple[str, str]]:
    """Return every method and path of the application, those of its routers and of the API included."""
    return list(paths_of(client.app.routes))  # type: ignore[attr-defined]


def paths_of(several: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for route in several:
        if isinstance(route, Mount):
            yield from paths_of(route.routes or (), prefix + route.path)
            continue
        for one in route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]:
            yield from ((method, prefix + one.path) for method in sorted(one.methods))


def assert_safe(answer: Response) -> None:
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors" in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert "'unsafe-eval'" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "set-cookie" not in headers
    assert "server" not in headers


def test_every_route_answers_with_the_headers_whatever_it_answers(
    client: TestClient, database: Engine, settings: Settings
) -> None:
    with db.transaction(database) as connection:
        articles.store(connection, [article(1, "World")], now=NOW)
        ada = audience.subscriber(connection, "ada@example.org")
    issue = planning.plan(database, settings, settings.newsletter("weekly"), now=NOW).issue
    tokens = {
        "/preferences/{token}": TOKENS.preferences(ada, 1, "weekly"),
        "/unsubscribe/{token}": TOKENS.unsubscribe(ada, "weekly"),
        "/view/{token}": TOKENS.view(issue.id, ada, 1),
    }
    known = routes(client)
    assert len(known) > 20
    for method, path in known:
        for token in {tokens.get(path, "nobody"), "nobody"}:
            address = path.replace("{token}", token)
            while "{" in address:
                address = address.partition("{")[0] + "1" + address.partition("}")[2]
            answer = client.request(method, address)
            assert_safe(answer)
            if token != "nobody" or answer.status_code >= 400:
                assert answer.headers["cache-control"] == "no-store", path


def test_pages_for_what_is_not_there_is_refused_or_fails_have_them(client: TestClient) -> None:
    def fail() -> None:
        raise RuntimeError

    client.app.add_api_route("/broken", fail)  # type: ignore[attr-defined]
    answers = [client.get("/nowhere"), client.delete("/subscribe"), client.get("/broken")]
    assert [answer.status_code for answer in answers] == [404, 405, 500]
    for answer in answers:
        assert_safe(answer)


def test_http_is_not_told_to_be_https() -> None:
    assert b"strict-transport-security" not in defaults("http://127.0.0.1:8000")
    assert b"strict-transport-security" in defaults("https://news.example.com")


def test_what_an_answer_says_itself_stays() -> None:
    own = [(b"Cache-Control", b"public"), (b"content-type", b"text/css")]
    found = completed(own, {b"cache-control": b"no-store", b"x": b"y"})
    assert found == [*own, (b"x", b"y")]
