"""`dkim new`, as a user types it."""

import re
import stat
from pathlib import Path

import pytest

from digest import config, signing
from digest.smtp import dkim_keys
from tests.digest.cli.conftest import Digest

AT = ("--now", "2026-11-23T07:00:00Z")


def test_the_printed_settings_sign_and_the_record_is_the_key_s(digest: Digest, settings_file: Path) -> None:
    ran = digest("dkim", "new", "news.example.com", *AT)

    assert ran.code == 0
    lines = ran.out[ran.out.index("[[dkim]]") :]
    settings_file.write_text(settings_file.read_text() + lines)
    settings = config.load(settings_file)
    [signer] = signing.signers(settings, settings.newsletter("weekly"))
    assert (signer.domain, signer.selector) == ("news.example.com", "d202611")
    path = settings_file.parent / "d202611.news.example.com.pem"
    value = dkim_keys.record(dkim_keys.read(path))
    assert f"value  {value}\n" in ran.out
    zone = re.search(r"^d202611\._domainkey\.news\.example\.com\. IN TXT \( (.*) \)$", ran.out, re.MULTILINE)
    assert zone
    strings = re.findall(r'"([^"]*)"', zone[1])
    assert "".join(strings) == value
    assert [len(one) <= 255 for one in strings] == [True, True]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "PRIVATE" not in ran.out + ran.err


def test_json_has_everything_that_is_published(digest: Digest, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere.pem"

    found = digest("dkim", "new", "Bücher.example", "--ed25519", "--selector", "S1", "--out", str(out), "--json").json

    assert found == {
        "name": "s1._domainkey.xn--bcher-kva.example",
        "type": "TXT",
        "value": dkim_keys.record(dkim_keys.read(out)),
        "key_file": str(out),
        "selector": "s1",
        "domain": "xn--bcher-kva.example",
    }
    assert found["value"].startswith("v=DKIM1; k=ed25519; p=")


def test_an_ed25519_key_has_another_selector_in_the_same_month(digest: Digest) -> None:
    ran = digest("dkim", "new", "news.example.com", "--ed25519", "--json", *AT)

    assert ran.json["selector"] == "e202611"


def test_an_existing_key_is_kept(digest: Digest, tmp_path: Path) -> None:
    out = tmp_path / "key.pem"
    out.write_text("mine")

    ran = digest("dkim", "new", "news.example.com", "--ed25519", "--out", str(out))

    assert ran.code == 1
    assert "is there already" in ran.err
    assert out.read_text() == "mine"


@pytest.mark.parametrize("words", [("nodomain",), ("a.example", "--selector", "a b"), ("-", "--ed25519")])
def test_what_is_no_name_is_wrong_usage(digest: Digest, words: tuple[str, ...], settings_file: Path) -> None:
    ran = digest("dkim", "new", *words)

    assert ran.code == 2
    assert not list(settings_file.parent.glob("*.pem"))
