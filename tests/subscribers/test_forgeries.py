"""Forged tokens at every public address that takes one: each is answered as a dead link, and nothing changes."""

import string
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from starlette.routing import BaseRoute

from digest import articles, db, planning, tables, web
from digest.config import Settings
from subscribers import address_changes, signups
from subscribers.model import Frequency, Preferences
from subscribers.tokens import Tokens
from tests import audience
from tests.articles import NOW, article

BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
ADA, ISSUE, SIGNUP, CHANGE, NOBODY = 1, 1, 1, 1, 4711
DEAD = {404, 410}
STUDIO = "/studio/"  # for editors, with a session of its own
SUBMITTED = {"List-Unsubscribe": "One-Click", "from": "everything", "depth": "full", "undo": "yes", "confirm": "yes"}


def links(tokens: Tokens, version: int = 1, person: int = ADA) -> dict[str, str]:
    """Return a token of each purpose; `person` also stands for what only an id names."""
    return {
        "unsubscribe": tokens.unsubscribe(person, "weekly"),
        "preferences": tokens.preferences(person, version, "weekly"),
        "view": tokens.view(ISSUE, person, 1),
        "story": tokens.story(ISSUE, person, version),
        "confirm": tokens.confirm(SIGNUP if person == ADA else person),
        "address": tokens.address(CHANGE if person == ADA else person),
    }


GENUINE = links(Tokens(audience.SECRET))
PURPOSE = {"pause": "preferences"} | {purpose: purpose for purpose in GENUINE}  # of an address, by how it begins


def flipped(token: str) -> Iterator[str]:
    """Change each character of the signature, and each of what is signed."""
    start = token.rindex(".") + 1
    for place, character in enumerate(token):
        if place >= start:
            yield token[:place] + BASE64[(BASE64.index(character) + 1) % 64] + token[place + 1 :]
        elif character != ".":
            yield token[:place] + chr(ord(character) ^ 1) + token[place + 1 :]


def cut(token: str) -> Iterator[str]:
    yield from (token[:-length] for length in range(1, len(token), 3))
    yield from (token[length:] for length in range(1, len(token), 7))
    yield from (token + more for more in ("A", ".", "=", "==", " ", "\n", "\x00", ".A", "-", "~", "\u200b"))
    yield from (more + token for more in ("0", "1", ".", " ", "-", "+", "\ufeff"))


def spelled(token: str) -> Iterator[str]:
    """Write the same bytes, or the same numbers, in other ways."""
    last = BASE64.index(token[-1])
    yield from (token[:-1] + BASE64[other] for other in range(last // 16 * 16, last // 16 * 16 + 16) if other != last)
    yield from (token.swapcase(), token.upper(), token.replace(".", ":"), token.replace(".", ".."))
    yield token.replace("-", "+").replace("_", "/").replace("/", "%2F") + "=="
    for digits in ("٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"):
        value, _, mac = token.rpartition(".")
        yield value.translate(str.maketrans(string.digits, digits)) + "." + mac


def borrowed(purpose: str) -> Iterator[str]:
    """Take what was signed for something else, by somebody else, for nobody, or in a version that is revoked."""
    others = {other: token for other, token in GENUINE.items() if other != purpose}
    value, _, own = GENUINE[purpose].rpartition(".")
    yield from others.values()
    yield from (f"{value}.{token.rpartition('.')[2]}" for token in others.values())
    yield from (f"{token.rpartition('.')[0]}.{own}" for token in others.values())
    yield links(Tokens(b"another key of more than thirty-two characters"))[purpose]
    yield links(Tokens(audience.SECRET[:-1]))[purpose]
    yield links(Tokens(audience.SECRET), person=NOBODY)[purpose]
    if purpose in ("preferences", "story"):
        yield from (links(Tokens(audience.SECRET), version=version)[purpose] for version in (0, 2, 10**17))


NOTHING = ("0", "...", "null", "undefined", "{token}", "1", "1.weekly", "1.1.weekly", "' or 1=1 --", "%", "9" * 300)


def forgeries(purpose: str) -> list[str]:
    """Return every forgery of a purpose's token, each once."""
    token = GENUINE[purpose]
    found: Iterable[str] = (*flipped(token), *cut(token), *spelled(token), *borrowed(purpose), *NOTHING)
    return [one for one in dict.fromkeys(found) if one and one != token]


def routes(found: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield (method, path) of each address of an application."""
    for route in found:
        if hasattr(route, "path") and hasattr(route, "methods"):
            yield from ((method, route.path) for method in sorted(route.methods or ()))
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router.routes)


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A browser, and a database in which each genuine token opens something."""
    with db.transaction(database) as connection:
        assert audience.subscriber(connection, "ada@example.org") == ADA
        articles.store(connection, [article(number) for number in range(1, 4)], now=NOW)
        asked: Any = {"name": "", "preferences": Preferences(), "frequency": Frequency.EVERY_ISSUE, "language": ""}
        assert signups.add(connection, ADA, "weekly", **asked, now=datetime.now(UTC)) == SIGNUP
        assert address_changes.add(connection, ADA, "weekly", "ada@new.example", now=datetime.now(UTC)) == CHANGE
    assert planning.plan(database, settings, settings.newsletter("weekly"), now=NOW).issue.id == ISSUE
    with TestClient(web.app(database, settings), follow_redirects=False) as browser:
        yield browser


def addresses(client: TestClient) -> list[tuple[str, str]]:
    """Return (method, path) of every public address with a token."""
    app: Any = client.app
    found = [one for one in routes(app.routes) if "{token}" in one[1] and not one[1].startswith(STUDIO)]
    assert {path.split("/")[1] for _, path in found} >= {"unsubscribe", "preferences", "view", "story"}
    return found


def purpose_of(path: str) -> str:
    """Return whose token an address takes; an address that is new must be added to PURPOSE."""
    return PURPOSE[path.split("/")[1]]


def rows(database: Engine) -> dict[str, list[str]]:
    with db.reading(database) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
        }


def answer(client: TestClient, method: str, path: str, token: str) -> int:
    address = path.replace("{token}", quote(token, safe="")).replace("{number}", "1")
    assert "{" not in address
    return client.request(method, address, data=SUBMITTED if method == "POST" else None).status_code


def test_the_genuine_tokens_do_open_something(client: TestClient) -> None:
    for method, path in addresses(client):
        if method == "GET":
            assert answer(client, method, path, GENUINE[purpose_of(path)]) == 200, path


def test_there_are_more_than_two_hundred_forgeries() -> None:
    distinct = {(purpose, token) for purpose in GENUINE for token in forgeries(purpose)}

    assert len(distinct) > 500
    assert all(len(forgeries(purpose)) > 80 for purpose in GENUINE)


@pytest.mark.slow
def test_no_forgery_opens_or_changes_anything(client: TestClient, database: Engine) -> None:
    before = rows(database)
    for method, path in addresses(client):
        answers = {token: answer(client, method, path, token) for token in forgeries(purpose_of(path))}
        assert {token: status for token, status in answers.items() if status not in DEAD} == {}, (method, path)
        assert rows(database) == before
