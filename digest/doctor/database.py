"""The database: whether it opens, may be written to, and has room."""

import shutil
from pathlib import Path

from sqlalchemy import Engine, false, update
from sqlalchemy.exc import DBAPIError

from digest import db, tables
from digest.doctor import problem
from digest.doctor.problem import Problem
from digest.errors import DatabaseError

WHERE = "database_url"
FREE_BYTES = 100_000_000  # what an issue to 100,000 readers needs, its log included


def opened(url: str) -> Engine | Problem:
    """Return the database, or why it cannot be opened."""
    try:
        return db.open_database(url)
    except DatabaseError as error:
        return problem.of_error(WHERE, error, fix="write sqlite:///path or postgresql://user@host/name there")


def check(engine: Engine) -> list[Problem]:
    """Look at whether rows may be written, and at the disk where the database is a file here."""
    return [*_writing(engine), *_disk(engine)]


def _writing(engine: Engine) -> list[Problem]:
    """Ask for leave to change a row, and change none."""
    try:
        with db.transaction(engine) as connection:
            connection.execute(update(tables.issues).where(false()).values(pause_reason=""))
    except DatabaseError as error:
        return [problem.of_error(WHERE, error, fix="let this user write to it")]
    except DBAPIError as error:  # how PostgreSQL says that a user, or a standby, may only read
        return [Problem(WHERE, db.explain(error), "let this user write to it")]
    return []


def _disk(engine: Engine) -> list[Problem]:
    file = Path(engine.url.database or "")
    if engine.url.host or not file.is_absolute() or not file.is_file():
        return []  # its disk is another machine's, or a server's own
    return free_room(file, shutil.disk_usage(file.parent).free)


def free_room(file: Path, free_bytes: int) -> list[Problem]:
    """Judge what is free on a database file's disk."""
    if free_bytes >= FREE_BYTES:
        return []
    return [
        Problem(
            WHERE,
            f"the disk of {file} has {free_bytes // 1_000_000} MB left; an issue may need {FREE_BYTES // 1_000_000}",
            "make room there: a full disk stops sending",
        )
    ]
