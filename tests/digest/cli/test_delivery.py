"""`digest send`, `report`, `deliveries` and `resolve`, against a server in another process."""

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from digest import articles, config, db, tables
from digest.smtp import dkim_keys
from digest.verp import ReturnPath, Verp
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest
from tests.dkim import DOMAIN, published, verified
from tests.smtp_server import Conduct, Process, running

AT = ("--now", NOW.isoformat())
Start = Callable[[Conduct], Process]


@pytest.fixture
def stocked(digest: Digest, engine: Engine) -> Digest:
    """An installation with two readers of different choices, and an issue for them."""
    with db.transaction(engine) as connection:
        pool = [article(1, "World"), article(2, "Science"), article(3, "Science")]
        articles.store(connection, pool, now=NOW)
        subscriber(connection, "ada@example.org", "Science", name="Ada Löwe")
        subscriber(connection, "bo@example.net", "World", "Science")
    assert digest("plan", "weekly", *AT).code == 0
    return digest


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """Start a server that the settings then name."""
    with ExitStack() as stack:

        def start(conduct: Conduct) -> Process:
            process = stack.enter_context(running(tmp_path / "inbox", conduct))
            monkeypatch.setenv("DIGEST_SMTP__PORT", str(process.port))
            return process

        yield start


def readers(engine: Engine, *emails: str) -> None:
    """Add readers of everything."""
    with db.transaction(engine) as connection:
        for address in emails:
            subscriber(connection, address)


def test_send_delivers_each_reader_the_bytes_that_render_shows(stocked: Digest, serve: Start) -> None:
    server = serve(Conduct())
    rendered = stocked("render", "weekly/1", "--as", "ada@example.org", "-o", str(server.folder / "ada.txt"))
    ran = stocked("send", "weekly/1", "--json", *AT)

    assert (rendered.code, ran.code) == (0, 0)
    assert ran.json.pop("seconds") >= 0
    none = dict.fromkeys(("planned", "sending", "deferred", "rejected", "unknown", "skipped", "expired"), 0)
    found = {key: value for key, value in ran.json.items() if key != "seconds"}
    assert found == {"issue": "weekly/1", "accepted": 2, "waiting": 0, **none}
    inbox = {message.recipient: message for message in server.accepted()}
    assert inbox.keys() == {"ada@example.org", "bo@example.net"}
    ada = email.message_from_bytes(inbox["ada@example.org"].message, policy=email.policy.default)
    assert ada["To"].addresses[0].display_name == "Ada Löwe"
    assert inbox["ada@example.org"].sender == "weekly@news.example.com"
    text = ada.get_body(("plain",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]
    assert text.strip() == (server.folder / "ada.txt").read_text().strip()


def test_send_again_sends_nothing(stocked: Digest, serve: Start) -> None:
    server = serve(Conduct())
    stocked("send", "weekly", *AT)
    ran = stocked("send", "weekly", "--json", *AT)

    assert (ran.code, ran.json["accepted"]) == (0, 2)
    assert len(server.accepted()) == 2


def test_dry_run_composes_everything_and_changes_nothing(stocked: Digest) -> None:
    ran = stocked("send", "weekly/1", "--dry-run", "--json")

    assert (ran.code, ran.json["planned"], ran.json["accepted"]) == (0, 2, 0)
    assert ran.json["bytes"] > 20_000
    assert stocked("report", "weekly/1", "--json").json["released_at"] is None


def test_test_copy_reaches_the_editor_and_not_the_ledger(stocked: Digest, serve: Start) -> None:
    server = serve(Conduct())
    ran = stocked("send", "weekly/1", "--test-to", "me@example.com", "--as", "ada@example.org", "--json")

    assert (ran.code, ran.json) == (0, {"accepted": True})
    [copy] = server.accepted()
    message = email.message_from_bytes(copy.message, policy=email.policy.default)
    assert (copy.recipient, str(message["To"])) == ("me@example.com", "me@example.com")
    assert message["Subject"].startswith("[TEST] ")
    assert {row["status"] for row in stocked("deliveries", "weekly/1").rows} == {"planned"}


def test_test_copy_that_is_refused_says_so(stocked: Digest, serve: Start) -> None:
    serve(Conduct())
    ran = stocked("send", "weekly", "--test-to", "rcpt-550.me@example.com", "--as", "ada@example.org")

    assert ran.code == 1
    assert "not accepted: 550 5.1.1" in ran.err
    assert stocked("send", "weekly", "--test-to", "me@example.com").code == 2
    assert stocked("send", "weekly", "--test-to", "nonsense", "--as", "ada@example.org").code == 2


def test_replies_are_counted_listed_and_end_with_3(digest: Digest, engine: Engine, serve: Start) -> None:
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1)], now=NOW)
    stages = ("rcpt-550", "rcpt-450", "message-lost", "message-554", "fine")
    readers(engine, *(f"{stage}.ada@example.org" for stage in stages))
    digest("plan", "weekly", *AT)
    serve(Conduct())
    ran = digest("send", "weekly/1", "--json", *AT)
    rows = {row["email"].split(".")[0]: row for row in digest("deliveries", "weekly/1").rows}

    assert ran.code == 3
    assert [ran.json[key] for key in ("accepted", "deferred", "rejected", "unknown")] == [1, 1, 2, 1]
    assert rows["rcpt-550"].keys() >= {"email", "status", "message_id", "code", "reply", "attempts", "edition", "at"}
    assert (rows["rcpt-550"]["status"], rows["rcpt-550"]["code"], rows["rcpt-550"]["attempts"]) == ("rejected", 550, 1)
    assert "no such user" in rows["rcpt-550"]["reply"] and "\x1b" not in rows["rcpt-550"]["reply"]
    assert re.fullmatch(r"<weekly-1\.\d+\.[0-9a-f]{16}@news\.example\.com>", rows["fine"]["message_id"])
    assert rows["fine"]["at"].startswith("2026-11-23T07:00:0")


