"""Letters on their way: each once, committed before it is handed over, and put off while the server is in the way."""

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine, select, update

from digest import db, post_office, tables, web, worker
from digest.config import Settings, Smtp
from digest.dkim_settings import Dkim
from digest.engine import Stop
from digest.errors import ServerError, ServerRefusedError, SettingsError
from digest.model import DeliveryStatus
from digest.post_office import PostOffice
from subscribers import letters, store
from subscribers.letters import Kind
from tests import audience
from tests.conftest import NOW
from tests.smtp_server import Accepted, Conduct, Process, running
from tests.subscribers.test_signup_circuit import write as write_signups

pytestmark = pytest.mark.slow  # a server in a process of its own takes a second to start


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A server that takes mail."""
    with running(tmp_path_factory.mktemp("mail")) as process:
        yield process


def with_server(settings: Settings, port: int) -> Settings:
    smtp = Smtp(host="127.0.0.1", port=port, tls="none", password=SecretStr(""))
    return settings.model_copy(update={"smtp": smtp})


def write(engine: Engine, *recipients: str, now: datetime = NOW) -> None:
    with db.transaction(engine) as connection:
        for recipient in recipients:
            person = audience.subscriber(connection, recipient)
            letters.write(
                connection, Kind.KNOWN, newsletter="weekly", subscriber_id=person, recipient=recipient, language="",
                secret=audience.SECRET, now=now,
            )  # fmt: skip


def statuses(engine: Engine) -> list[tuple[str, str]]:
    table = tables.letters.c
    with db.reading(engine) as connection:
        rows = connection.execute(select(table.status, table.recipient).order_by(table.id))
        return [(row.status, row.recipient) for row in rows]


def send(engine: Engine, settings: Settings, at: datetime = NOW) -> int:
    return post_office.send_due(engine, settings, clock=lambda: at, stop=Stop())


def sent_to(server: Process, recipient: str) -> list[Accepted]:
    return [mail for mail in server.accepted() if mail.recipient == recipient]


def test_a_letter_is_sent_once_and_its_address_forgotten(database: Engine, settings: Settings, server: Process) -> None:
    here = with_server(settings, server.port)
    name = f"ada-{database.dialect.name}@example.org"
    write(database, name)
    assert send(database, here) == 1
    assert send(database, here) == 0
    [mail] = sent_to(server, name)
    assert mail.sender == "weekly@news.example.com"
    assert b"Subject: You get The Weekly already\r\n" in mail.message
    assert statuses(database) == [("accepted", "")]


def test_each_reply_becomes_its_status(database: Engine, settings: Settings, server: Process) -> None:
    here = with_server(settings, server.port)
    kind = database.dialect.name
    people = {
        f"rcpt-550.a-{kind}@example.org": DeliveryStatus.REJECTED,
        f"message-lost.b-{kind}@example.org": DeliveryStatus.UNKNOWN,
        f"data-drop.c-{kind}@example.org": DeliveryStatus.DEFERRED,
        f"message-450.d-{kind}@example.org": DeliveryStatus.DEFERRED,
        f"e-{kind}@example.org": DeliveryStatus.ACCEPTED,
    }
    write(database, *people)
    assert send(database, here) == 1
    found = statuses(database)
    assert [status for status, _ in found] == list(people.values())
    assert [bool(recipient) for _, recipient in found] == [False, False, True, True, False]


def test_a_letter_that_was_under_way_when_a_process_died_is_not_sent_again(
    database: Engine, settings: Settings, server: Process
) -> None:
    name = f"dead-{database.dialect.name}@example.org"
    write(database, name)
    with db.transaction(database) as connection:
        assert letters.claim(connection, now=NOW)
    assert send(database, with_server(settings, server.port), NOW + timedelta(days=2)) == 0
    assert sent_to(server, name) == []
    assert statuses(database) == [("sending", name)]


def test_a_server_that_is_away_leaves_letters_as_they_are(database: Engine, settings: Settings) -> None:
    write(database, "ada@example.org")
    with pytest.raises(ServerError):
        send(database, with_server(settings, 9))
    assert statuses(database) == [("planned", "ada@example.org")]


def test_a_refusal_of_us_puts_letters_off_and_stops(database: Engine, settings: Settings, tmp_path: Path) -> None:
    write(database, "ada@example.org", "bo@example.org")
    with running(tmp_path / "mail", Conduct(mail="550 5.7.1 sender not allowed")) as other:
        here = with_server(settings, other.port)
        with pytest.raises(ServerRefusedError) as caught:
            send(database, here)
    assert "example.org" not in str(caught.value)
    assert [status for status, _ in statuses(database)] == ["deferred", "planned"]


def test_a_key_that_cannot_be_read_puts_the_letter_off(
    database: Engine, settings: Settings, server: Process, tmp_path: Path
) -> None:
    key = Dkim(domain="news.example.com", selector="s", key_file=tmp_path / "missing.pem")
    here = with_server(settings, server.port).model_copy(update={"dkim": (key,)})
    write(database, "ada@example.org")
    with pytest.raises(SettingsError, match=r"missing\.pem"):
        send(database, here)
    assert statuses(database) == [("deferred", "ada@example.org")]


def test_a_fault_in_a_template_puts_the_letter_off_whatever_it_raises(
    database: Engine, settings: Settings, server: Process, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt.j2").write_text("{{ words.subject + 1 }}")
    here = with_server(settings, server.port).model_copy(update={"templates": tmp_path})
    write(database, "ada@example.org")
    with pytest.raises(TypeError):
        send(database, here)
    assert statuses(database) == [("deferred", "ada@example.org")]


def test_a_letter_without_reason_is_skipped_and_the_next_one_sent(
    database: Engine, settings: Settings, server: Process
) -> None:
    first, second = (f"{name}-{database.dialect.name}@example.org" for name in ("gone", "here"))
    write(database, first, second)
    with db.transaction(database) as connection:
        connection.execute(update(tables.letters).where(tables.letters.c.recipient == first).values(newsletter="no"))
    assert send(database, with_server(settings, server.port)) == 1
    assert [status for status, _ in statuses(database)] == ["skipped", "accepted"]


def test_what_is_put_off_goes_out_later(database: Engine, settings: Settings, server: Process) -> None:
    name = f"later-{database.dialect.name}@example.org"
    write(database, name)
    with db.transaction(database) as connection:
        letter = letters.claim(connection, now=NOW)
        assert letter
        letters.record(connection, letter, DeliveryStatus.DEFERRED, now=NOW)
    here = with_server(settings, server.port)
    assert send(database, here, NOW + timedelta(seconds=59)) == 0
    assert send(database, here, NOW + timedelta(seconds=60)) == 1


def test_serving_sends_a_letter_within_seconds_forgets_who_never_confirmed_and_ends_at_once(
    database: Engine, settings: Settings, server: Process
) -> None:
    here = with_server(settings, server.port)
    name = f"soon-{database.dialect.name}@example.org"
    with db.transaction(database) as connection:
        late = datetime.now(UTC) - timedelta(days=7, seconds=1)
        audience.subscriber(connection, "never@example.org", status="pending", changed_at=late)
    with PostOffice(database, here), TestClient(web.app(database, here)) as browser:
        began = time.monotonic()
        assert browser.post("/subscribe", json={"email": name}).status_code == 202
        answered = time.monotonic() - began
        while not sent_to(server, name) and time.monotonic() - began < 10:
            time.sleep(0.05)
        assert sent_to(server, name)
        ending = time.monotonic()
    with db.reading(database) as connection:
        assert store.by_email(connection, "never@example.org") is None
    assert answered < 1
    assert time.monotonic() - ending < 2


def test_a_server_that_is_away_is_told_without_addresses(
    database: Engine, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    write(database, "ada@example.org", now=datetime.now(UTC))
    with caplog.at_level(logging.INFO), PostOffice(database, with_server(settings, 9)):
        time.sleep(0.5)
    said = [record.getMessage() for record in caplog.records if record.name == "digest.post_office"]
    assert len(said) == 1
    assert said[0].startswith("letters wait: 127.0.0.1:9 cannot be reached")
    assert "ada" not in caplog.text


def test_a_worker_sends_letters_and_forgets_what_nobody_confirmed(
    database: Engine, settings: Settings, server: Process
) -> None:
    name = f"worker-{database.dialect.name}@example.org"
    write(database, name)
    with db.transaction(database) as connection:
        late = NOW - timedelta(days=7, seconds=1)
        audience.subscriber(connection, "never@example.org", status="pending", changed_at=late)
        audience.subscriber(connection, "maybe@example.org", status="pending", changed_at=NOW)
    here = with_server(settings, server.port)
    tick = worker.tick(database, here, clock=lambda: NOW, stop=Stop(), tell=lambda _: None)
    assert tick.complaints == ()
    assert sent_to(server, name)
    with db.reading(database) as connection:
        left = set(connection.execute(select(tables.subscribers.c.email)).scalars())
    assert left == {name, "maybe@example.org"}


def test_a_worker_says_that_sign_ups_look_like_abuse(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        write_signups(connection, 60, confirmed=1, at=NOW - timedelta(hours=1))
    tick = worker.tick(database, settings, clock=lambda: NOW, stop=Stop(), tell=lambda _: None)
    assert any("of 60 letters" in complaint and complaint.startswith("sign-ups: ") for complaint in tick.complaints)
