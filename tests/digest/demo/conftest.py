"""One demonstration for all of these tests: it takes a second, and they only look at it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from digest import db
from digest.config import Settings
from digest.demo import workplace
from digest.demo.catcher import Catcher
from digest.demo.mailbox import Mailbox
from digest.demo.run import Outcome, run
from digest.demo.workplace import Workplace
from digest.engine import Stop
from tests.conftest import NOW

BASE_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Demonstration:
    """A demonstration that has run."""

    place: Workplace
    settings: Settings
    database: Engine
    mailbox: Mailbox
    outcome: Outcome
    told: list[tuple[str, str]]


@pytest.fixture(scope="package")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """The whole job, done once."""
    folder = tmp_path_factory.mktemp("demonstration") / "here"
    told: list[tuple[str, str]] = []
    with workplace.claimed(folder) as place, Catcher(Mailbox(place.mailbox)) as catcher:
        settings = workplace.prepare(place, base_url=BASE_URL, smtp_port=catcher.port, now=NOW)
        database = db.connect(settings.database_url)
        outcome = run(
            database, settings, place, now=NOW, stop=Stop(), tell=lambda command, result: told.append((command, result))
        )
        yield Demonstration(place, settings, database, Mailbox(place.mailbox), outcome, told)
        database.dispose()