def test_deferred_ones_wait_five_minutes_and_expire_after_a_day(digest: Digest, engine: Engine, serve: Start) -> None:
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1)], now=NOW)
    readers(engine, "rcpt-450.ada@example.org")
    digest("plan", "weekly", *AT)
    serve(Conduct())

    def attempts_at(minutes: int) -> tuple[int, str]:
        digest("send", "weekly", "--now", (NOW + timedelta(minutes=minutes)).isoformat())
        [row] = digest("deliveries", "weekly").rows
        return row["attempts"], row["status"]

    assert [attempts_at(m) for m in (0, 4, 6)] == [(1, "deferred"), (1, "deferred"), (2, "deferred")]
    assert attempts_at(60 * 24 + 1) == (2, "expired")


def test_server_that_is_away_leaves_all_planned_and_still_counts(stocked: Digest, serve: Start) -> None:
    with running(stocked.settings_file.parent / "gone") as gone:
        pass
    stocked.settings_file.write_text(stocked.settings_file.read_text().replace("2525", str(gone.port)))
    ran = stocked("send", "weekly/1", "--json", *AT)

    assert (ran.code, ran.json["planned"]) == (1, 2)
    assert re.search(r"127.0.0.1:\d+ cannot be reached.*smtp.host", ran.err)
    assert "Traceback" not in ran.err
    assert {row["attempts"] for row in stocked("deliveries", "weekly/1").rows} == {0}


