"""A program with a token, in front of the whole application."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine

from digest import access_tokens, db, web
from digest.access_tokens import Scope
from digest.config import Settings
from tests.conftest import NOW

BASE = "/api/v1"


@dataclass(frozen=True)
class Program:
    """A program that shows one token, or none."""

    client: TestClient
    token: str

    def __call__(
        self, method: str, path: str, json: object = None, *, headers: Mapping[str, str] = {}, **more: Any
    ) -> Response:
        """Send one request below /api/v1."""
        shown = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = {} if json is None else {"json": json}
        return self.client.request(method, BASE + path, headers={**shown, **headers}, **body, **more)


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """The application."""
    with TestClient(web.app(database, settings), follow_redirects=False) as client:
        yield client


@pytest.fixture
def with_scopes(client: TestClient, database: Engine) -> Callable[..., Program]:
    """Make a program whose token has these scopes."""

    def make(*scopes: Scope, name: str = "shop") -> Program:
        with db.transaction(database) as connection:
            token = access_tokens.create(connection, name, scopes, expires_at=None, now=NOW)
        assert token is not None
        return Program(client, token)

    return make


@pytest.fixture
def program(with_scopes: Callable[..., Program]) -> Program:
    """A program that may do everything."""
    return with_scopes(*Scope)
