"""What every command starts from: the settings, the database, the clock, and how results are printed."""

import json
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from digest import config, db


class Installation:
    """One digest.toml with its database, opened when a command first asks for them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def settings(self) -> config.Settings:
        """The settings; raises SettingsError."""
        return config.load(self.path)

    @cached_property
    def engine(self) -> Engine:
        """The database, checked to be of this program's version; raises DatabaseError."""
        return db.open_database(self.settings.database_url)


pass_installation = click.make_pass_decorator(Installation)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


class Instant(click.ParamType[datetime]):
    """An instant with an offset, such as 2026-11-23T07:00:00Z; becomes aware UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read ISO 8601; an instant without an offset is an error."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}” is not an instant such as 2026-11-23T07:00:00Z", param, ctx)
        if instant.tzinfo is None:
            self.fail(f"“{value}” has no offset from UTC: add Z, or one such as +01:00", param, ctx)
        return instant.astimezone(UTC)


now_option = click.option(
    "--now", type=Instant(), default=lambda: datetime.now(UTC), help="The instant to act at.  [default: the clock]"
)


def print_json(value: object) -> None:
    """Print one JSON value on one line of stdout; instants as ISO 8601 in UTC."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"not for JSON: {type(value).__name__}")


def say(message: str) -> None:
    """Talk to the person at the terminal: on stderr, so that stdout holds only data."""
    click.echo(message, err=True)