def test_refused_sender_or_log_in_leaves_all_planned(
    stocked: Digest, serve: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(Conduct(mail="550 5.7.1 not yours"))
    ran = stocked("send", "weekly/1", "--json", *AT)
    assert (ran.code, ran.json["planned"], ran.json["rejected"]) == (1, 2, 0)
    assert "refuses the sender" in ran.err

    serve(Conduct(username="ada", password="right"))
    monkeypatch.setenv("DIGEST_SMTP__USERNAME", "ada")
    monkeypatch.setenv("DIGEST_SMTP__PASSWORD", "a wrong secret")
    ran = stocked("send", "weekly/1", "--json", *AT)
    assert (ran.code, ran.json["planned"]) == (1, 2)
    assert "refuses the log-in of “ada”: 535" in ran.err
    assert "a wrong secret" not in ran.err


def test_someone_who_left_meanwhile_is_skipped(stocked: Digest, serve: Start) -> None:
    server = serve(Conduct())
    assert stocked("subscribers", "unsubscribe", "bo@example.net").code == 0
    ran = stocked("send", "weekly/1", "--json", *AT)

    assert (ran.code, ran.json["accepted"], ran.json["skipped"]) == (0, 1, 1)
    assert [message.recipient for message in server.accepted()] == ["ada@example.org"]


def test_send_without_postal_address_refuses_and_says_what_to_do(stocked: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        frozen = update(tables.issues)
        issue = connection.execute(tables.issues.select()).one()
        bare = issue.frozen.replace("1 Example Street, London", "")
        connection.execute(frozen.values(frozen=bare))
    ran = stocked("send", "weekly/1", *AT)

    assert ran.code == 2
    assert "set postal_address of “weekly”" in ran.err and "plan" in ran.err


def test_interrupted_planning_is_not_sent(stocked: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        connection.execute(update(tables.issues).values(planned_at=None))
    ran = stocked("send", "weekly/1", *AT)

    assert ran.code == 1
    assert "digest plan weekly" in ran.err


def test_issue_that_is_not_there_is_named(stocked: Digest) -> None:
    assert "weekly/1" in stocked("send", "weekly/7", *AT).err
    assert [stocked(command, "weekly/7").code for command in ("send", "report", "deliveries")] == [1, 1, 1]
    assert stocked("resolve", "weekly/7", "accept").code == 1


@pytest.fixture
def doubtful(digest: Digest, engine: Engine, serve: Start) -> Digest:
    """An installation with two deliveries in `unknown`."""
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1)], now=NOW)
    readers(engine, "message-lost.ada@example.org", "message-lost.bo@example.org")
    digest("plan", "weekly", *AT)
    serve(Conduct())
    assert digest("send", "weekly", *AT).code == 3
    return digest


def test_unknown_ones_are_not_sent_again_by_themselves(doubtful: Digest) -> None:
    assert doubtful("send", "weekly", "--json", *AT).json["unknown"] == 2
    assert [row["attempts"] for row in doubtful("deliveries", "weekly").rows] == [1, 1]


def test_resolution_accepts_one_and_resends_another(doubtful: Digest) -> None:
    one = doubtful("resolve", "weekly", "accept", "--email", "Message-Lost.ADA@example.org", "--json")
    rest = doubtful("resolve", "weekly", "resend", "--json")

    assert (one.json, rest.json) == ({"resolved": 1, "left": 1}, {"resolved": 1, "left": 0})
    assert [row["status"] for row in doubtful("deliveries", "weekly").rows] == ["accepted", "planned"]
    assert doubtful("send", "weekly", "--json", *AT).json["unknown"] == 1
    assert [row["attempts"] for row in doubtful("deliveries", "weekly").rows] == [1, 2]
    assert doubtful("resolve", "weekly", "accept", "--email", "nobody@example.org").code == 1
    assert doubtful("resolve", "weekly", "perhaps").code == 2


