"""Opening the database, transactions, migrations. With `tables`, the only module that knows SQLite from PostgreSQL."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    MetaData,
    RootTransaction,
    Select,
    Table,
    TableValuedAlias,
    cast,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from digest.errors import DatabaseAwayError, DatabaseError

BUSY_TIMEOUT_SECONDS = 30  # for which one waits for what another has locked
IDLE_TIMEOUT_SECONDS = 20  # of a PostgreSQL writer that was stopped in mid-transaction: who waits for it outlasts it
MIGRATION_LOCK = 724001  # any number that nothing else on the server uses
_PASSING_STATES = ("25P03", "40P01", "55P03")  # stopped for too long in mid-transaction, deadlock, lock not to be had
_SQLITE_PRAGMAS = (
    "journal_mode=wal",
    "synchronous=normal",
    f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}",
    "foreign_keys=on",
    "secure_delete=on",  # what is deleted is overwritten: an erased person is in no free page. Some builds have it off
    "cache_size=-4096",  # 4 MB a connection: the system caches the file anyway, and memory stays flat
)


def _prepare_sqlite(engine: Engine) -> None:
    """Set SQLite's pragmas, and begin transactions ourselves: writers wait their turn at BEGIN, not in the middle."""

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in _SQLITE_PRAGMAS:
            connection.execute("pragma " + pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("digest_write", False)
        _execute_on_driver(connection, "begin immediate" if writes else "begin")


def _prepare_postgresql(engine: Engine) -> None:
    """Limit how long one waits for locks, and how long a writer that does nothing may keep them.

    Who only reads locks nothing that others wait for, and may take its time: an export into a pager does.
    """

    @event.listens_for(engine, "connect")
    def _limits(connection: Any, _record: object) -> None:
        connection.execute(f"set lock_timeout = '{BUSY_TIMEOUT_SECONDS}s'")
        connection.execute(f"set idle_in_transaction_session_timeout = '{IDLE_TIMEOUT_SECONDS}s'")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("digest_write", False):
            connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")


def connect(url: str) -> Engine:
    """Return an engine for `sqlite:///path` or `postgresql://…`; nothing is opened yet.

    Raises DatabaseError for any other address.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise DatabaseError("database_url must begin with sqlite:/// or postgresql://")
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=parsed.get_backend_name() == "postgresql")
    except (ArgumentError, NoSuchModuleError) as error:
        raise DatabaseError(f"database_url cannot be read: {error}") from error
    prepare = _prepare_sqlite if engine.dialect.name == "sqlite" else _prepare_postgresql
    prepare(engine)
    return engine


def explain(error: DBAPIError) -> str:
    """Say what a database driver's error means and what to do, without the statement and its values."""
    text = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
    advice = {
        "disk is full": "make room on its disk, then run the same command again",
        "no space left": "make room on its disk, then run the same command again",
        "database is locked": f"another process has written to it for {BUSY_TIMEOUT_SECONDS} seconds; try again",
        "lock timeout": f"another process has kept it locked for {BUSY_TIMEOUT_SECONDS} seconds; try again",
        "idle-in-transaction": f"this process was stopped for {IDLE_TIMEOUT_SECONDS} seconds while it wrote; try again",
        "deadlock": "two processes waited for each other; try again",
        "unable to open": "does its folder exist, and may you write there?",
        "readonly": "you may not write to the file or its folder",
        "not a database": "the file is something else; check database_url",
        "malformed": "the file is damaged; restore it from a backup",
        "connection": "is the server running, and is database_url right?",
        "no such table": "run `digest init` to create it",
        "does not exist": "run `digest init` to create it",
    }
    hint = next(
        (what for sign, what in advice.items() if sign in text.casefold()),
        "nothing was changed by this command",
    )
    return f"the database says: {text}: {hint}"


def _is_away(error: DBAPIError) -> bool:
    """Tell whether a driver's error may pass by itself.

    PostgreSQL gives a failure to connect no SQLSTATE, and names its own end in class 57 (57P01: shut down, 57P03:
    starting); a lost connection makes SQLAlchemy invalidate it. SQLite says “locked” after its time-out.
    """
    state = getattr(error.orig, "sqlstate", "") or ""
    if not state and isinstance(error.orig, psycopg.OperationalError):
        return True
    is_passing = state in _PASSING_STATES or state.startswith(("08", "57P"))
    return error.connection_invalidated or is_passing or "database is locked" in str(error.orig)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what a driver says of its database, but not of our statements, into our errors."""
    try:
        yield
    except DBAPIError as error:
        if _is_away(error):
            raise DatabaseAwayError(explain(error)) from error
        if isinstance(error, OperationalError):
            raise DatabaseError(explain(error)) from error
        raise


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Write in one transaction: all of it is committed at the end, or none of it.

    Raises DatabaseError when the database is full or not writable, and DatabaseAwayError when it is away or busy.
    """
    with _explained(), engine.connect().execution_options(digest_write=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Read from one consistent snapshot. Raises DatabaseError as `transaction` does."""
    with _explained(), engine.connect() as connection, connection.begin():
        yield connection


class Writer:
    """A connection that stays open between transactions, for somebody who writes thousands of them.

    Taking one from the pool and giving it back costs more than a small transaction itself: 38 µs beside 13. After a
    failure the next transaction gets another connection.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self.is_immediate = engine.dialect.name == "sqlite"  #: a transaction has no way to go: it may stand in a loop

    @contextmanager
    def transaction(self, *, waits: bool = True) -> Iterator[Connection]:
        """Write in one transaction, as `db.transaction` does; unless it `waits`, a lock of others ends it at once.

        Raises DatabaseError and DatabaseAwayError as that does. One transaction at a time, from any thread.
        """
        try:
            with _explained(), self._opened(waits).begin():
                assert self._connection is not None  # noqa: S101 - it was opened a line before
                yield self._connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back; a later transaction takes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if self.is_immediate and not connection.closed and not connection.invalidated:
                _set_patience(connection, BUSY_TIMEOUT_SECONDS)
            connection.close()

    def _opened(self, waits: bool) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(digest_write=True)
        if self.is_immediate:
            _set_patience(self._connection, BUSY_TIMEOUT_SECONDS if waits else 0)
        return self._connection


def _set_patience(connection: Connection, seconds: int) -> None:
    """Say for how long SQLite waits for a lock, where it is not so already."""
    if connection.info.get("patience") != seconds:
        _execute_on_driver(connection, f"pragma busy_timeout={seconds * 1000}")
        connection.info["patience"] = seconds


def _execute_on_driver(connection: Connection, text: str) -> None:
    """Let SQLite do what has no values and no answer; through SQLAlchemy it takes four times as long."""
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(text)
    except connection.dialect.loaded_dbapi.Error as error:
        raise wrapped(error, text, connection.dialect, False) from error


def wrapped(error: Exception, statement: str, dialect: Dialect, is_invalidated: bool) -> BaseException:
    """Return a driver's error as SQLAlchemy would raise it, without the statement's values."""
    return DBAPIError.instance(
        statement,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_invalidated,
        dialect=dialect,
    )


@contextmanager
def drafting(engine: Engine) -> Iterator[Connection]:
    """Hold one connection for a long reading and a short writing: `with read(connection)`, then `with write(…)`.

    What is written into temporary tables while reading (`temporary`) keeps nobody waiting. They are gone at the end.
    Raises DatabaseError as `transaction` does.
    """
    with _explained(), engine.connect() as connection:
        try:
            yield connection
        finally:
            connection.invalidate()  # temporary tables live as long as the connection


def read(connection: Connection) -> RootTransaction:
    """Begin a transaction that reads from one consistent snapshot, and may write into temporary tables."""
    return connection.execution_options(digest_write=False).begin()


def write(connection: Connection) -> RootTransaction:
    """Begin a transaction that writes: all of it is committed at the end, or none of it."""
    return connection.execution_options(digest_write=True).begin()


def temporary(connection: Connection, table: Table) -> Table:
    """Create and return an empty temporary table with the columns of another, without its keys."""
    columns = [Column(column.name, column.type, nullable=True) for column in table.c]
    made = Table(f"draft_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
    made.create(connection)
    return made


def insert(connection: Connection, table: Table) -> Any:
    """Return an INSERT of this database's dialect, which has `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def json_texts(connection: Connection, column: ColumnElement[str], key: str) -> TableValuedAlias:
    """Return, as rows of one column `value`, the texts that a column of JSON objects holds in an array under a key."""
    if connection.dialect.name == "postgresql":
        texts = func.jsonb_array_elements_text(cast(column, postgresql.JSONB)[key])
        return texts.table_valued("value").render_derived()
    return func.json_each(column, f"$.{key}").table_valued("value")


def drop_former_pages(engine: Engine) -> None:
    """Make what was deleted unreadable in SQLite's files now, and not when its log of writes comes round again.

    Where somebody reads for more than a second, it is left to the next time that the log is emptied. PostgreSQL's
    vacuum and WAL go their own way.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        for pragma in ("busy_timeout=1000", "wal_checkpoint(truncate)", f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}"):
            connection.connection.execute("pragma " + pragma)


def for_update_skip_locked(connection: Connection, statement: Select[Any]) -> Select[Any]:
    """Let two workers claim different rows at once where the database can; SQLite has one writer anyway."""
    return statement.with_for_update(skip_locked=True) if connection.dialect.name == "postgresql" else statement


def take_turn(connection: Connection, what: str) -> None:
    """Wait until no other transaction does the same thing; SQLite's writers take turns anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(zlib.crc32(what.encode()))))


def configuration(connection: Connection) -> Config:
    """Return how Alembic finds this package's migrations, on that connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Bring the database to the newest version; do nothing when it is there. Safe when two start at once."""
    with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({MIGRATION_LOCK})")
        command.upgrade(configuration(connection), "head")


def open_database(url: str) -> Engine:
    """Connect and check that the database exists and has this program's version.

    Raises DatabaseError that says to run `digest init` where it does not.
    """
    engine = connect(url)
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and path != ":memory:" and not Path(path).exists():
        raise DatabaseError(f"there is no database at {path}: run `digest init` to create it")
    with reading(engine) as connection:
        head = ScriptDirectory.from_config(configuration(connection)).get_current_head()
        current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        raise DatabaseError("the database is empty: run `digest init` to create its tables")
    if current != head:
        raise DatabaseError(
            f"the database has version {current}, this program wants {head}: `digest init` brings it up to date"
        )
    return engine
