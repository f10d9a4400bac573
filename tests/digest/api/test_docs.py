"""The examples of docs/api.md do what the page says: curl against a real server, and the check of a signature."""

import base64
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from digest import access_tokens, articles, db, planning, web
from digest.access_tokens import Scope
from digest.config import Settings
from digest.webhook_settings import WebhookEvent
from digest.webhooks import signature
from tests import audience
from tests.articles import article
from tests.conftest import NOW
from tests.real_parts import free_port, missing

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def served(database: Engine, settings: Settings) -> Iterator[str]:
    """The application on loopback, with an issue and one reader, whose id is 1."""
    with db.transaction(database) as connection:
        articles.store(connection, [article(1, "World")], now=NOW)
        audience.subscriber(connection, "ada@example.org")
    planning.plan(database, settings, settings.newsletters[0], now=NOW)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(web.app(database, settings), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/api/v1"
    server.should_exit = True
    thread.join()


@pytest.mark.slow
def test_every_curl_example_works(served: str, database: Engine, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        missing("curl", "apt-get install curl")
    with db.transaction(database) as connection:
        token = access_tokens.create(connection, "shop", Scope, expires_at=None, now=NOW) or ""
    (tmp_path / ".curlrc").write_text('fail-with-body\nsilent\nshow-error\nwrite-out = "\\n"\n')
    known = {"API": served, "TOKEN": token, "CURL_HOME": str(tmp_path), "PATH": os.environ["PATH"]}

    said = []
    for block in blocks("sh"):
        ran = subprocess.run(["bash", "-euc", block], env=known, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{block}\n{ran.stdout}{ran.stderr}"
        said += [json.loads(line) for line in ran.stdout.splitlines() if line]

    statuses = {one["email"]: one["status"] for one in said if "email" in one}
    assert statuses == {"ada@example.org": "unsubscribed", "bo@example.org": "pending", "cy@example.org": "confirmed"}
    assert len(re.findall(r"^curl ", PAGE, re.MULTILINE)) == len(said) + 1  # erasing answers nothing


def test_page_names_every_scope_and_every_type_of_event() -> None:
    for word in (*Scope, *WebhookEvent):
        assert f"| `{word}` |" in PAGE, word


def test_every_operation_is_shown(client: TestClient) -> None:
    shown = {re.sub(r"\?.*", "", path) for path in re.findall(r"\$API(/[^\"]*)", PAGE)}
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    examples = {path.replace("{id}", "1").replace("{newsletter}/{number}", "weekly/1") for path in paths}

    assert shown == examples - {"/issues/weekly/1"}


@pytest.fixture
def is_genuine() -> Callable[[str, dict[str, str], bytes], bool]:
    """The page's own example, run as it stands there."""
    (code,) = blocks("python")
    names: dict[str, Callable[[str, dict[str, str], bytes], bool]] = {}
    exec(code, names)
    return names["is_genuine"]


def test_example_tells_a_genuine_call_from_a_forged_one(
    is_genuine: Callable[[str, dict[str, str], bytes], bool],
) -> None:
    key, body = b"k" * 32, b'{"id":"evt_1"}'
    secret = "whsec_" + base64.b64encode(key).decode()
    headers = dict(signature.headers(key, "evt_1", body, now=datetime.now(UTC)))
    old = dict(signature.headers(key, "evt_1", body, now=NOW))

    assert is_genuine(secret, headers, body)
    assert not is_genuine(secret, headers, body + b" ")
    assert not is_genuine(secret, {**headers, "webhook-id": "evt_2"}, body)
    assert not is_genuine("whsec_" + "A" * 43 + "=", headers, body)
    assert not is_genuine(secret, old, body)
