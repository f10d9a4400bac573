"""What the tests of sign-up share: a form as a browser sends it, and what is stored of it."""

from datetime import UTC, datetime, timedelta

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, select

from digest import db, tables
from subscribers.tokens import Tokens
from tests import audience

TOKENS = Tokens(audience.SECRET)
_numbers = iter(range(1, 1_000_000))


def stamp(age: timedelta = timedelta(seconds=30)) -> str:
    """Return the stamp of a form that was opened a while ago."""
    return TOKENS.form(datetime.now(UTC) - age, next(_numbers))


def sign_up(client: TestClient, email: str, **fields: str | list[str]) -> Response:
    """Send the form of The Weekly."""
    return client.post("/subscribe", data={"newsletter": "weekly", "email": email, "stamp": stamp()} | fields)


def letters(engine: Engine) -> list[tuple[str, str]]:
    """Return the kind and recipient of every letter."""
    table = tables.letters.c
    with db.reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(table.kind, table.recipient).order_by(table.id))]


def newest_signup(engine: Engine) -> int:
    """Return the id of the newest sign-up."""
    with db.reading(engine) as connection:
        query = select(tables.signups.c.id).order_by(tables.signups.c.id.desc()).limit(1)
        return int(connection.execute(query).scalar_one())
