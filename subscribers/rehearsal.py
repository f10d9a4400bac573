"""An import that changes nothing: done for real, in a database beside the real one that is thrown away after it.

Only the people whom the file names are copied there, a chunk at a time, so that memory stays flat, the real database
is only read, and nobody who sends or unsubscribes meanwhile has to wait.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, select

from digest import db
from digest.tables import metadata, subscribers, subscriptions, suppressions, unsubscriptions
from subscribers import store
from subscribers.importing import Begin

_FIRST_NEW_ID = 1 << 40  # of people who are only in the rehearsal: no real person will ever have it


def _number_from(connection: Connection, first_id: int) -> None:
    """Have people who are stored from now on numbered from an id; ids are never used again."""
    placeholder: dict[str, Any] = {column.name: "" for column in subscribers.c if not column.nullable}
    times = dict.fromkeys(("created_at", "changed_at"), datetime.fromtimestamp(0, UTC))
    connection.execute(subscribers.insert().values(placeholder | times | {"id": first_id, "link_version": 1}))
    connection.execute(delete(subscribers).where(subscribers.c.id == first_id))


def _copy(real: Connection, scratch: Connection, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Copy rows that are not there yet; what the rehearsal has changed stays. Return them as they are in reality."""
    rows = [dict(row) for row in real.execute(select(table).where(which)).mappings()]
    if rows:
        scratch.execute(db.insert(scratch, table).on_conflict_do_nothing(), rows)
    return rows


def _copy_people(real: Connection, scratch: Connection, keys: Collection[str], secret: bytes) -> None:
    """Copy all that an import looks at about people with these keys."""
    people = _copy(real, scratch, subscribers, subscribers.c.email_key.in_(keys))
    ids: Sequence[int] = [person["id"] for person in people]
    _copy(real, scratch, subscriptions, subscriptions.c.subscriber_id.in_(ids))
    _copy(real, scratch, unsubscriptions, unsubscriptions.c.subscriber_id.in_(ids))
    digests = {store.email_digest(key, secret) for key in keys} | {person["email_digest"] for person in people}
    _copy(real, scratch, suppressions, suppressions.c.email_digest.in_(digests))


@contextmanager
def rehearsing(engine: Engine, secret: bytes) -> Iterator[Begin]:
    """Yield what begins a transaction on the copy, for `importing.take`; the copy is gone at the end."""
    with TemporaryDirectory(prefix="digest-dry-run-") as folder:
        scratch = db.connect(f"sqlite:///{Path(folder, 'copy.db')}")

        @contextmanager
        def begin(keys: Collection[str]) -> Iterator[Connection]:
            with db.transaction(scratch) as connection:
                with db.reading(engine) as real:
                    _copy_people(real, connection, keys, secret)
                yield connection

        try:
            with db.transaction(scratch) as connection:
                metadata.create_all(connection)
                _number_from(connection, _FIRST_NEW_ID)
            yield begin
        finally:
            scratch.dispose()
