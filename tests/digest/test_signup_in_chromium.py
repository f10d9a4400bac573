"""Signing up in a real browser: by pointer and keyboard, with and without script, in any size, colour and language."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from digest import db, languages, planning, tables
from digest.config import Settings
from subscribers import store
from subscribers.model import Status
from subscribers.signup_desk import LEAST_AGE
from subscribers.tokens import Tokens
from tests import audience
from tests.digest.test_pages_in_chromium import SIDEWAYS, Site, chromium, site, visit

__all__ = ["chromium", "site"]  # fixtures

pytestmark = pytest.mark.slow

SMALL = """() => [...document.querySelectorAll('.button, .pick, :is(.picks, .paces) label, .field input, .choice a')]
    .filter((e) => !e.closest('.unseen') && e.type !== 'checkbox' && e.type !== 'radio')
    .filter((e) => e.checkVisibility()).map((e) => [e.innerText || e.name, e.getBoundingClientRect()])
    .filter(([, box]) => box.height < 44).map(([name]) => name)"""


def confirm_link(site: Site) -> str:
    """Return the newest link that a letter would carry."""
    with db.reading(site.engine) as connection:
        query = select(tables.signups.c.id).order_by(tables.signups.c.id.desc()).limit(1)
        number = connection.execute(query).scalar_one()
    return f"{site.address}/confirm/{Tokens(audience.SECRET).confirm(number)}"


def wait_as_people_do() -> None:
    """Let a form become old enough to count."""
    time.sleep(LEAST_AGE.total_seconds() + 0.1)


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A wide window, with and without JavaScript."""
    yield from visit(chromium, script=request.param)


def test_somebody_signs_up_confirms_and_finds_their_choices(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/subscribe")
    page.get_by_label("Email address").fill("zoe example.org")
    page.get_by_label("First name").fill("Zoë")
    page.get_by_role("checkbox", name="Sport").check()
    page.get_by_role("radio", name="Monthly").check()
    wait_as_people_do()
    page.get_by_role("button", name="Subscribe").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_label("Email address")).to_have_accessible_description("Write it like name@example.org.")
    expect(page.get_by_role("checkbox", name="Sport")).to_be_checked()
    expect(page.get_by_label("First name")).to_have_value("Zoë")
    page.get_by_label("Email address").fill("zoe@example.org")
    wait_as_people_do()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()

    page.goto(confirm_link(site))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()
    page.get_by_role("link", name="Choose topics and depth").click()
    expect(page.get_by_role("checkbox", name="Sport")).to_be_checked()
    expect(page.get_by_role("checkbox", name="World")).not_to_be_checked()
    expect(page.get_by_role("radio", name="Monthly")).to_be_checked()
    with db.reading(site.engine) as connection:
        zoe = store.by_email(connection, "zoe@example.org")
    assert zoe
    assert (zoe.status, zoe.name, zoe.preferences.categories) == (Status.CONFIRMED, "Zoë", ("Sport",))


def test_the_form_can_be_used_by_keyboard_and_the_trap_is_not_met(chromium: Browser, site: Site) -> None:
    for page in visit(chromium, 375):
        page.goto(f"{site.address}/subscribe")
        reached = []
        for _ in range(20):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.name || document.activeElement.innerText"))
            if reached[-1] == "Subscribe":
                break
        assert reached == [
            "email",
            "name",
            *["topic"] * 8,
            "frequency",
            "What we store about you, and why",
            "Subscribe",
        ]
        assert page.get_by_label("Leave this empty").count() in (0, 1)
        page.get_by_label("Email address").fill("zoe@example.org")
        wait_as_people_do()
        page.get_by_label("Email address").press("Enter")
        expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()


def test_the_snippet_on_another_site_leads_to_our_form(chromium: Browser, site: Site, tmp_path: Path) -> None:
    for page in visit(chromium, 375):
        page.goto(f"{site.address}/subscribe/embed?newsletter=weekly")
        lines = page.get_by_label("HTML").input_value()
        blog = tmp_path / "blog.html"
        blog.write_text(lines.replace("https://news.example.com", site.address))
        page.goto(blog.as_uri())
        page.get_by_label("Email address").fill("zoe@example.org")
        page.get_by_label("Science").check()
        page.get_by_role("button").click()
        expect(page.get_by_role("alert")).to_contain_text("One more press.")
        expect(page.get_by_label("Email address")).to_have_value("zoe@example.org")
        expect(page.get_by_role("checkbox", name="Science")).to_be_checked()
        wait_as_people_do()
        page.get_by_role("button", name="Subscribe").click()
        expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()


def test_a_script_on_another_site_may_post_json_and_read_the_answer(
    chromium: Browser, site: Site, tmp_path: Path
) -> None:
    blog = tmp_path / "blog.html"
    blog.write_text("<!doctype html><title>A blog</title>")
    send = """async (url) => {
        const headers = {"Content-Type": "application/json"};
        const answer = await fetch(url, {method: "POST", headers, body: JSON.stringify({email: "zoe@example.org"})});
        return [answer.status, await answer.json()];
    }"""
    for page in visit(chromium):
        page.goto(blog.as_uri())
        assert page.evaluate(send, f"{site.address}/subscribe") == [202, {"status": "pending"}]
    assert confirm_link(site)


def walk(page: Page, site: Site, language: str = "en") -> list[tuple[str, str | None]]:
    """Return every page of signing up: a name and an address, or None for the page that a press leads to."""
    with db.transaction(site.engine) as connection:
        connection.execute(tables.letters.delete())  # so that every walk is the first of its day
    page.set_extra_http_headers({"Accept-Language": language})
    page.request.post(
        f"{site.address}/subscribe", data={"email": f"p{time.monotonic_ns()}@example.org", "language": language}
    )
    return [
        ("subscribe", f"{site.address}/subscribe"),
        ("problem", None),
        ("embed", f"{site.address}/subscribe/embed"),
        ("choice", f"{site.address}/subscribe?newsletter=nope"),
        ("confirm", confirm_link(site)),
        ("confirmed", None),
        ("gone", f"{site.address}/confirm/x"),
    ]


def go(page: Page, address: str | None) -> None:
    if address is None:
        page.locator("form .button").last.click()
    else:
        page.goto(address)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1200])
def test_pages_fit_their_controls_are_large_and_axe_finds_nothing(
    chromium: Browser, site: Site, settings: Settings, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    planning.plan(site.engine, settings, settings.newsletter("weekly"), now=datetime.now(UTC))
    with db.transaction(site.engine) as connection:
        connection.execute(update(tables.issues).values(released_at=datetime.now(UTC)))
    for page in visit(chromium, width, scheme):
        for name, address in walk(page, site):
            go(page, address)
            page.screenshot(path=tmp_path / f"{name}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate(SIDEWAYS) == 0
            assert page.evaluate(SMALL) == []
            assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []


@pytest.mark.parametrize("language", languages.translated())
def test_pages_fit_in_every_language(chromium: Browser, site: Site, language: str) -> None:
    for page in visit(chromium, 320):
        for _, address in walk(page, site, language):
            go(page, address)
            assert page.evaluate(SIDEWAYS) == 0
            assert page.evaluate("document.documentElement.dir") == languages.direction(language)
