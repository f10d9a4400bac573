"""Statements that are executed for each message: compiled once, and run on the driver."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, UpdateBase

from digest import db


class Prepared:
    """A statement that is executed for each message: compiled once for a dialect, then run on its driver.

    SQLAlchemy's own way through takes 18 µs, four times what the statement takes in SQLite.
    """

    def __init__(self, statement: UpdateBase) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute it for each row of values in the connection's transaction; return how many rows it changed in all."""
        if not rows:
            return 0
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(compiled.text, [compiled.values(row) for row in rows])
            return int(cursor.rowcount)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor):
                connection.invalidate(error)
            raise db.wrapped(error, compiled.text, dialect, connection.invalidated) from error
        finally:
            cursor.close()

    def _compile(self, dialect: Dialect) -> "_Compiled":
        compiled: Any = self._statement.compile(dialect=dialect)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        converting = {
            name: convert
            for name, bind in binds.items()
            if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        own = {name: binds[name].value for name in binds if not binds[name].required}
        done = self._compiled[dialect.name] = _Compiled(
            str(compiled),
            tuple(compiled.positiontup or ()),
            {name: converting[name](value) if name in converting else value for name, value in own.items()},
            {name: convert for name, convert in converting.items() if name not in own},
        )
        return done


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement's text for one driver, and how to give it a row's values."""

    text: str
    places: tuple[str, ...]  #: the name of each place's value; empty: the driver takes them by name
    own: Mapping[str, Any]  #: the values that stand in the statement
    converting: Mapping[str, Callable[[Any], Any]]

    def values(self, row: Mapping[str, Any]) -> Any:
        """Return a row's values as the driver takes them."""
        every = {**self.own, **row}
        for name, convert in self.converting.items():
            every[name] = convert(every[name])
        return [every[name] for name in self.places] if self.places else every
