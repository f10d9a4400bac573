"""Access tokens as the database keeps them: not at all."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from digest import access_tokens, db, tables
from digest.access_tokens import Scope
from tests.conftest import NOW

HOUR = timedelta(hours=1)


def test_token_opens_what_it_was_made_for_until_it_ends(database: Engine) -> None:
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "shop", [Scope.READ, Scope.WRITE], expires_at=NOW + HOUR, now=NOW)
        assert token is not None
        found = access_tokens.find(connection, token, now=NOW)
        late = access_tokens.find(connection, token, now=NOW + HOUR)

    assert token.startswith("digest_")
    assert len(token) == len("digest_") + 43  # 256 bits
    assert found is not None
    assert (found.name, found.scopes) == ("shop", {Scope.READ, Scope.WRITE})
    assert late is None


def test_token_itself_is_nowhere_in_the_database(database: Engine) -> None:
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "shop", [Scope.READ], expires_at=None, now=NOW)
        (row,) = connection.execute(select(tables.api_tokens)).all()

    assert token is not None
    assert token not in str(row)
    assert token.removeprefix("digest_") not in str(row)


def test_no_two_tokens_are_equal_and_no_name_is_used_twice(database: Engine) -> None:
    with db.transaction(database) as connection:
        first = access_tokens.create(connection, "a", [], expires_at=None, now=NOW)
        second = access_tokens.create(connection, "b", [], expires_at=None, now=NOW)
        access_tokens.revoke(connection, "a", now=NOW)
        third = access_tokens.create(connection, "a", [], expires_at=None, now=NOW)

    assert first != second
    assert third is None


def test_revoked_token_opens_nothing(database: Engine) -> None:
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "shop", [Scope.READ], expires_at=None, now=NOW)
        assert access_tokens.revoke(connection, "shop", now=NOW) is True
        assert access_tokens.revoke(connection, "shop", now=NOW) is False
        assert access_tokens.revoke(connection, "other", now=NOW) is None

        assert access_tokens.find(connection, token or "", now=NOW) is None


@pytest.mark.parametrize(("before", "after"), [("", "A"), (" ", ""), ("", "\n"), ("x", "")])
def test_token_that_is_nearly_right_opens_nothing(database: Engine, before: str, after: str) -> None:
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "shop", [Scope.READ], expires_at=None, now=NOW) or ""

        assert access_tokens.find(connection, before + token + after, now=NOW) is None
        assert access_tokens.find(connection, token[:-1], now=NOW) is None
        assert access_tokens.find(connection, token.swapcase(), now=NOW) is None


def test_use_is_noted_to_the_hour(database: Engine) -> None:
    at = NOW + timedelta(minutes=37, seconds=5)
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "shop", [], expires_at=None, now=NOW) or ""
        fresh = access_tokens.find(connection, token, now=at)
        assert fresh and not access_tokens.is_use_noted(fresh, at)
        access_tokens.note_use(connection, fresh, now=at)
        used = access_tokens.find(connection, token, now=at)

    assert used is not None
    assert used.used_at == NOW
    assert access_tokens.is_use_noted(used, NOW + timedelta(minutes=59))
    assert not access_tokens.is_use_noted(used, NOW + HOUR)
