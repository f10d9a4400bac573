"""What only a real browser can tell: that the frame is a sandbox, and that nothing scrolls sideways."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine

from digest import db
from digest.config import Settings
from digest.model import Issue
from digest.studio import response
from tests.digest.studio.conftest import application

pytestmark = pytest.mark.slow

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HOSTILE_MAIL = """<!doctype html><html><head><title>as sent</title></head><body>
<script>document.title = "owned"; top.document.title = "owned"; top.location = "about:blank"</script>
<img src="data:,x" onerror="document.body.textContent = 'owned'">
<form action="/studio/"><button id="send">Send</button></form><p>Still here</p></body></html>"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    """SQLite only: what a browser makes of a page does not depend on the database."""
    engine = db.connect(f"sqlite:///{tmp_path / 'digest.db'}")
    db.migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def studio(database: Engine, at_home: Settings) -> Iterator[str]:
    """The address of a studio that really is served."""
    app = application(database, at_home)

    @app.get("/hostile")
    def hostile() -> object:
        return response.mail(HOSTILE_MAIL, "auto")

    @app.get("/framed")
    def framed() -> object:
        return HTMLResponse('<title>framed</title><iframe sandbox="allow-popups" src="/hostile"></iframe>')

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


def opened(chromium: Browser, address: str, *, width: int = 1440, scheme: str = "light") -> Page:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    return page


def test_script_of_a_mail_does_not_run(chromium: Browser, studio: str) -> None:
    page = opened(chromium, f"{studio}/framed")

    frame = page.frames[1]

    assert "Still here" in frame.content()
    assert frame.title() == "as sent"
    assert page.title() == "framed"
    assert "owned" not in frame.locator("p").inner_text()
    page.context.close()


def test_mail_opened_outside_of_the_studio_is_a_sandbox_too(chromium: Browser, studio: str) -> None:
    page = opened(chromium, f"{studio}/hostile")

    assert page.title() == "as sent"
    assert page.evaluate("origin") == "null"
    page.context.close()


def test_mail_is_shown_and_follows_the_width(chromium: Browser, studio: str, issue: Issue) -> None:
    for width in (320, 375, 600):
        page = opened(chromium, f"{studio}/studio/?width={width}")
        assert page.frames[1].evaluate("innerWidth") == width
        assert page.frames[1].locator("h1").inner_text() == "The Weekly"
        page.context.close()


def test_desktop_width_is_true_where_the_screen_is_narrower(chromium: Browser, studio: str, issue: Issue) -> None:
    page = opened(chromium, f"{studio}/studio/?width=1024")

    assert page.frames[1].evaluate("innerWidth") == 1024
    box = page.locator("iframe").bounding_box()
    assert box
    assert box["width"] < 760
    page.context.close()


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_colours_are_forced_against_the_screen(
    chromium: Browser, studio: str, issue: Issue, scheme: str, dark: bool
) -> None:
    page = opened(chromium, f"{studio}/studio/?scheme={scheme}", scheme="light" if dark else "dark")

    paper = page.frames[1].evaluate("getComputedStyle(document.querySelector('.cd')).backgroundColor")

    assert paper == ("rgb(29, 28, 26)" if dark else "rgb(255, 255, 255)")
    page.context.close()


@pytest.mark.parametrize(
    "query", ["", "?width=1024", "?view=text", "?view=source&reader=chen@example.org", "?reader=999"]
)
def test_nothing_scrolls_sideways(chromium: Browser, studio: str, issue: Issue, query: str) -> None:
    page = opened(chromium, f"{studio}/studio/{query}")

    for width in (320, 375, 768, 1100, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SIDEWAYS) == 0, width
    page.context.close()


def test_reader_can_be_changed_without_script(chromium: Browser, studio: str, issue: Issue) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{studio}/studio/?view=text")

    page.locator(".who summary").click()
    page.get_by_label("Name or address").fill("okafor")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Amara Okafor").click()

    assert "reader=" in page.url
    assert "view=text" in page.url
    assert page.locator("pre").inner_text().startswith("The Weekly")
    context.close()


def test_keys_step_through_readers_and_stories(chromium: Browser, studio: str, issue: Issue) -> None:
    page = opened(chromium, f"{studio}/studio/?reader=amara@example.org")

    page.keyboard.press("j")
    page.wait_for_url("**story=**")
    page.keyboard.press("]")
    page.wait_for_url("**reader=2**")

    assert page.locator(".reasons .title").is_visible()
    page.context.close()


def test_phone_shows_the_reasons_of_the_story_that_was_tapped(chromium: Browser, studio: str, issue: Issue) -> None:
    page = opened(chromium, f"{studio}/studio/", width=375)

    page.locator(".stories .story").last.click()
    page.wait_for_url("**story=**")

    box = page.locator(".reasons .title").bounding_box()
    assert box
    assert 0 <= box["y"] < 900
    page.context.close()


def test_page_breaks_no_rule_of_its_own_policy(chromium: Browser, studio: str, issue: Issue) -> None:
    context = chromium.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{studio}/studio/?width=1024")
    page.wait_for_load_state("networkidle")

    assert [line for line in said if "ontent Security Policy" in line] == []
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).display") == "grid"
    context.close()
