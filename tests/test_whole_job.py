"""The whole job on real input, by the commands a user types, through a real SMTP server in another process."""

import email
import email.policy
import json
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from lxml import html as lxml_html

from tests import postfix, smtp_server

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
NOW = "2026-11-23T07:00:00Z"
READERS = """email,name,categories,list
ada@reader.example,"Löwe, Ada",Science;World,readers
bo@reader.example,,Sport,readers
cy@reader.example,Cy,,readers
di@reader.example,Di,Health,readers
"""


def digest(folder: Path, *arguments: str, code: int = 0) -> str:
    """Run a command in a process of its own, as a user does; return its stdout."""
    command = [sys.executable, "-m", "digest", "--config", str(folder / "digest.toml"), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, timeout=120)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def prepare(folder: Path, port: int) -> list[dict[str, object]]:
    """Set an installation up that sends to that port, with articles and readers; return the records."""
    digest(folder, "init")
    settings = (folder / "digest.toml").read_text()
    settings = settings.replace("port = 587", f"port = {port}").replace('tls = "starttls"', 'tls = "none"')
    (folder / "digest.toml").write_text(settings.replace('postal_address = ""', 'postal_address = "1 Example Street"'))
    (folder / "readers.csv").write_text(READERS)
    sources = [SHARED / "seed-article.json", SHARED / "articles.json"]
    if not all(source.exists() for source in sources):
        sources = [ROOT / "tests" / "data" / "articles"]
    found = json.loads(digest(folder, "ingest", *map(str, sources), "--json"))
    assert found["rejected"] == []
    digest(folder, "subscribers", "import", "readers.csv", "--json")
    return [json.loads(line) for line in digest(folder, "articles").splitlines()]


def words(text: str) -> str:
    return " ".join(text.split())


def check(message: EmailMessage, chosen: list[dict[str, object]]) -> None:
    """Check that a mail that arrived holds each of its stories, in both parts, in the same words."""
    html = message.get_body(("html",))
    text = message.get_body(("plain",))
    assert isinstance(html, EmailMessage)
    assert isinstance(text, EmailMessage)
    shown = words("".join(lxml_html.document_fromstring(html.get_content()).itertext()))
    for article in chosen:
        assert words(str(article["title"])) in shown
        assert words(str(article["title"])) in words(text.get_content())
        for point in (*article["tldr"], article["why_it_matters"] or ""):  # type: ignore[misc]
            assert words(point) in shown
            assert words(point) in words(text.get_content().replace("\n* ", "\n"))
        assert str(article["url"]) in text.get_content()
    assert all(not part.defects for part in message.walk())


def job(folder: Path, port: int) -> tuple[dict[str, list[dict[str, object]]], dict[str, bytes]]:
    """Plan and send; return what each reader should have got, and what `render` says they get."""
    articles = {str(article["id"]): article for article in prepare(folder, port)}
    newest = max(str(article["published_at"]) for article in articles.values())
    now = max(NOW, newest)
    planned = json.loads(digest(folder, "plan", "weekly", "--now", now, "--json"))
    expected, rendered = {}, {}
    for address in (line.split(",")[0] for line in READERS.splitlines()[1:]):
        explained = json.loads(digest(folder, "explain", "weekly", address, "--json"))
        names = [row["id"] for row in explained["chosen"]] + [row["id"] for row in explained["dropped"]]
        assert len(names) == len(set(names)) == planned["articles"]
        if explained["chosen"]:
            expected[address] = [articles[row["id"]] for row in explained["chosen"]]
            digest(folder, "render", "weekly", "--as", address, "-o", "mail.eml")
            rendered[address] = (folder / "mail.eml").read_bytes()
    counts = json.loads(digest(folder, "send", "weekly", "--json"))
    assert counts["accepted"] == planned["deliveries"] == len(expected)
    assert json.loads(digest(folder, "send", "weekly", "--json"))["accepted"] == len(expected)
    return expected, rendered


@pytest.mark.slow
def test_real_articles_become_personal_mails(tmp_path: Path) -> None:
    with smtp_server.running(tmp_path / "inbox") as server:
        expected, rendered = job(tmp_path, server.port)
        accepted = {message.recipient: message for message in server.accepted()}

    assert accepted.keys() == expected.keys()
    for address, (_, _, arrived) in accepted.items():
        message = email.message_from_bytes(arrived, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        check(message, expected[address])
        assert rendered[address].splitlines() == arrived.splitlines()


@pytest.mark.slow
def test_real_articles_become_personal_mails_through_postfix(tmp_path: Path) -> None:
    with smtp_server.running(tmp_path / "inbox") as server, postfix.relay(server.port) as relay:
        expected, _ = job(tmp_path, relay.port)
        accepted = {message.recipient: message for message in server.accepted_soon(len(expected))}

    assert accepted.keys() == expected.keys()
    for address, (_, _, arrived) in accepted.items():
        message = email.message_from_bytes(arrived, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        check(message, expected[address])
        assert message["Received"]
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
