"""`digest` as a user types it, in this process."""

import io
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from digest import config, db
from digest.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        """The JSON value of each line on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


class Digest:
    """Runs commands in an installation of its own."""

    def __init__(
        self, settings_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.settings_file = settings_file
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ran:
        """Run one command to its end."""
        self._monkeypatch.setattr(sys, "argv", ["digest", "--config", str(self.settings_file), *arguments])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main.main()
        out, err = self._capsys.readouterr()
        return Ran(int(end.value.code or 0), out, err)


@pytest.fixture
def engine(settings: config.Settings, empty_sqlite: Path) -> Iterator[Engine]:
    """The installation's database, migrated."""
    engine = db.connect(settings.database_url)
    shutil.copy(empty_sqlite, str(engine.url.database))
    yield engine
    engine.dispose()


@pytest.fixture
def digest(
    settings_file: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Digest:
    """The command line, on a migrated database."""
    return Digest(settings_file, monkeypatch, capsys)
