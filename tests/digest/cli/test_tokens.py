from sqlalchemy import Engine

from digest import access_tokens, db
from digest.access_tokens import Scope
from tests.conftest import NOW
from tests.digest.cli.conftest import Digest

LATER = "2027-01-01T00:00:00Z"


def test_new_token_is_printed_once_and_works(digest: Digest, engine: Engine) -> None:
    ran = digest("tokens", "new", "shop", "--scope", "subscribers:read", "--scope", "issues:read", "--expires", LATER)

    token = ran.out.strip()
    with db.reading(engine) as connection:
        found = access_tokens.find(connection, token, now=NOW)
    assert (ran.code, "cannot be shown again" in ran.err) == (0, True)
    assert found is not None
    assert found.scopes == {Scope.READ, Scope.ISSUES}
    assert token not in digest("tokens", "list").out


def test_json_has_what_a_script_needs(digest: Digest) -> None:
    ran = digest("tokens", "new", "shop", "--scope", "issues:read", "--json")

    assert ran.json.keys() == {"name", "token", "scopes", "expires_at"}
    assert (ran.json["name"], ran.json["scopes"], ran.json["expires_at"]) == ("shop", ["issues:read"], None)


def test_list_tells_the_state_of_each(digest: Digest) -> None:
    for name, more in (("a", []), ("b", ["--expires", LATER]), ("c", [])):
        digest("tokens", "new", name, "--scope", "issues:read", "--now", "2026-11-23T07:00:00Z", *more)
    digest("tokens", "revoke", "c")

    rows = digest("tokens", "list", "--now", "2027-02-01T00:00:00Z").rows

    assert [(row["name"], row["state"]) for row in rows] == [("a", "valid"), ("b", "expired"), ("c", "revoked")]
    assert rows[0].keys() == {"name", "state", "scopes", "created_at", "expires_at", "revoked_at", "used_at"}


def test_revoking_says_what_it_did(digest: Digest) -> None:
    digest("tokens", "new", "shop", "--scope", "issues:read")

    first, second = digest("tokens", "revoke", "shop"), digest("tokens", "revoke", "shop", "--json")
    unknown = digest("tokens", "revoke", "crm")

    assert (first.code, first.err) == (0, "shop: revoked\n")
    assert (second.code, second.json) == (0, {"name": "shop", "revoked": True})
    assert (unknown.code, "digest tokens list" in unknown.err) == (1, True)


def test_wrong_names_scopes_and_times_are_refused(digest: Digest) -> None:
    digest("tokens", "new", "shop", "--scope", "issues:read")

    taken = digest("tokens", "new", "shop", "--scope", "issues:read")
    odd = digest("tokens", "new", "My Shop", "--scope", "issues:read")
    scopeless = digest("tokens", "new", "crm")
    past = digest("tokens", "new", "crm", "--scope", "issues:read", "--expires", "2020-01-01T00:00:00Z")

    assert [ran.code for ran in (taken, odd, scopeless, past)] == [1, 2, 2, 2]
    assert "choose another" in taken.err
    assert "shop-1" in odd.err
