"""`digest tokens`: what programs show to use the API."""

from datetime import datetime

import click

from digest import access_tokens, db
from digest.access_tokens import AccessToken, Scope
from digest.cli.installation import Installation, Instant, json_option, now_option, pass_installation, print_json, say
from digest.errors import DigestError, NotFoundError, UsageError


@click.group()
def tokens() -> None:
    """Access tokens for programs that use the API."""


@tokens.command("new")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may do; repeatable.",
)
@click.option("--expires", type=Instant(), help="When it ends by itself.  [default: never]")
@now_option
@json_option
@pass_installation
def new(
    installation: Installation,
    *,
    name: str,
    scopes: tuple[str, ...],
    expires: datetime | None,
    now: datetime,
    as_json: bool,
) -> None:
    """Make a token and print it, this once: only a digest of it is kept.

    NAME says which program it is for; it stands in the record of whatever the program does.
    """
    if not access_tokens.is_name(name):
        raise UsageError(f"“{name}” cannot be a token’s name: use small letters, digits and hyphens, such as shop-1")
    if expires is not None and expires <= now:
        raise UsageError("--expires must be later than now")
    with db.transaction(installation.engine) as connection:
        token = access_tokens.create(connection, name, map(Scope, scopes), expires_at=expires, now=now)
    if token is None:
        raise DigestError(f"there is a token “{name}” already, and names are not used twice: choose another")
    if as_json:
        print_json({"name": name, "token": token, "scopes": sorted(set(scopes)), "expires_at": expires})
        return
    click.echo(token)
    say("Keep it now: it cannot be shown again. `digest tokens revoke` ends it.")


def _state(token: AccessToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.is_valid(now) else "expired"


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the output is JSON lines in any case.")
@now_option
@pass_installation
def list_(installation: Installation, as_json: bool, now: datetime) -> None:
    """Print all tokens as JSON lines: what each may do, and when it was used last, to the hour."""
    del as_json
    with db.reading(installation.engine) as connection:
        for token in access_tokens.every(connection):
            print_json(
                {
                    "name": token.name,
                    "state": _state(token, now),
                    "scopes": sorted(token.scopes),
                    "created_at": token.created_at,
                    "expires_at": token.expires_at,
                    "revoked_at": token.revoked_at,
                    "used_at": token.used_at,
                }
            )


@tokens.command("revoke")
@click.argument("name")
@now_option
@json_option
@pass_installation
def revoke(installation: Installation, name: str, now: datetime, as_json: bool) -> None:
    """End a token at once and for good."""
    with db.transaction(installation.engine) as connection:
        was_valid = access_tokens.revoke(connection, name, now=now)
    if was_valid is None:
        raise NotFoundError(f"there is no token “{name}”: `digest tokens list` prints those that are there")
    if as_json:
        print_json({"name": name, "revoked": True})
    else:
        say(f"{name}: {'revoked' if was_valid else 'was revoked already'}")
