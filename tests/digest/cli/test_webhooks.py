from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest import db
from digest.webhook_settings import secret_bytes
from digest.webhooks import calls
from tests import audience
from tests.conftest import NOW
from tests.digest.cli.conftest import Digest

WEBHOOK = """
[[webhooks]]
name = "crm"
url = "https://crm.example.com/digest"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""


@pytest.fixture
def told(settings_file: Path, engine: Engine) -> None:
    """A webhook in the settings, with a call that was given up, one that waits, and one of a webhook that is gone."""
    settings_file.write_text(settings_file.read_text() + WEBHOOK)
    with db.transaction(engine) as connection:
        ada = audience.subscriber(connection, "ada@example.org")
        calls.write(connection, [(name, ada, '{"id":"evt_1"}') for name in ("crm", "crm", "gone")], now=NOW)
        call = calls.claim(connection, "crm", now=NOW)
        assert call
        calls.record_failed(connection, call, 410)


@pytest.mark.usefixtures("told")
def test_list_tells_how_each_stands(digest: Digest) -> None:
    crm, gone = digest("webhooks", "list").rows

    assert crm == {
        "webhook": "crm",
        "url": "https://crm.example.com/digest",
        "waiting": 1,
        "done": 0,
        "failed": 1,
        "code": 410,
        "next_at": "2026-11-23T07:00:00Z",
    }
    assert (gone["webhook"], gone["url"], gone["waiting"]) == ("gone", None, 1)


@pytest.mark.usefixtures("told")
def test_retry_has_it_told_once_more(digest: Digest) -> None:
    ran = digest("webhooks", "retry", "crm", "--json")

    assert (ran.code, ran.json) == (0, {"webhook": "crm", "retried": 2})
    assert digest("webhooks", "list").rows[0]["waiting"] == 2
    assert "2 calls" in digest("webhooks", "retry", "crm").err


@pytest.mark.usefixtures("told")
def test_unknown_webhook_is_named_with_the_nearest(digest: Digest) -> None:
    ran = digest("webhooks", "retry", "crn")

    assert (ran.code, "did you mean “crm”?" in ran.err) == (2, True)


def test_secret_is_fresh_and_fits_the_settings(digest: Digest) -> None:
    first, second = digest("webhooks", "secret").out.strip(), digest("webhooks", "secret").out.strip()

    assert first != second
    assert len(secret_bytes(first)) == 32


@pytest.mark.usefixtures("told")
def test_erasing_somebody_leaves_the_one_call_that_says_so(digest: Digest) -> None:
    assert digest("subscribers", "erase", "ada@example.org", "--yes").code == 0

    (crm,) = digest("webhooks", "list").rows
    assert (crm["webhook"], crm["waiting"], crm["done"], crm["failed"]) == ("crm", 1, 0, 0)
