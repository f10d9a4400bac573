"""Fixtures that every test may use. `database` runs a test on SQLite and, marked slow, on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine

from digest import config, db
from tests import postgres

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # a Monday

hypothesis_settings.register_profile("dev", max_examples=50, deadline=None)
hypothesis_settings.register_profile(
    "ci", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "dev")

SETTINGS = """
database_url = "sqlite:///digest.db"
base_url = "https://news.example.com"
secret_key = "a test key of more than thirty-two characters"

[smtp]
host = "127.0.0.1"
port = 2525
tls = "none"

[pictures]
fetch_seconds = 0

[[newsletters]]
slug = "weekly"
name = "The Weekly"
sender = "The Weekly <weekly@news.example.com>"
postal_address = "1 Example Street, London"
lists = ["readers"]
categories = ["World", "Business", "Technology", "Science", "Climate", "Health", "Culture", "Sport"]
timezone = "Europe/London"
schedule = "mon 07:00"
"""


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own DIGEST_ variables out of the tests."""
    for name in list(os.environ):
        if name.startswith(config.ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def now() -> datetime:
    """The instant at which tests happen, unless they say otherwise."""
    return NOW


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """A complete digest.toml in a folder of its own."""
    path = tmp_path / "digest.toml"
    path.write_text(SETTINGS)
    return path


@pytest.fixture
def settings(settings_file: Path) -> config.Settings:
    """The settings of `settings_file`."""
    return config.load(settings_file)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server that lives as long as the test run."""
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: a copy takes a hundredth of the time that migrating takes."""
    path = tmp_path_factory.mktemp("empty") / "digest.db"
    engine = db.connect(f"sqlite:///{path}")
    db.migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path, empty_sqlite: Path) -> Iterator[Engine]:
    """An empty, migrated database of each kind: the contract that both keep."""
    if request.param == "sqlite":
        shutil.copy(empty_sqlite, tmp_path / "digest.db")
        engine = db.connect(f"sqlite:///{tmp_path / 'digest.db'}")
        yield engine
    else:
        engine = db.connect(request.getfixturevalue("postgres_url"))
        with db.transaction(engine) as connection:
            connection.exec_driver_sql("drop schema public cascade")
            connection.exec_driver_sql("create schema public")
        db.migrate(engine)
        yield engine
    engine.dispose()
