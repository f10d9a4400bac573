"""What the preference page offers beside topics, and the pages around it, in a real browser."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from digest import db
from subscribers import address_changes, store
from subscribers.model import Preferences, Status
from subscribers.tokens import Tokens
from tests import audience
from tests.digest.test_pages_in_chromium import (
    CHROMIUM,
    CLIPPED,
    QUIET,
    SIDEWAYS,
    SMALL_TARGETS,
    Site,
    page,
    site,
    visit,
)
from tests.real_parts import missing

pytestmark = pytest.mark.slow
__all__ = ["page", "site"]  # fixtures
TOKENS = Tokens(audience.SECRET)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of this module."""
    if not CHROMIUM.exists():
        missing("Chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def mute(site: Site, *names: str) -> None:
    """Let Ada have muted something."""
    preferences = Preferences(("Science", "World", "Climate"), muted=names)
    with db.transaction(site.engine) as connection:
        store.change(connection, site.ada, store.Changes(preferences=preferences), now=datetime.now(UTC))


def pause_of(site: Site) -> str:
    return f"{site.address}/pause/{TOKENS.preferences(site.ada, 1, 'weekly')}"


def letter_of(site: Site) -> str:
    """Ask for a change of Ada's address; return the link in the letter."""
    with db.transaction(site.engine) as connection:
        change = address_changes.add(connection, site.ada, "weekly", "ada@new.example", now=datetime.now(UTC))
    return f"{site.address}/address/{TOKENS.address(change)}"


def test_all_choices_are_saved_and_shown_again(page: Page, site: Site) -> None:
    mute(site, "tabloid.example", "gossip.example")
    page.goto(site.preferences)
    page.get_by_label("Day", exact=True).select_option("Saturday")
    page.get_by_label("Time of day").select_option("08:00")
    page.get_by_label("Time zone").select_option(label="Tokyo (UTC+9)")
    page.get_by_label("Stories in an issue").select_option("Up to 5 stories")
    page.get_by_label("Language").select_option("Deutsch")
    page.get_by_role("checkbox", name="gossip.example").uncheck()
    page.get_by_label("Mute another source").fill("https://www.loud.example/")
    page.get_by_text("4 weeks").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#saved")).to_be_visible()
    saved = site.person()
    assert (saved.preferred_time, saved.timezone, saved.language) == ("sat 08:00", "Asia/Tokyo", "de")
    assert set(saved.preferences.muted) == {"tabloid.example", "loud.example"}
    assert saved.preferences.max_articles == 5
    assert saved.status is Status.PAUSED
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#timezone option:checked")).to_have_text("Tokio (UTC+9)")


def test_the_glimpse_follows_each_choice_by_script(chromium: Browser, site: Site) -> None:
    for window in visit(chromium):
        window.goto(site.preferences)
        expect(window.locator("#show")).to_be_hidden()
        before = window.locator("#sum").inner_text()
        first = window.locator("#first li")
        expect(first.first).to_be_visible()
        for topic in ("World", "Climate"):
            window.get_by_role("checkbox", name=topic).uncheck()
        expect(window.locator("#sum")).not_to_have_text(before)
        expect(window.locator("#outline li")).to_have_count(1)
        assert site.person().preferences.categories == ("Science", "World", "Climate")
        window.get_by_role("checkbox", name="Science").uncheck()
        expect(first).to_have_count(0)


def test_the_glimpse_is_asked_for_by_a_button_without_script(chromium: Browser, site: Site) -> None:
    for window in visit(chromium, script=False):
        window.goto(site.preferences)
        for topic in ("World", "Climate"):
            window.get_by_role("checkbox", name=topic).uncheck()
        window.get_by_label("Mute another source").fill("half typed")
        window.get_by_role("button", name="Show what my choices bring").click()
        expect(window.locator("#outline li")).to_have_count(1)
        expect(window.get_by_text("Not saved yet")).to_be_visible()
        expect(window.get_by_label("Mute another source")).to_have_value("half typed")
        assert site.person().preferences.categories == ("Science", "World", "Climate")


def test_a_glimpse_that_cannot_be_had_brings_the_button_back(chromium: Browser, site: Site) -> None:
    context = chromium.new_context()
    window = context.new_page()
    window.goto(site.preferences)
    window.route("**/preview", lambda route: route.abort())
    window.get_by_role("checkbox", name="World").uncheck()
    expect(window.locator("#show")).to_be_visible()
    context.close()


def test_a_break_until_a_date_is_chosen_by_keyboard(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    expect(page.get_by_label("Mail comes again on")).to_be_hidden()
    page.get_by_role("radio", name="No break").focus()
    page.keyboard.press("ArrowUp")  # around to the last
    day = (datetime.now(UTC) + timedelta(days=20)).date()
    page.get_by_label("Mail comes again on").fill(day.isoformat())
    page.get_by_label("Mute another source").press("Enter")
    expect(page.locator("#saved")).to_be_visible()
    until = site.person().paused_until
    assert until is not None
    assert until.date() == day
    page.get_by_text("No break").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Your next issue follows these choices.")).to_be_visible()
    assert site.person().status is Status.CONFIRMED


def test_the_mails_pause_link_is_one_button_and_an_undo(page: Page, site: Site) -> None:
    page.goto(pause_of(site))
    page.get_by_role("button", name="Pause for two weeks").press("Enter")
    expect(page.get_by_role("heading", name="You have a break")).to_be_visible()
    assert site.person().status is Status.PAUSED
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert site.person().status is Status.CONFIRMED


def test_a_change_of_address_from_the_page_to_the_new_mailbox(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    page.get_by_role("link", name="Change").click()
    page.get_by_label("New address").fill("nobody")
    page.get_by_role("button", name="Send the letter").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").click()
    assert page.evaluate("location.hash") == "#email"
    page.get_by_label("New address").fill("ada@new.example")
    page.get_by_label("New address").press("Enter")
    expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()
    page.goto(f"{site.address}/address/{TOKENS.address(1)}")
    page.get_by_role("button", name="Send my mail here").click()
    assert site.person().email == "ada@new.example"
    page.get_by_role("link", name="Your preferences").click()
    expect(page.get_by_role("checkbox", name="Science")).to_be_checked()


def test_the_record_is_downloaded_and_erased(page: Page, site: Site) -> None:
    page.goto(site.preferences)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "weekly-record.json"
    assert "ada@example.org" in download.value.path().read_text()
    page.get_by_role("link", name="Erase").click()
    page.get_by_role("button", name="Erase me").click()
    expect(page.get_by_role("heading", name="You are erased")).to_be_visible()
    with db.reading(site.engine) as connection:
        assert store.by_id(connection, site.ada) is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1200])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_fits_and_axe_finds_nothing(
    chromium: Browser, site: Site, tmp_path: Path, language: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    mute(site, "tabloid.example", "Sport")
    site.speak(language)
    letter = letter_of(site)
    for window in visit(chromium, width, scheme):

        def look(name: str, window: Page = window) -> None:
            window.screenshot(path=tmp_path / f"{name}.png", full_page=True)
            assert window.evaluate(SIDEWAYS) == 0
            assert window.evaluate(SMALL_TARGETS) == []
            assert window.evaluate(CLIPPED) == []
            assert [violation["id"] for violation in Axe().run(window).response["violations"]] == []

        window.goto(site.preferences)
        window.locator("[value=date] + span").click()
        look("until a date")
        for topic in ("Science", "World", "Climate"):
            window.locator(f"[name=topic][value={topic}]").uncheck()
        window.locator("#mute").fill("no domain")
        window.locator(".bar .button").first.click()
        expect(window.locator("#no-day")).to_be_visible()
        look("three problems")
        for name, address in (("address", f"{site.preferences}/address"), ("erase", f"{site.preferences}/erase")):
            window.goto(address)
            look(name)
        window.goto(f"{site.preferences}/address")
        window.locator("#email").fill("nobody")
        window.locator("form .button").first.click()
        look("no address")
        window.goto(pause_of(site))
        look("pause?")
        window.locator("form .button").click()
        look("paused")
        window.goto(site.preferences)
        look("preferences with a break")
        window.goto(letter)
        look("new address?")
        window.locator("form .button").click()
        look("new address")
