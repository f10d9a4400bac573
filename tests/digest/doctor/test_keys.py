"""DKIM keys: their files, and what is published of them."""

from pathlib import Path

import pytest

from digest import config
from digest.dkim_settings import Dkim
from digest.doctor import keys
from digest.doctor.keys import Pair
from digest.doctor.lookup import Answer, Silence
from digest.smtp import dkim_keys
from tests.dkim import DOMAIN, published

NAME = f"d1._domainkey.{DOMAIN}"


@pytest.fixture(params=["rsa", "ed25519"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    file = tmp_path / "key.pem"
    config.write_private(file, dkim_keys.pem(published(request.param).key))
    return Pair(Dkim(domain=DOMAIN, selector="d1", key_file=file), published(request.param).key)


def with_key(settings_file: Path, file: Path, domain: str = DOMAIN) -> config.Settings:
    lines = f'[[dkim]]\ndomain = "{domain}"\nselector = "d1"\nkey_file = "{file}"\n'
    settings_file.write_text(settings_file.read_text() + lines)
    return config.load(settings_file)


def test_the_key_that_is_published_is_right(pair: Pair) -> None:
    record = dkim_keys.record(pair.key)
    as_others_write_it = record.replace("; p=", ";p= ").replace("v=DKIM1; ", "")

    assert keys.published(pair, {NAME: ("v=spf1 -all", record)}) == []
    assert keys.published(pair, {NAME: (as_others_write_it,)}) == []
    assert keys.published(pair, {NAME: Silence("no answer")}) == []


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((), "is not published"),
        (("v=spf1 -all",), "is not published"),
        (("v=DKIM2; p=abc",), "is not published"),
        (("v=DKIM1; p=",), "is withdrawn"),
        (("v=DKIM1; k=rsa; p=abc",), "another key"),
        (("p=a", "p=b"), "2 keys"),
    ],
)
def test_another_record_is_told_with_the_right_one(pair: Pair, answer: Answer, what: str) -> None:
    [one] = keys.published(pair, {NAME: answer})

    assert one.where == NAME
    assert what in one.what
    assert one.fix.endswith(dkim_keys.record(pair.key))
    assert not one.is_note


def test_the_right_key_of_another_kind_is_another_key(pair: Pair) -> None:
    record = dkim_keys.record(pair.key).replace("k=rsa", "k=ed25519x").replace("k=ed25519;", "k=rsa;")

    [one] = keys.published(pair, {NAME: (record,)})

    assert "another key" in one.what


def test_testing_is_a_note(pair: Pair) -> None:
    [one] = keys.published(pair, {NAME: (dkim_keys.record(pair.key) + "; t=s:y",)})

    assert one.is_note
    assert "t=y" in one.what


def test_a_file_that_cannot_be_used_is_told(settings_file: Path, tmp_path: Path) -> None:
    pairs, [one] = keys.read(with_key(settings_file, tmp_path / "none.pem"))

    assert pairs == []
    assert one.where == "dkim[0].key_file"
    assert one.what == f"there is no {tmp_path / 'none.pem'}"
    assert one.fix == "`digest dkim new` makes a key"
    assert not one.is_note


def test_a_file_that_others_may_read_is_a_note(pair: Pair, settings_file: Path) -> None:
    file = pair.setting.key_file
    pairs, problems = keys.read(with_key(settings_file, file))
    assert problems == keys.open_files(pairs) == []

    file.chmod(0o644)

    [one] = keys.open_files(pairs)
    assert one.is_note
    assert one.where == str(file)


def test_a_newsletter_that_no_key_signs_is_a_note(settings: config.Settings, settings_file: Path) -> None:
    assert keys.unsigned(settings) == []  # the relay signs

    [one] = keys.unsigned(with_key(settings_file, Path("k.pem"), "other.example"))

    assert one.is_note
    assert one.where == "newsletters[0].sender"
    assert DOMAIN in one.what


def test_a_newsletter_of_the_key_s_domain_is_signed(settings_file: Path) -> None:
    assert keys.unsigned(with_key(settings_file, Path("k.pem"), "example.com")) == []