def test_report_tells_domains_categories_and_events(stocked: Digest, serve: Start) -> None:
    serve(Conduct())
    stocked("send", "weekly/1", "--now", "2026-11-23T07:00:00Z")
    stocked("subscribers", "unsubscribe", "bo@example.net", "--now", "2026-11-23T08:00:00Z")
    told = stocked("report", "weekly/1", "--json").json

    assert (told["issue"], told["accepted"], told["planned"]) == ("weekly/1", 2, 0)
    assert told["by_domain"] == {"example.net": {"accepted": 1}, "example.org": {"accepted": 1}}
    assert told["by_category"]["Science"] == {"articles": 2, "deliveries": 2}
    assert told["by_category"]["World"] == {"articles": 1, "deliveries": 1}
    assert told["by_category"]["Sport"] == {"articles": 0, "deliveries": 0}
    assert told["events"] == [{"kind": "unsubscribed", "count": 1}]
    table = stocked("report", "weekly/1").out
    assert "example.org" in table and "Science" in table and "1 unsubscribed" in table


def test_report_before_sending_has_no_reach(stocked: Digest) -> None:
    told = stocked("report", "weekly/1", "--json").json

    assert told["planned"] == 2
    assert told["by_category"]["Science"] == {"articles": 0, "deliveries": 0}
    assert told["events"] == []


def test_with_a_key_what_arrives_is_signed_and_what_render_shows(stocked: Digest, serve: Start) -> None:
    server, mail = serve(Conduct()), stocked.settings_file.parent / "ada.eml"
    for kind in ("rsa", "ed25519"):
        key_file = stocked.settings_file.parent / f"{kind}.pem"
        key_file.write_text(dkim_keys.pem(published(kind).key))
        with stocked.settings_file.open("a") as file:
            file.write(f'\n[[dkim]]\ndomain = "{DOMAIN}"\nselector = "{kind}"\nkey_file = "{kind}.pem"\n')
    rendered = stocked("render", "weekly/1", "--as", "ada@example.org", "-o", str(mail))
    assert (rendered.code, stocked("send", "weekly/1", *AT).code) == (0, 0)

    message = next(m.message for m in server.accepted() if m.recipient == "ada@example.org")
    assert message == mail.read_bytes()
    assert verified(message, index=0)
    assert verified(message, index=1)
    assert not verified(message.replace(b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Clicks"))


def test_with_a_bounce_address_each_envelope_names_its_delivery(digest: Digest, engine: Engine, serve: Start) -> None:
    path = digest.settings_file
    path.write_text(
        path.read_text().replace('slug = "weekly"\n', 'slug = "weekly"\nbounce_address = "Bounces@example.com"\n')
    )
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1, "World")], now=NOW)
    readers(engine, "ada@example.org", "bo@example.net")
    server = serve(Conduct())
    assert digest("plan", "weekly", *AT).code == 0
    assert digest("send", "weekly/1", *AT).code == 0

    verp = Verp("Bounces@example.com", config.load(path).secret)
    assert {m.recipient: verp.read(m.sender) for m in server.accepted()} == {
        "ada@example.org": ReturnPath(1, 1),
        "bo@example.net": ReturnPath(1, 2),
    }


def test_what_the_day_has_no_room_for_stays_planned_and_says_when(
    stocked: Digest, serve: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(Conduct())
    monkeypatch.setenv("DIGEST_SMTP__MESSAGES_PER_DAY", "1")
    ran = stocked("send", "weekly/1", "--json", *AT)
    again = stocked("send", "weekly/1", "--json", *AT)

    assert [(r.code, r.json["accepted"], r.json["planned"]) for r in (ran, again)] == [(3, 1, 1)] * 2
    assert f"from {NOW + timedelta(days=1):%Y-%m-%d %H:%M} UTC on" in again.err
    assert len(server.accepted()) == 1


def test_a_servers_quota_pauses_for_an_hour(stocked: Digest, serve: Start) -> None:
    serve(Conduct(mail="452 4.7.1 Hourly sending limit reached"))
    ran = stocked("send", "weekly/1", *AT)
    found = stocked("report", "weekly/1", "--json").json

    assert (ran.code, "Hourly sending limit reached" in ran.err) == (1, True)
    assert datetime.fromisoformat(found["paused_until"]) - datetime.fromisoformat(found["paused_at"]) == timedelta(
        hours=1
    )
    assert "UTC: the quota of" in stocked("report", "weekly/1").out
