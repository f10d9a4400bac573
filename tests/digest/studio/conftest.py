"""A planned issue with readers of different choices, and browsers that look at it."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from digest import articles, db, planning, tables
from digest.config import Settings
from digest.model import Depth, Issue
from digest.studio import app as studio
from subscribers.model import Preferences
from tests.articles import article, rich

HOSTILE = "<script>document.title='owned'</script>“A” & ‘B’"
PEOPLE = [
    ("amara@example.org", "Amara Okafor", Preferences(("Science", "World"), (("science", Depth.FULL),)), "confirmed"),
    ("boris@example.org", "", Preferences(), "confirmed"),
    ("chen@example.org", HOSTILE, Preferences(), "confirmed"),
    ("pia@example.org", "Pia Norberg", Preferences(), "pending"),
    ("tom@example.org", "Tom Adeyemi", Preferences(("Sport",)), "confirmed"),
]


def add_person(connection: object, email: str, name: str, preferences: Preferences, status: str, now: datetime) -> int:
    """Put somebody on the list of readers."""
    row = {
        "email": email,
        "email_key": email,
        "email_digest": f"digest of {email}",
        "name": name,
        "status": status,
        "preferences": preferences.to_json(),
        "frequency": "every_issue",
        "timezone": "",
        "language": "",
        "link_version": 1,
        "created_at": now,
        "changed_at": now,
    }
    table = tables.subscribers
    id = connection.execute(table.insert().values(row).returning(table.c.id)).scalar_one()  # type: ignore[attr-defined]
    subscription = {"list": "readers", "subscriber_id": id, "created_at": now}
    connection.execute(tables.subscriptions.insert().values(subscription))  # type: ignore[attr-defined]
    return int(id)


def add_articles(engine: Engine, now: datetime) -> None:
    """Store six articles of three categories, two of them hostile."""
    batch = [
        article(1, "World"),
        article(2, "World", title=HOSTILE, description=HOSTILE, tldr=(), why_it_matters=None),
        article(3, "Science", key_points=(rich("A point."),)),
        article(4, "Science", id="a b/ü?&#", title="An article with an awkward id"),
        article(5, "Business"),
        article(6, "Business"),
    ]
    with db.transaction(engine) as connection:
        articles.store(connection, batch, now=now)


@pytest.fixture
def ids(database: Engine, now: datetime) -> dict[str, int]:
    """Everybody's id by the first word of their address."""
    with db.transaction(database) as connection:
        return {email.split("@")[0]: add_person(connection, email, *rest, now) for email, *rest in PEOPLE}


@pytest.fixture
def issue(database: Engine, settings: Settings, ids: dict[str, int], now: datetime) -> Issue:
    """The first issue of The Weekly."""
    add_articles(database, now)
    return planning.plan(database, settings, settings.newsletter("weekly"), now=now).issue


def application(engine: Engine, settings: Settings) -> FastAPI:
    """An application that is the studio and nothing else."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(studio.router(engine, settings))
    return app


@pytest.fixture
def at_home(settings: Settings) -> Settings:
    """Settings of somebody who tries Digest on their own machine."""
    return settings.model_copy(update={"base_url": "http://127.0.0.1:8000"})


@pytest.fixture
def browser(database: Engine, at_home: Settings) -> Iterator[TestClient]:
    """A browser on the same machine."""
    app = application(database, at_home)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        yield client
