"""The description of the API: as OpenAPI, and as a page to read."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine

from digest import web
from digest.api import reference
from digest.config import Settings
from tests.real_parts import free_port, missing

CHROMIUM = Path("/usr/bin/chromium")


def test_description_is_open_and_names_the_scope_of_each_operation(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "https://news.example.com/api/v1"}]
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["security"][0].keys() == {"token"}
            assert operation["summary"]
            assert {"401", "429", "503"} <= operation["responses"].keys()
            for status, said in operation["responses"].items():
                expected = {"application/problem+json"} if status >= "400" else {"application/json"}
                assert set(said.get("content", expected)) == expected


def test_page_names_every_operation_and_every_object(client: TestClient) -> None:
    page = client.get("/api/docs")
    document = client.get("/api/v1/openapi.json").json()

    assert page.status_code == client.head("/api/docs").status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in page.text
            assert f'<h2 id="{operation["operationId"]}">' in page.text
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page.text


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Depth"}}, "list of Depth"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object of whole number"),
        ({"type": "string", "format": "date-time"}, "instant"),
        ({"type": "string", "enum": ["body", "path"]}, "body or path"),
    ],
)
def test_kind_of_a_value_in_words(schema: dict[str, object], words: str) -> None:
    assert reference.kind(schema) == words


@pytest.fixture
def served(database: Engine, settings: Settings) -> Iterator[str]:
    """The address of the application on loopback."""
    port = free_port()
    here = settings.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})
    server = uvicorn.Server(uvicorn.Config(web.app(database, here), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield here.base_url
    server.should_exit = True
    thread.join()


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """A real browser."""
    if not CHROMIUM.exists():
        missing("Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.slow
def test_page_fits_and_has_no_accessibility_violations(served: str, chromium: Browser) -> None:
    for width in (375, 1200):
        for scheme in ("light", "dark"):
            page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # a Literal
            complaints: list[str] = []
            page.on("console", lambda message, heard=complaints: heard.append(message.text))
            page.goto(f"{served}/api/docs")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert Axe().run(page).response["violations"] == []
            assert complaints == []
            page.close()
