"""The browser that lays mails out: found on this machine, never downloaded, and cut off from every network."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from digest.quality.missing import Missing

if TYPE_CHECKING:  # an optional part: `digest check` says how to get it
    from playwright.sync_api import Browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
GET = "pip install 'digest-mailer[check]' and apt-get install chromium"
ARGUMENTS = (
    "--no-sandbox",  # in containers there is no user namespace; mails run no script here (see pane)
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--hide-scrollbars",
    # The pane answers every request before it leaves; this stops what it never sees, such as <link rel=dns-prefetch>.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-color-profile=srgb",
)


def find() -> Path | Missing:
    """Return the program of an installed Chromium or Chrome that playwright can drive."""
    parts = ("playwright", "axe_playwright_python")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None or not all(importlib.util.find_spec(part) for part in parts):
        return Missing("Chromium", GET)
    return Path(program)


@contextmanager
def opened(program: Path) -> Iterator["Browser"]:
    """One browser for a whole run of checks; starting it takes half a second. Not for use inside an asyncio loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
