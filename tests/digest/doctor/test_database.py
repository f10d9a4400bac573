"""The database: not there, read-only, without room."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from digest import db
from digest.doctor import database as checks
from digest.doctor.problem import Problem


def test_a_database_in_order_has_no_problem(database: Engine) -> None:
    url = database.url.render_as_string(hide_password=False)
    opened = checks.opened(url)

    assert isinstance(opened, Engine)
    assert checks.check(opened) == []
    opened.dispose()


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = checks.opened(f"sqlite:///{tmp_path / 'none.db'}")

    assert found == Problem(
        "database_url", f"there is no database at {tmp_path / 'none.db'}", "run `digest init` to create it"
    )
    assert not (tmp_path / "none.db").exists()


def test_an_address_that_cannot_be_one_is_told() -> None:
    found = checks.opened("mysql://host/name")

    assert isinstance(found, Problem)
    assert found.fix == "write sqlite:///path or postgresql://user@host/name there"


def only_reading(database: Engine) -> Engine:
    """Return the same database for somebody who may only read it."""
    if database.dialect.name == "postgresql":
        url = database.url.update_query_dict({"options": "-c default_transaction_read_only=on"})
        return db.connect(url.render_as_string(hide_password=False))
    reading = db.connect(str(database.url))

    @event.listens_for(reading, "connect")
    def _only_read(connection: Any, _record: object) -> None:
        connection.execute("pragma query_only = on")

    return reading


def test_a_database_that_may_only_be_read_is_told(database: Engine) -> None:
    reading = only_reading(database)

    [one] = checks.check(reading)
    reading.dispose()

    assert one.where == "database_url"
    assert one.what.startswith("the database says: ")
    assert ("readonly" in one.what) or ("read-only" in one.what)
    assert not one.is_note


def test_a_disk_without_room_is_told() -> None:
    file = Path("/srv/digest.db")

    assert checks.free_room(file, 100_000_000) == []
    [one] = checks.free_room(file, 99_999_999)
    assert "/srv/digest.db has 99 MB left" in one.what
