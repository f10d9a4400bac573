"""The public pages in a real browser: with and without script, by pointer and keyboard, in any size and colour."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine, update

from digest import articles, db, languages, tables, web
from digest.config import Settings
from digest.model import Depth
from subscribers import store
from subscribers.model import Preferences, Status, Subscriber
from subscribers.tokens import Tokens
from tests import audience
from tests.articles import article
from tests.real_parts import missing

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
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
TARGETS = ".button, .move button, .pick, .tile, .depth label, .chip, select, .field input, .rows a"
SMALL_TARGETS = f"""() => [...document.querySelectorAll('{TARGETS}')]
    .filter((e) => e.checkVisibility())
    .map((e) => [e.innerText || e.ariaLabel, e.getBoundingClientRect()])
    .filter(([, box]) => box.height < 44 || box.width < 44).map(([name]) => name)"""
LINES = ".depth label > span, .button, .tile span, .pick span, .depths li, .chip span, .rows span"
CLIPPED = f"""() => [...document.querySelectorAll('{LINES}')]
    .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText)"""
FOCUS = """() => {
    const at = document.activeElement;
    const ring = at.closest('.depth') ?? at;
    const box = ring.getBoundingClientRect();
    const bar = document.querySelector('.bar').getBoundingClientRect();
    const covered = innerWidth < 900 && !at.closest('.bar') && box.bottom > bar.top + 1 && box.top < bar.bottom - 1;
    return [at.tagName, getComputedStyle(ring).outlineStyle, covered, box.top >= 0 && box.bottom <= innerHeight];
}"""


class Site(NamedTuple):
    """A served application with one reader, Ada: Science before World."""

    address: str
    engine: Engine
    ada: int

    def speak(self, language: str) -> None:
        """Make a language Ada's."""
        with db.transaction(self.engine) as connection:
            connection.execute(update(tables.subscribers).values(language=language))

    def person(self) -> Subscriber:
        with db.reading(self.engine) as connection:
            found = store.by_id(connection, self.ada)
        assert found
        return found

    @property
    def preferences(self) -> str:
        return f"{self.address}/preferences/{Tokens(audience.SECRET).preferences(self.ada, 1, 'weekly')}"

    @property
    def unsubscribe(self) -> str:
        return f"{self.address}/unsubscribe/{Tokens(audience.SECRET).unsubscribe(self.ada, 'weekly')}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this module."""
    if not CHROMIUM.exists():
        missing("Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def furnish(engine: Engine) -> int:
    """Store a month of articles and Ada; returns her id."""
    now = datetime.now(UTC)
    categories = ("World", "Technology", "Science", "Climate", "Culture", "Sport", "Business", "Health")
    batch = [
        article(n, categories[n % 8 if n % 3 else n % 5], published_at=now - timedelta(hours=5 * n))
        for n in range(1, 120)
    ]
    chosen = Preferences(("Science", "World", "Climate"), (("World", Depth.FULL),))
    with db.transaction(engine) as connection:
        articles.store(connection, batch, now=now)
        return audience.subscriber(connection, "ada@example.org", preferences=chosen)


@pytest.fixture
def site(tmp_path: Path, settings: Settings) -> Iterator[Site]:
    """The application, really served; on SQLite only, since a browser cannot tell."""
    engine = db.connect(f"sqlite:///{tmp_path / 'digest.db'}")
    db.migrate(engine)
    ada = furnish(engine)
    server = uvicorn.Server(uvicorn.Config(web.app(engine, settings), access_log=False, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", engine, ada)
        server.should_exit = True
        thread.join()
    engine.dispose()


def visit(
    chromium: Browser, width: int = 1200, scheme: Literal["light", "dark"] = "light", *, script: bool = True
) -> Iterator[Page]:
    """Open a window; afterwards, no message may stand in its console, such as one about the content policy."""
    context = chromium.new_context(
        viewport={"width": width, "height": 740}, color_scheme=scheme, java_script_enabled=script
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [line for line in said if "status of" not in line] == []  # 404 and 422 are said there, too


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A wide window, with and without JavaScript."""
    yield from visit(chromium, script=request.param)


def test_choices_are_changed_and_saved(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    page.get_by_role("checkbox", name="Science").uncheck()
    page.get_by_role("checkbox", name="Sport").check()
    page.get_by_role("group", name="How deep, for Sport").get_by_text("Headlines").click()
    page.get_by_role("button", name="Move World down").click()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("radio", name="Monthly").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Your next issue follows these choices.")).to_be_visible()
    expect(page.get_by_text("Not saved yet")).to_be_hidden()
    saved = site.person()
    assert saved.preferences.categories == ("Climate", "World", "Sport")
    assert dict(saved.preferences.depth) == {"World": Depth.FULL, "Sport": Depth.HEADLINES}
    assert saved.frequency == "monthly"


def test_moving_keeps_the_focus_on_an_arrow_of_the_same_topic(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    page.get_by_role("button", name="Move World up").press("Enter")
    expect(page.get_by_role("button", name="Move World down")).to_be_focused()  # it is the first now
    page.keyboard.press("Enter")
    expect(page.locator("#chosen li").nth(1)).to_contain_text("World")
    expect(page.get_by_role("button", name="Move World down")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move World up")).to_be_focused()  # and now the last
    assert site.person().preferences.categories == ("Science", "World", "Climate")
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_url("**/preferences/*")
    expect(page.get_by_text("Your next issue follows these choices.")).to_be_visible()
    assert site.person().preferences.categories == ("Science", "Climate", "World")


def test_enter_in_a_field_saves(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    page.get_by_role("checkbox", name="Culture").check()
    page.get_by_role("checkbox", name="Culture").press("Enter")
    expect(page.get_by_text("Your next issue follows these choices.")).to_be_visible()
    assert site.person().preferences.categories == ("Science", "World", "Climate", "Culture")


def test_no_topic_is_said_first_and_the_link_leads_to_the_field(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    for topic in ("Science", "World", "Climate"):
        page.get_by_role("checkbox", name=topic).uncheck()
    page.get_by_role("button", name="Save changes").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_text("No topic is ticked.")).to_be_visible()
    summary.get_by_role("link").click()
    assert page.evaluate("location.hash") == "#first-topic"
    page.get_by_role("checkbox", name="World").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Your next issue follows these choices.")).to_be_visible()
    assert site.person().preferences.categories == ("World",)


def test_unsubscribing_takes_two_presses_from_the_preferences(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    page.get_by_role("link", name="Unsubscribe").click()
    assert site.person().status is Status.CONFIRMED
    page.get_by_role("button", name="Unsubscribe from The Weekly").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert site.person().status is Status.UNSUBSCRIBED
    page.reload()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    page.goto(site.preferences)
    expect(page.get_by_role("link", name="Unsubscribe")).to_be_hidden()


def test_unsubscribe_is_as_large_as_save(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    save = page.get_by_role("button", name="Save changes").bounding_box()
    leave = page.get_by_role("link", name="Unsubscribe").bounding_box()
    assert save
    assert leave
    assert (save["width"], save["height"]) == (leave["width"], leave["height"])


def test_the_outline_follows_the_form(chromium: Browser, site: Site) -> None:
    for page in visit(chromium):
        page.goto(site.preferences)
        outline = page.locator("#outline li")
        expect(outline).to_have_text(["ScienceBrief", "WorldFull", "ClimateBrief"])
        page.get_by_role("checkbox", name="Health").check()
        page.get_by_role("group", name="How deep, for Science").get_by_text("Headlines").click()
        page.get_by_role("button", name="Move Climate up").click()
        expect(outline).to_have_text(["ScienceHeadlines", "ClimateBrief", "WorldFull", "HealthBrief"])


def test_reloading_a_saved_page_does_not_say_saved_again(chromium: Browser, site: Site) -> None:
    for page in visit(chromium):
        page.goto(f"{site.preferences}?saved")
        expect(page.get_by_text("Saved.")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Saved.")).to_be_hidden()


@pytest.mark.parametrize("width", [375, 1200])
def test_every_control_is_reached_by_keyboard_in_sight_with_a_ring(chromium: Browser, site: Site, width: int) -> None:
    for page in visit(chromium, width):
        page.goto(site.preferences)
        reached = set()
        for _ in range(100):
            page.keyboard.press("Tab")
            name, outline, is_covered, is_in_sight = page.evaluate(FOCUS)
            if name == "BODY":
                break
            reached.add(page.evaluate("document.activeElement.innerText || document.activeElement.value"))
            assert outline == "solid"
            assert not is_covered
            assert is_in_sight
        assert {"Science", "every_issue", "Save changes", "Unsubscribe from everything", "up:World"} <= reached


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 768, 1200])
def test_pages_fit_and_their_controls_are_large(
    chromium: Browser, site: Site, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    for page in visit(chromium, width, scheme, script=width != 375):

        def look(name: str, page: Page = page) -> None:
            page.screenshot(path=tmp_path / f"{name}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate(SIDEWAYS) == 0
            assert page.evaluate(SMALL_TARGETS) == []

        page.goto(site.preferences)
        look("preferences")
        page.get_by_role("checkbox", name="Sport").check()
        look("preferences-changed")
        for topic in ("Science", "World", "Climate", "Sport"):
            page.get_by_role("checkbox", name=topic).uncheck()
        page.get_by_role("button", name="Save changes").click()
        look("preferences-problem")
        page.goto(f"{site.preferences}?saved")
        look("preferences-saved")
        page.goto(site.unsubscribe)
        look("unsubscribe")
        page.get_by_role("button", name="Unsubscribe from The Weekly").click()
        look("unsubscribed")
        page.goto(site.preferences)
        look("preferences-unsubscribed")
        page.goto(f"{site.address}/preferences/x")
        look("gone")


@pytest.mark.parametrize("language", languages.translated())
def test_pages_fit_in_every_language(chromium: Browser, site: Site, tmp_path: Path, language: str) -> None:
    site.speak(language)
    for width in (320, 375, 1200):
        for page in visit(chromium, width, "dark" if width == 375 else "light"):
            for name, address in (("preferences", f"{site.preferences}?saved"), ("unsubscribe", site.unsubscribe)):
                page.goto(address)
                page.screenshot(path=tmp_path / f"{name}-{language}-{width}.png", full_page=True)
                assert page.evaluate(SIDEWAYS) == 0
                assert page.evaluate(SMALL_TARGETS) == []
                assert page.evaluate(CLIPPED) == []
                assert page.evaluate("getComputedStyle(document.body).direction") == languages.direction(language)


@pytest.mark.parametrize("language", ["en", "ar", "he"])
def test_pages_are_mirrored_where_lines_begin_on_the_right(chromium: Browser, site: Site, language: str) -> None:
    site.speak(language)
    places = """() => ['.pick input', '.pick span:last-child', '.topic .depth', '.topic .move', '.side']
        .map((at) => document.querySelector(at).getBoundingClientRect()).map((box) => box.left + box.width / 2)"""
    edges = """() => {
        const note = getComputedStyle(document.querySelector('.note'));
        return [note.borderLeftWidth, note.borderRightWidth];
    }"""
    for page in visit(chromium, 1200):
        page.goto(f"{site.preferences}?saved")
        found, mirrored = page.evaluate(places), language != "en"
        assert found == sorted(found, reverse=mirrored)
        assert page.evaluate(edges) == (["1px", "4px"] if mirrored else ["4px", "1px"])


def test_a_move_is_read_out_in_the_readers_language(chromium: Browser, site: Site) -> None:
    site.speak("de")
    for page in visit(chromium):
        page.goto(site.preferences)
        page.get_by_role("button", name="World nach oben verschieben").click()
        expect(page.locator("#said")).to_have_text("World steht jetzt an Stelle 1 von 3.")
        expect(page.locator("#outline li")).to_have_text(["WorldAusführlich", "ScienceKurz", "ClimateKurz"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing(chromium: Browser, site: Site, language: str, scheme: Literal["light", "dark"]) -> None:
    site.speak(language)
    for page in visit(chromium, 375, scheme):
        for address in (f"{site.preferences}?saved", site.unsubscribe, f"{site.address}/preferences/x"):
            page.goto(address)
            found = Axe().run(page).response["violations"]
            assert [violation["id"] for violation in found] == []
