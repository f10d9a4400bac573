"""Calls over HTTP to a real server on loopback, which fails as it is told to."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from digest import db, tables, worker
from digest.config import Settings
from digest.engine import Stop
from digest.ingest import connections
from digest.webhook_settings import Webhook
from digest.webhooks import calls, posting, telling
from subscribers import consent, store, suppression
from tests import audience, web_server
from tests.conftest import NOW
from tests.web_server import Handler, Server, answer, redirect, trickle

KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()
DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[Server]:
    """The program that is told."""
    with web_server.running() as server:
        yield server


def webhook(server: Server, path: str = "/heard", **more: Any) -> Webhook:
    known = {"name": "crm", "secret": SECRET, "allow_private_addresses": True}
    return Webhook(url=server.url(path), **{**known, **more})


@pytest.fixture
def waiting(database: Engine) -> Callable[..., None]:
    """Write calls of a webhook that are due."""
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "ada@example.org")

    def write(*ids: str, name: str = "crm") -> None:
        with db.transaction(database) as connection:
            calls.write(connection, [(name, ada, json.dumps({"id": one, "type": "changed"})) for one in ids], now=NOW)

    return write


def tell(database: Engine, *webhooks: Webhook, now: datetime = NOW) -> list[str]:
    return telling.tell(database, webhooks, clock=lambda: now, is_stopped=lambda: False)


def stored(database: Engine) -> list[tuple[str, int, int]]:
    table = tables.webhook_calls.c
    with db.reading(database) as connection:
        rows = connection.execute(select(table.status, table.code, table.attempts).order_by(table.id))
        return [(row.status, row.code, row.attempts) for row in rows]


def heard(server: Server) -> list[str]:
    return [json.loads(body)["id"] for body in server.bodies]


def test_calls_arrive_signed_and_in_order(database: Engine, server: Server, waiting: Callable[..., None]) -> None:
    server.pages["/heard"] = answer(b"thanks", status=202)
    waiting("evt_1", "evt_2", "evt_3")

    assert tell(database, webhook(server)) == []

    assert heard(server) == ["evt_1", "evt_2", "evt_3"]
    assert stored(database) == [("done", 202, 1)] * 3
    headers, body = server.asked[0][1], server.bodies[0]
    signed = f"evt_1.{int(NOW.timestamp())}.".encode() + body
    mac = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert (headers["webhook-id"], headers["webhook-signature"]) == ("evt_1", f"v1,{mac}")
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("Digest/")


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, 302])
def test_call_that_is_not_heard_ends_the_run_and_comes_back(
    database: Engine, server: Server, waiting: Callable[..., None], status: int
) -> None:
    server.pages["/heard"] = answer(b"no", status=status)
    waiting("evt_1", "evt_2")

    complaints = tell(database, webhook(server))

    assert complaints == [f"webhook “crm”: the program answers {status}; it is called again, for three days"]
    assert stored(database) == [("waiting", status, 1), ("waiting", 0, 0)]
    server.pages["/heard"] = answer(b"")
    assert tell(database, webhook(server), now=NOW + timedelta(minutes=2)) == []
    assert heard(server) == ["evt_1", "evt_1", "evt_2"]
    assert [status for status, _, _ in stored(database)] == ["done", "done"]


def test_redirect_is_not_followed(database: Engine, server: Server, waiting: Callable[..., None]) -> None:
    server.pages["/heard"] = redirect("/elsewhere", status=307)
    server.pages["/elsewhere"] = answer(b"")
    waiting("evt_1")

    tell(database, webhook(server))

    assert [path for path, _ in server.asked] == ["/heard"]
    assert stored(database) == [("waiting", 307, 1)]


def test_410_ends_it_at_once(database: Engine, server: Server, waiting: Callable[..., None]) -> None:
    server.pages["/heard"] = answer(b"", status=410)
    waiting("evt_1")

    (complaint,) = tell(database, webhook(server))

    assert "take it out of the settings" in complaint
    assert stored(database) == [("failed", 410, 1)]


def test_one_that_is_down_does_not_keep_the_others_waiting(
    database: Engine, server: Server, waiting: Callable[..., None]
) -> None:
    server.pages["/heard"] = answer(b"")
    waiting("evt_1", name="down")
    waiting("evt_2", name="up")
    down = webhook(server, name="down").model_copy(update={"url": "http://127.0.0.1:1/"})

    (complaint,) = tell(database, down, webhook(server, name="up"))

    assert complaint.startswith("webhook “down”: it cannot be reached")
    assert heard(server) == ["evt_2"]


def test_stopping_ends_the_run_between_two_calls(
    database: Engine, server: Server, waiting: Callable[..., None]
) -> None:
    server.pages["/heard"] = answer(b"")
    waiting("evt_1", "evt_2")

    telling.tell(database, [webhook(server)], clock=lambda: NOW, is_stopped=lambda: bool(server.bodies))

    assert heard(server) == ["evt_1"]
    assert stored(database)[1] == ("waiting", 0, 0)


def test_time_for_one_run_is_bounded(database: Engine, server: Server, waiting: Callable[..., None]) -> None:
    server.pages["/heard"] = answer(b"")
    waiting("evt_1")

    telling.tell(database, [webhook(server)], clock=lambda: NOW, is_stopped=lambda: False, seconds=0)

    assert server.bodies == []


# one call


def post(hook: Webhook, seconds: float = 5) -> posting.Answer:
    return posting.post(hook, b"{}", {"webhook-id": "evt_1"}, connections.network(), timeout_seconds=seconds)


def test_inner_addresses_are_refused_unless_allowed(server: Server) -> None:
    closed = webhook(server).model_copy(update={"allow_private_addresses": False})

    found = post(closed)

    assert found.code == 0
    assert "set allow_private_addresses = true in [[webhooks]] “crm”" in found.reason
    assert server.asked == []


def test_body_is_not_read_however_long_it_is(server: Server) -> None:
    server.pages["/heard"] = trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 65536)

    assert post(webhook(server)).is_heard


def test_answer_that_never_comes_ends_at_the_time_limit(server: Server) -> None:
    server.pages["/heard"] = trickle(b"", b"")
    started = time.monotonic()

    found = post(webhook(server), seconds=0.3)

    assert found == posting.Answer(0, "no answer within 0.3 seconds")
    assert time.monotonic() - started < 3


def test_line_that_is_no_answer_is_none(server: Server) -> None:
    def another_protocol(handler: Handler) -> None:
        handler.wfile.write(b"SSH-2.0\r\n\r\n")

    server.pages["/heard"] = another_protocol

    found = post(webhook(server))

    assert (found.code, found.is_heard) == (0, False)
    assert found.reason


# from consent to the program


def test_worker_tells_what_happened(database: Engine, settings: Settings, server: Server) -> None:
    server.pages["/heard"] = answer(b"")
    ours = settings.model_copy(update={"webhooks": (webhook(server),)})
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "ada@example.org")
        person = store.by_id(connection, ada)
        assert person
        consent.unsubscribe(connection, person, settings.newsletters, newsletter=None, source="page", now=NOW)

    done = worker.tick(database, ours, clock=lambda: NOW, stop=Stop(), tell=lambda _: None)

    (body,) = server.bodies
    said = json.loads(body)
    assert done.complaints == ()
    assert (said["type"], said["data"]["subscriber"]["status"]) == ("unsubscribed", "unsubscribed")


def test_worker_complains_of_a_program_that_does_not_hear(database: Engine, settings: Settings, server: Server) -> None:
    ours = settings.model_copy(update={"webhooks": (webhook(server, "/nowhere"),)})
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "ada@example.org")
        suppression.add(connection, "ada@example.org", reason="bounced", source="test", secret=audience.SECRET, now=NOW)

    done = worker.tick(database, ours, clock=lambda: NOW, stop=Stop(), tell=lambda _: None)

    assert ada
    assert done.complaints == ("webhook “crm”: the program answers 404; it is called again, for three days",)
    assert "ada@example.org" not in str(done.complaints)
