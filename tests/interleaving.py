"""Things that are done at once: each is on its way before any of them may change a person."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine, func, select, text

from digest import db
from subscribers import store

PATIENCE_SECONDS = 10.0


def at_once(database: Engine, subscriber_id: int, doings: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all of it from threads while somebody else holds the person, and let go when all wait; return what came of it.

    SQLite's writers take turns from their beginning, so there each begins when the former has ended.
    """
    with ThreadPoolExecutor(len(doings)) as pool:
        with db.transaction(database) as connection:
            store.hold(connection, subscriber_id)
            waiting = [pool.submit(doing) for doing in doings]
            if database.dialect.name == "postgresql":
                _until_waiting(database, len(doings))
        return [one.result() for one in waiting]


def _until_waiting(database: Engine, count: int) -> None:
    """Wait until so many transactions wait for a lock."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    blocked = select(func.count()).select_from(text("pg_stat_activity")).where(text("wait_event_type = 'Lock'"))
    while time.monotonic() < deadline:
        with db.reading(database) as connection:
            if connection.execute(blocked).scalar_one() >= count:
                return
        time.sleep(0.02)
    raise AssertionError(f"there are no {count} that wait")
