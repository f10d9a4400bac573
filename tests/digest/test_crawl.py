"""A crawler, as scanners and link checkers are: whatever it follows out of mails and pages, nothing changes."""

import email
import email.policy
import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from digest import articles, correspondence, db, issues, planning, tables, web
from digest.config import Settings
from digest.messages import Messages
from subscribers import address_changes, admission, letters
from subscribers.admission import Application
from subscribers.letters import Kind
from subscribers.model import Frequency, Preferences
from subscribers.record import NOTHING_SHOWN
from subscribers.tokens import Tokens
from tests import audience
from tests.articles import NOW, article

LINK = re.compile(r"(?:href|action|src)=[\"']([^\"']+)", re.IGNORECASE)
BARE = re.compile(r"https?://[^\s<>\")\]]+")
MOST = 2000  # addresses; a crawl that goes beyond does not end


@pytest.fixture
def mails(database: Engine, settings: Settings) -> list[bytes]:
    """The mails of an issue to readers of different choices, one of whom left."""
    with db.transaction(database) as connection:
        pool = [article(number, topic) for number, topic in enumerate(["World", "Science", "Sport", "World"], 1)]
        articles.store(connection, pool, now=NOW)
        audience.subscriber(connection, "ada@example.org", "Science", "World", name="Ada")
        audience.subscriber(connection, "zoe@example.org", language="ar")
    issue = planning.plan(database, settings, settings.newsletter("weekly"), now=NOW).issue
    with db.reading(database) as connection:
        deliveries = list(issues.deliveries(connection, issue))
    assert len(deliveries) == 2
    return Messages(database, issue, settings).many(deliveries)


@pytest.fixture
def letters_sent(database: Engine, settings: Settings) -> list[bytes]:
    """The letters that sign-ups lead to: to confirm, that it comes already, and a welcome."""
    weekly = settings.newsletter("weekly")
    common = {"newsletter": weekly, "name": "", "preferences": Preferences(), "frequency": Frequency.EVERY_ISSUE}
    sent = []
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "known@example.org")
        for address in ("zoe@new.example", "known@example.org"):
            application = Application(email=address, language="", **common)  # type: ignore[arg-type]
            admission.ask(
                connection,
                application,
                shown=NOTHING_SHOWN,
                source="form",
                secret=audience.SECRET,
                now=datetime.now(UTC),
            )
        letters.write(
            connection,
            Kind.WELCOME,
            newsletter="weekly",
            subscriber_id=ada,
            recipient="known@example.org",
            language="",
            secret=audience.SECRET,
            now=datetime.now(UTC),
        )
        while letter := letters.claim(connection, now=datetime.now(UTC)):
            mail = correspondence.mail(connection, letter, settings)
            assert mail
            sent.append(mail.message)
    assert len(sent) == 3
    return sent


def rows(database: Engine) -> dict[str, list[str]]:
    with db.reading(database) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
        }


def links_of(mail: bytes) -> Iterator[str]:
    """Every address in a mail: of its headers, its HTML and its text part."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    yield from BARE.findall(str(message["List-Unsubscribe"]))
    for kind in ("html", "plain"):
        part = message.get_body((kind,))
        assert part is not None
        text = unescape(part.get_content())  # type: ignore[attr-defined]
        yield from LINK.findall(text)
        yield from BARE.findall(text)


def crawl(browser: TestClient, base: str, start: Iterable[str]) -> dict[str, int]:
    """GET and HEAD whatever can be reached below `base`; return each address with its status."""
    seen: dict[str, int] = {}
    waiting = deque(start)
    while waiting:
        address = waiting.popleft().split("#")[0]
        if not address.startswith(base) or address in seen:
            continue
        path = address.removeprefix(base) or "/"
        answer = browser.get(path)
        assert browser.head(path).status_code == answer.status_code
        assert "set-cookie" not in answer.headers
        seen[address] = answer.status_code
        assert len(seen) < MOST
        found = LINK.findall(unescape(answer.text)) if "html" in answer.headers.get("content-type", "") else []
        waiting.extend(urljoin(address, one) for one in [*found, answer.headers.get("location", "")] if one)
    return seen


def test_following_every_link_of_every_mail_and_page_changes_nothing(
    database: Engine, settings: Settings, mails: list[bytes], letters_sent: list[bytes]
) -> None:
    with db.transaction(database) as connection:
        change = address_changes.add(connection, 1, "weekly", "ada@new.example", now=datetime.now(UTC))
    letter = f"{settings.base_url}/address/{Tokens(audience.SECRET).address(change)}"
    before = rows(database)
    with TestClient(web.app(database, settings), follow_redirects=False) as browser:
        start = [letter, f"{settings.base_url}/subscribe", f"{settings.base_url}/subscribe/embed?newsletter=weekly"]
        start += [link for mail in [*mails, *letters_sent] for link in links_of(mail)]
        seen = crawl(browser, settings.base_url, start)

    kinds = {urlsplit(address).path.split("/")[1] for address in seen}
    readers = {"preferences", "pause", "unsubscribe", "address", "view", "story"}
    assert readers | {"static", "subscribe", "confirm", "privacy"} <= kinds
    assert {"record", "erase", "address"} <= {urlsplit(address).path.split("/")[-1] for address in seen}
    assert [address for address, status in seen.items() if status not in (200, 303, 307)] == []
    assert rows(database) == before
