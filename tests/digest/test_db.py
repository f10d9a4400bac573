from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select
from sqlalchemy.exc import StatementError

from digest import db, tables
from digest.errors import DatabaseError


def test_migrations_build_what_the_tables_describe(database: Engine) -> None:
    with db.reading(database) as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_migrate_twice_changes_nothing(database: Engine) -> None:
    db.migrate(database)

    reopened = db.open_database(database.url.render_as_string(hide_password=False))
    assert reopened.dialect.name == database.dialect.name
    reopened.dispose()


def test_instants_come_back_as_the_same_utc_instant(database: Engine, now: datetime) -> None:
    paris = now.astimezone(timezone(timedelta(hours=1)))
    row = {"email_digest": "a", "reason": "r", "source": "s"}

    with db.transaction(database) as connection:
        connection.execute(tables.suppressions.insert(), {**row, "at": paris})
    with db.reading(database) as connection:
        at = connection.execute(select(tables.suppressions.c.at)).scalar_one()

    assert at == now
    assert at.utcoffset() == timedelta(0)


def test_a_naive_instant_is_refused(database: Engine) -> None:
    row = {"email_digest": "a", "reason": "r", "source": "s", "at": datetime(2026, 1, 1)}

    with pytest.raises(StatementError, match="without an offset"), db.transaction(database) as connection:
        connection.execute(tables.suppressions.insert(), row)


def test_a_failed_transaction_leaves_nothing(database: Engine, now: datetime) -> None:
    row = {"email_digest": "a", "reason": "r", "source": "s", "at": now}

    with pytest.raises(RuntimeError), db.transaction(database) as connection:
        connection.execute(tables.suppressions.insert(), row)
        raise RuntimeError
    with db.reading(database) as connection:
        assert connection.execute(select(tables.suppressions)).all() == []


def test_a_missing_database_says_to_run_init(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="digest init"):
        db.open_database(f"sqlite:///{tmp_path / 'none.db'}")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="does its folder exist"):
        db.migrate(db.connect(f"sqlite:///{tmp_path / 'no' / 'digest.db'}"))


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense", "sqlite"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match="database_url"):
        db.connect(url)


def test_a_draft_keeps_nobody_waiting(database: Engine, now: datetime) -> None:
    row = {"reason": "r", "source": "s", "at": now}
    with db.drafting(database) as connection:
        with db.read(connection):
            draft = db.temporary(connection, tables.suppressions)
            connection.execute(draft.insert(), [{**row, "email_digest": "drafted"}])
            with db.transaction(database) as other:
                other.execute(tables.suppressions.insert(), {**row, "email_digest": "meanwhile"})
        with db.write(connection):
            columns = [column.name for column in tables.suppressions.c]
            kept = tables.suppressions.insert().from_select(columns, select(draft))
            connection.execute(kept)

    with db.reading(database) as connection:
        found = set(connection.execute(select(tables.suppressions.c.email_digest)).scalars())
    assert found == {"drafted", "meanwhile"}


def test_a_draft_that_fails_leaves_nothing(database: Engine, now: datetime) -> None:
    row = {"email_digest": "a", "reason": "r", "source": "s", "at": now}
    for _ in range(2):  # the second time shows that no temporary table is left either
        with pytest.raises(KeyError), db.drafting(database) as connection:
            with db.read(connection):
                db.temporary(connection, tables.suppressions)
            with db.write(connection):
                connection.execute(tables.suppressions.insert(), row)
                raise KeyError
    with db.reading(database) as connection:
        assert connection.execute(select(tables.suppressions)).all() == []
