from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError, StatementError

from digest import db, tables
from digest.errors import DatabaseAwayError, DatabaseError


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


@pytest.fixture
def on_postgresql(postgres_url: str) -> Iterator[Engine]:
    """A PostgreSQL database with one table, `held`, of two rows."""
    engine = db.connect(postgres_url)
    with db.transaction(engine) as connection:
        connection.exec_driver_sql("drop table if exists held")
        connection.exec_driver_sql("create table held as select 1 as id union select 2")
    yield engine
    engine.dispose()


@pytest.mark.slow
def test_a_writer_on_postgresql_may_neither_wait_nor_idle_for_ever_and_a_reader_may_idle(on_postgresql: Engine) -> None:
    limits = "select current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')"

    for _ in range(2):  # the second time the connection comes from the pool
        with db.reading(on_postgresql) as connection:
            assert tuple(connection.exec_driver_sql(limits).one()) == ("30s", "0")
        with db.transaction(on_postgresql) as connection:
            assert tuple(connection.exec_driver_sql(limits).one()) == ("30s", "20s")


@pytest.mark.slow
def test_a_lock_that_is_not_to_be_had_in_time_may_be_had_later(on_postgresql: Engine) -> None:
    with db.transaction(on_postgresql) as holder:
        holder.exec_driver_sql("update held set id = 3 where id = 1")
        with pytest.raises(DatabaseAwayError, match="kept it locked"), db.transaction(on_postgresql) as other:
            other.exec_driver_sql("set local lock_timeout = '20ms'")
            other.exec_driver_sql("delete from held")


@pytest.mark.slow
def test_a_writer_that_slept_in_its_transaction_has_lost_it_and_holds_nothing(on_postgresql: Engine) -> None:
    with pytest.raises(DatabaseAwayError, match="stopped for"), db.transaction(on_postgresql) as sleeper:
        sleeper.exec_driver_sql("set local idle_in_transaction_session_timeout = '20ms'")
        sleeper.exec_driver_sql("update held set id = 3 where id = 1")
        with db.transaction(on_postgresql) as other:
            other.exec_driver_sql("delete from held where id = 1")
        sleeper.exec_driver_sql("delete from held")

    with db.reading(on_postgresql) as connection:
        assert connection.exec_driver_sql("select id from held").scalars().all() == [2]


@pytest.mark.slow
def test_the_victim_of_a_deadlock_may_try_again(on_postgresql: Engine) -> None:
    def lock(first: int, second: int) -> None:
        with db.transaction(on_postgresql) as connection:
            connection.exec_driver_sql(f"update held set id = id where id = {first}")
            crossed.wait()
            connection.exec_driver_sql(f"update held set id = id where id = {second}")

    crossed = Barrier(2)
    with ThreadPoolExecutor() as threads:
        crossing = [threads.submit(lock, 1, 2), threads.submit(lock, 2, 1)]
        failures = [failure for each in crossing if (failure := each.exception())]

    [failure] = failures
    assert isinstance(failure, DatabaseAwayError)
    assert "waited for each other" in str(failure)


def test_a_fault_of_a_statement_is_no_fault_of_the_database(database: Engine, now: datetime) -> None:
    row = {"email_digest": "a", "reason": "r", "source": "s", "at": now}

    with pytest.raises(IntegrityError), db.transaction(database) as connection:
        connection.execute(tables.suppressions.insert(), [row, row])


def test_an_error_of_a_statement_does_not_show_its_values(database: Engine) -> None:
    table = tables.suppressions
    row = {"email_digest": "ada@example.org", "reason": "r", "source": "s", "at": datetime.now(UTC)}
    with pytest.raises(IntegrityError) as caught, db.transaction(database) as connection:
        connection.execute(table.insert(), [row, row])

    assert "ada@example.org" not in str(caught.value).replace(str(caught.value.orig), "")
