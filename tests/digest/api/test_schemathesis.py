"""schemathesis asks the real application, on a real database, what its description allows, and what it does not."""

from collections import Counter

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from sqlalchemy import Engine

from digest import access_tokens, articles, db, planning, tables, web
from digest.access_tokens import Scope
from digest.config import Api, Settings
from tests import audience
from tests.articles import article
from tests.conftest import NOW

UNLIMITED = Api(requests_per_minute=10**9, failures_per_minute=10**9)
VALUES = ["2xx", "401", "403", "404", "409", "412", "422"]  # 422: no schema says which zones or categories there are


@pytest.fixture
def stocked(database: Engine, settings: Settings) -> Engine:
    """A database with people enough to be erased one by one, and an issue."""
    with db.transaction(database) as connection:
        articles.store(connection, [article(1, "World")], now=NOW)
        for number in range(40):
            audience.subscriber(connection, f"p{number}@example.org", name="Ada & <b>")
    planning.plan(database, settings, settings.newsletters[0], now=NOW)
    return database


def asked(database: Engine, settings: Settings, *scopes: Scope, examples: int) -> tuple[list[str], Counter[int]]:
    """Run every check in every phase; return what failed, and how often each status was answered."""
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "schemathesis", scopes, expires_at=None, now=NOW)
    config = SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {token}"},
            "seed": 1,
            "generation": {"max-examples": examples, "database": "none"},
            "checks": {"positive_data_acceptance": {"expected-statuses": VALUES}},
        }
    )
    app = web.app(database, settings.model_copy(update={"api": UNLIMITED}))
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)
    failures, statuses = [], Counter[int]()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures.append(repr(event))
        if isinstance(event, events.ScenarioFinished):
            answers = (one.response for one in event.recorder.interactions.values())
            statuses.update(one.status_code for one in answers if isinstance(one, Response))
            failures += [
                f"{check.name}: {check.failure_info.failure}: {check.failure_info.code_sample}"
                for checks in event.recorder.checks.values()
                for check in checks
                if check.failure_info is not None
            ]
    return failures, statuses


@pytest.mark.slow
def test_every_answer_is_as_described(stocked: Engine, settings: Settings) -> None:
    failures, statuses = asked(stocked, settings, *Scope, examples=25)

    assert failures == []
    assert {200, 201, 204, 401, 404, 409, 412, 422} <= set(statuses)
    assert statuses.total() > 500


@pytest.mark.slow
def test_token_without_scopes_reads_newsletters_and_changes_nothing(stocked: Engine, settings: Settings) -> None:
    def people() -> list[object]:
        with db.reading(stocked) as connection:
            watched = (tables.subscribers, tables.consent_events, tables.letters)
            return [row for table in watched for row in connection.execute(table.select())]

    before = people()

    failures, statuses = asked(stocked, settings, examples=5)

    assert failures == []
    assert people() == before
    assert set(statuses) <= {200, 401, 403, 404, 405}
