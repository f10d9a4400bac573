"""A story's links in a real browser: from the mail's address over the button to Undo, in any size and colour."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine

from digest import candidates, db, tables, web
from digest.config import Settings
from digest.model import Depth
from subscribers import store
from subscribers.model import Preferences
from subscribers.tokens import Tokens
from tests import audience
from tests.articles import article, candidate
from tests.deliveries import issue_with
from tests.digest.test_pages_in_chromium import CHROMIUM, QUIET, SIDEWAYS, visit
from tests.real_parts import missing

pytestmark = pytest.mark.slow

ADAS = Preferences(("World", "Science", "Sport"), (("Sport", Depth.HEADLINES), ("World", Depth.FULL)))
SMALL_BUTTONS = """() => [...document.querySelectorAll('.button')].map((e) => e.getBoundingClientRect().height)
    .filter((height) => height < 44)"""
LONG = "Researchers follow a glacier’s meltwater for 400 kilometres and find where the river really begins"


class Site(NamedTuple):
    """A served application with one reader, Ada, and what the story links of her mail begin with."""

    links: str
    engine: Engine
    ada: int

    def preferences(self) -> Preferences:
        with db.reading(self.engine) as connection:
            found = store.by_id(connection, self.ada)
        assert found
        return found.preferences

    def prefer(self, preferences: Preferences) -> None:
        with db.transaction(self.engine) as connection:
            store.change(connection, self.ada, store.Changes(preferences=preferences), now=datetime.now(UTC))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this module."""
    if not CHROMIUM.exists():
        missing("Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def furnish(engine: Engine) -> tuple[int, str]:
    """Store Ada and an issue with World as number 0, Science 1, Sport 2; returns her id and her token."""
    told = [
        article(1, "World", domain="harbourtimes.example"),
        article(2, "Science", title=LONG, domain="fieldnotes.example"),
        article(3, "Sport", title="Rowers win by a length", domain="touchlinegazette.example"),
    ]
    with db.transaction(engine) as connection:
        ada = audience.subscriber(connection, "ada@example.org", preferences=ADAS)
        issue = issue_with(connection)
        rows = [candidates.frozen_row(issue.id, candidate(one, number)) for number, one in enumerate(told)]
        connection.execute(tables.candidates.insert(), rows)
    return ada, Tokens(audience.SECRET).story(issue.id, ada, 1)


@pytest.fixture
def site(tmp_path: Path, settings: Settings) -> Iterator[Site]:
    """The application, really served."""
    engine = db.connect(f"sqlite:///{tmp_path / 'digest.db'}")
    db.migrate(engine)
    ada, token = furnish(engine)
    server = uvicorn.Server(uvicorn.Config(web.app(engine, settings), access_log=False, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}/story/{token}", engine, ada)
        server.should_exit = True
        thread.join()
    engine.dispose()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A wide window, with and without JavaScript."""
    yield from visit(chromium, script=request.param)


def test_more_leads_from_the_mail_to_done_and_back(page: Page, site: Site) -> None:
    page.goto(f"{site.links}/1/more")
    assert site.preferences() == ADAS
    page.get_by_role("button", name="Show Science in more depth").press("Enter")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    expect(page.get_by_text("Your next issue follows it.")).to_be_visible()
    assert dict(site.preferences().depth)["Science"] is Depth.FULL
    page.reload()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Your choices are as they were.")).to_be_visible()
    assert site.preferences().to_json() == ADAS.to_json()
    page.get_by_role("link", name="your preferences").click()
    expect(page.get_by_role("heading", name="Your preferences")).to_be_visible()


def test_less_takes_the_category_out_and_brings_it_back(page: Page, site: Site) -> None:
    page.goto(f"{site.links}/2/less")
    page.get_by_role("button", name="No more Sport").click()
    expect(page.get_by_text("You get no more Sport.")).to_be_visible()
    assert site.preferences().categories == ("World", "Science")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Your choices are as they were.")).to_be_visible()
    assert site.preferences().to_json() == ADAS.to_json()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1200])
def test_pages_fit_are_accessible_and_their_buttons_large(
    chromium: Browser, site: Site, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    for page in visit(chromium, width, scheme):

        def look(name: str, page: Page = page) -> None:
            page.screenshot(path=tmp_path / f"story-{name}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate(SIDEWAYS) == 0
            assert page.evaluate(SMALL_BUTTONS) == []
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()

        page.goto(f"{site.links}/1/more")
        look("more")
        page.get_by_role("button", name="Show Science in more depth").click()
        look("done")
        page.get_by_role("button", name="Undo").click()
        look("undone")
        page.goto(f"{site.links}/0/more")
        look("most")
        page.goto(f"{site.links}/0/less")
        look("less")
        site.prefer(Preferences(("Sport",), ADAS.depth, ("World", "fieldnotes.example")))
        page.goto(f"{site.links}/2/less")
        look("only")
        page.goto(f"{site.links}/1/more")
        look("again")
        page.goto(f"{site.links}/0/less")
        look("not-given")
