"""`doctor`, as a user types it."""

from collections.abc import Iterator
from pathlib import Path

import dns.resolver
import pytest

from tests.digest.cli.conftest import Digest
from tests.name_server import Zone, answering
from tests.real_parts import free_port
from tests.smtp_server import Conduct, Process, running

ZONE: Zone = {
    "news.example.com": ['"v=spf1 include:relay.example -all"'],
    "_dmarc.news.example.com": [],
    "_dmarc.example.com": ['"v=DMARC1; p=none"'],
}


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A relay that takes everything."""
    with running(tmp_path_factory.mktemp("mail"), Conduct(smtputf8=True)) as process:
        yield process


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A name service that knows the senders' domain."""
    with answering(ZONE) as resolver:
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        yield


@pytest.fixture
def sound(digest: Digest, relay: Process, names: None, monkeypatch: pytest.MonkeyPatch) -> Digest:
    """An installation in order."""
    monkeypatch.setenv("DIGEST_SMTP__PORT", str(relay.port))
    digest.settings_file.chmod(0o600)
    return digest


def test_an_installation_in_order(sound: Digest) -> None:
    ran = sound("doctor")

    assert (ran.code, ran.out, ran.err) == (0, "", "no problems, no notes\n")
    assert sound("doctor", "--json").json == {"problems": [], "notes": []}


def test_a_note_is_no_failure(sound: Digest) -> None:
    sound.settings_file.chmod(0o644)

    found = sound("doctor", "--json")

    assert found.code == 0
    assert found.json["problems"] == []
    [note] = found.json["notes"]
    assert set(note) == {"where", "what", "fix"}
    assert "• " in sound("doctor").out


def test_a_mail_that_arrived_without_a_signature_is_a_problem(sound: Digest, tmp_path: Path) -> None:
    file = tmp_path / "arrived.eml"
    file.write_bytes(
        b"From: The Weekly <weekly@news.example.com>\r\nList-Unsubscribe: <https://news.example.com/u/x>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nbody\r\n"
    )

    ran = sound("doctor", "--message", str(file))

    assert ran.code == 1
    assert "✗ the mail that arrived: it has no DKIM signature at all\n  sign it, at the relay." in ran.out
    assert ran.err == "1 problem, no notes\n"


def test_a_file_that_is_not_there_is_wrong_usage(digest: Digest, tmp_path: Path) -> None:
    assert digest("doctor", "--message", str(tmp_path / "none.eml")).code == 2


def test_a_fresh_installation_is_told_what_to_do_first(
    tmp_path: Path, digest: Digest, names: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("init", str(tmp_path / "fresh")).code == 0
    fresh = tmp_path / "fresh" / "digest.toml"
    monkeypatch.setenv("DIGEST_SMTP__PORT", str(free_port()))  # nobody answers there, as nobody does at 587

    ran = digest("--config", str(fresh), "doctor", "--json")

    assert ran.code == 1
    assert [one["where"] for one in ran.json["problems"]] == ["newsletters[0].postal_address", "base_url", "smtp"]
    assert ran.json["notes"] == []
    assert all(one["what"] and one["fix"] for one in ran.json["problems"])


def test_a_name_service_that_does_not_answer_is_a_note(sound: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns.resolver, "default_resolver", dns.resolver.Resolver(configure=False))

    found = sound("doctor", "--json")

    assert found.code == 0
    assert [one["where"] for one in found.json["notes"]] == ["DNS"]


def test_settings_that_do_not_load_are_wrong_settings(digest: Digest) -> None:
    digest.settings_file.write_text("base_ur = 1")

    assert digest("doctor").code == 2
