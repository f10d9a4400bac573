"""A reader's whole way, as they go it: a real server, a real mailbox, a real browser, and the clock put on."""

import email
import email.policy
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests import smtp_server
from tests.digest.test_pages_in_chromium import chromium
from tests.test_whole_job import digest

__all__ = ["chromium"]  # a fixture

ADDRESS = "zoe@reader.example"
CATEGORIES = ("World", "Science", "Sport", "Business")
LEAST_SECONDS = 2.2  # a form that is sent sooner was filled in by a program


@dataclass
class Walk:
    """An installation that serves and sends, and what its reader does with it."""

    folder: Path
    site: str
    mailbox: smtp_server.Process
    page: Page

    def show(self) -> dict[str, Any]:
        """Return the reader as `subscribers show` does."""
        found: dict[str, Any] = json.loads(digest(self.folder, "subscribers", "show", ADDRESS, "--json"))
        return found

    def publish(self, number: int, at: datetime) -> None:
        """Take in an article of each category."""
        records = [
            {
                "id": f"{category}-{number}",
                "url": f"https://news.example/{category.lower()}/{number}",
                "title": f"{category} story {number}",
                "category": category,
                "language": "en",
                "publishedAt": at.isoformat(),
                "summary": f"## TL;DR\n- The gist of {category} {number}\n\n## Why it matters\nIt changes {category}.",
            }
            for category in CATEGORIES
        ]
        (self.folder / "articles.json").write_text(json.dumps(records))
        found = json.loads(digest(self.folder, "ingest", "articles.json", "--json"))
        assert (found["added"], found["rejected"]) == (len(CATEGORIES), [])

    def issue(self, now: datetime) -> dict[str, Any]:
        """Plan and send the next issue at an instant; return what was planned."""
        planned: dict[str, Any] = json.loads(digest(self.folder, "plan", "weekly", "--now", now.isoformat(), "--json"))
        digest(self.folder, "send", planned["issue"], "--now", now.isoformat(), "--json")
        return planned

    def newest_mail(self, count: int) -> EmailMessage:
        """Return the mail that came last, when there are so many."""
        *_, newest = self.mailbox.accepted_soon(count)
        assert newest.recipient == ADDRESS
        message = email.message_from_bytes(newest.message, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def sign_up(self) -> None:
        """Ask for Science and Sport, and follow the link in the letter."""
        self.page.goto(f"{self.site}/subscribe")
        self.page.get_by_label("Email address").fill(ADDRESS)
        for topic in ("Science", "Sport"):
            self.page.get_by_role("checkbox", name=topic).check()
        time.sleep(LEAST_SECONDS)
        self.page.get_by_role("button", name="Subscribe").click()
        expect(self.page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()
        assert self.show()["status"] == "pending"
        self.page.goto(link(self.newest_mail(1), "/confirm/"))
        self.page.get_by_role("button", name="Confirm").click()
        expect(self.page.get_by_role("heading", name="You are subscribed")).to_be_visible()

    def choose(self) -> None:
        """Put Sport first, as headlines only."""
        self.page.get_by_role("link", name="Choose topics and depth").click()
        self.page.get_by_role("button", name="Move Sport up").click()
        sport = self.page.get_by_role("group", name="How deep, for Sport")
        sport.get_by_text("Headlines").click()
        self.page.get_by_role("button", name="Save changes").click()
        expect(self.page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()


def link(message: EmailMessage, path: str) -> str:
    """Return the first link of a mail's text part to a page of ours."""
    text = message.get_body(("plain",))
    assert isinstance(text, EmailMessage)
    found = re.search(rf"http://\S+{path}[A-Za-z0-9._-]+", text.get_content())
    assert found, text.get_content()
    return found[0]


def words(message: EmailMessage) -> str:
    text = message.get_body(("plain",))
    assert isinstance(text, EmailMessage)
    return " ".join(text.get_content().split())


@contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    """Run `digest serve`; end it as a user does."""
    words = [sys.executable, "-m", "digest", "--config", "digest.toml", "serve", "--port", str(port)]
    with (folder / "log").open("w") as log, subprocess.Popen(words, cwd=folder, stdout=log, stderr=log) as server:
        try:
            site = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 30
            while True:
                try:
                    httpx2.get(f"{site}/healthz").raise_for_status()
                    break
                except httpx2.HTTPError:
                    assert server.poll() is None and time.monotonic() < until, (folder / "log").read_text()
                    time.sleep(0.1)
            yield site
        finally:
            os.kill(server.pid, signal.SIGTERM)


@pytest.fixture
def walk(tmp_path: Path, chromium: Browser) -> Iterator[Walk]:
    """An installation with articles, its server, and a reader's phone."""
    digest(tmp_path, "init")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with smtp_server.running(tmp_path / "inbox") as mailbox:
        settings = (tmp_path / "digest.toml").read_text()
        for former, new in (
            ("port = 587", f"port = {mailbox.port}"),
            ('tls = "starttls"', 'tls = "none"'),
            ('base_url = "http://127.0.0.1:8000"', f'base_url = "http://127.0.0.1:{port}"'),
            ('postal_address = ""', 'postal_address = "1 Example Street"'),
        ):
            assert former in settings
            settings = settings.replace(former, new)
        (tmp_path / "digest.toml").write_text(settings)
        with serving(tmp_path, port) as site:
            window = chromium.new_page(viewport={"width": 375, "height": 800})
            yield Walk(tmp_path, site, mailbox, window)
            window.close()


@pytest.mark.slow
def test_a_reader_subscribes_chooses_pauses_comes_back_leaves_and_returns(walk: Walk) -> None:
    begun = datetime.now(UTC)
    walk.publish(1, begun - timedelta(hours=2))
    walk.sign_up()
    walk.choose()
    person = walk.show()
    assert (person["status"], person["categories"], person["depth"]) == (
        "confirmed",
        ["Sport", "Science"],
        {"Sport": "headlines"},
    )
    welcome = walk.newest_mail(2)
    assert "Welcome" in welcome["Subject"]

    # the next issue shows exactly that
    planned = walk.issue(begun + timedelta(minutes=5))
    mail = walk.newest_mail(3)
    said = words(mail)
    assert said.index("Sport story 1") < said.index("Science story 1") < said.index("The gist of Science 1")
    assert not any(other in said for other in ("gist of Sport", "World story", "Business story"))
    assert planned["deliveries"] == 1

    # a break, and the return that needs nobody
    walk.page.goto(link(mail, "/pause/"))
    walk.page.get_by_role("button", name="Pause for two weeks").click()
    expect(walk.page.get_by_role("heading", name="You have a break")).to_be_visible()
    assert walk.show()["status"] == "paused"
    walk.publish(2, begun + timedelta(days=6))
    assert walk.issue(begun + timedelta(days=7))["skipped"] == {"paused": 1}
    walk.publish(3, begun + timedelta(days=14))
    assert walk.issue(begun + timedelta(days=15))["deliveries"] == 1
    mail = walk.newest_mail(4)
    assert "Sport story 3" in words(mail)

    # out with one click, as a mail program does it, and back
    (address,) = re.findall(r"<(http[^>]+)>", mail["List-Unsubscribe"])
    answer = httpx2.post(address, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
    assert (answer.status_code, answer.cookies) == (200, {})
    assert walk.show()["status"] == "unsubscribed"
    walk.publish(4, begun + timedelta(days=21))
    assert walk.issue(begun + timedelta(days=22))["deliveries"] == 0
    walk.page.goto(address)
    walk.page.get_by_role("button", name="Undo").click()
    expect(walk.page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert walk.show()["status"] == "confirmed"
    walk.publish(5, begun + timedelta(days=28))
    assert walk.issue(begun + timedelta(days=29))["deliveries"] == 1
    assert "Science story 5" in words(walk.newest_mail(5))

    # and nothing of them in the log
    log = (walk.folder / "log").read_text()
    assert "/unsubscribe/{token}" in log
    assert ADDRESS not in log
    assert address.rpartition("/")[2] not in log
