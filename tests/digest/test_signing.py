"""Which keys sign a newsletter, and how the settings say so."""

from pathlib import Path

import pytest

from digest import config, signing
from digest.errors import SettingsError
from digest.smtp import dkim_keys
from tests.articles import newsletter
from tests.dkim import published


def with_keys(settings_file: Path, *keys: tuple[str, str]) -> config.Settings:
    """Return settings with keys of those domains and selectors; each selector is its kind."""
    tables = [
        f'[[dkim]]\ndomain = "{domain}"\nselector = "{selector}"\nkey_file = "keys/{selector}.pem"\n'
        for domain, selector in keys
    ]
    settings_file.write_text(settings_file.read_text() + "".join(tables))
    return config.load(settings_file)


@pytest.fixture
def key_files(settings_file: Path) -> Path:
    folder = settings_file.parent / "keys"
    folder.mkdir()
    for kind in ("rsa", "ed25519"):
        (folder / f"{kind}.pem").write_text(dkim_keys.pem(published(kind).key))
    return folder


@pytest.mark.usefixtures("key_files")
def test_each_key_of_the_sender_s_domain_signs(settings_file: Path) -> None:
    settings = with_keys(settings_file, ("news.example.com", "rsa"), ("Example.com", "ed25519"))

    signers = signing.signers(settings, settings.newsletter("weekly"))

    assert [(one.domain, one.selector) for one in signers] == [("news.example.com", "rsa"), ("example.com", "ed25519")]


@pytest.mark.parametrize("sender", ["a@example.com", "a@xnews.example.com", "a@news.example.com.evil.example"])
@pytest.mark.usefixtures("key_files")
def test_no_key_signs_in_another_name(sender: str, settings_file: Path) -> None:
    settings = with_keys(settings_file, ("news.example.com", "rsa"))

    assert signing.signers(settings, newsletter(sender=f"The Weekly <{sender}>")) == []


@pytest.mark.usefixtures("key_files")
def test_domains_beyond_ascii_are_the_same_in_both_forms(settings_file: Path) -> None:
    settings = with_keys(settings_file, ("Bücher.example", "rsa"))

    [signer] = signing.signers(settings, newsletter(sender="News <news@post.bücher.example>"))

    assert signer.domain == "xn--bcher-kva.example"


def test_without_keys_the_relay_signs(settings: config.Settings) -> None:
    assert signing.signers(settings, settings.newsletter("weekly")) == []


def test_settings_load_without_the_file_and_sending_names_it(settings_file: Path) -> None:
    settings = with_keys(settings_file, ("other.example", "rsa"), ("news.example.com", "ed25519"))

    with pytest.raises(SettingsError, match=r"dkim\[1\]\.key_file: there is no .*/keys/ed25519\.pem"):
        signing.signers(settings, settings.newsletter("weekly"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('domain = "localhost"\nselector = "a"', "dkim[0].domain: “localhost” is not a domain"),
        ('domain = "a.example; d=b"\nselector = "a"', "dkim[0].domain"),
        ('domain = "a.example"\nselector = "a b"', "dkim[0].selector: “a b” is not a selector"),
        ('domain = "a.example"\nselector = "a;b"', "dkim[0].selector"),
        ('domain = "a.example"\nselector = "a"\nkey = "x"', "unknown setting dkim[0].key (did you mean “key_file”?)"),
    ],
)
def test_wrong_settings_are_named(settings_file: Path, text: str, message: str) -> None:
    settings_file.write_text(settings_file.read_text() + f'[[dkim]]\nkey_file = "k.pem"\n{text}\n')

    with pytest.raises(SettingsError) as raised:
        config.load(settings_file)

    assert message in str(raised.value)


def test_two_keys_cannot_have_one_name(settings_file: Path) -> None:
    with pytest.raises(SettingsError, match=r"rsa\._domainkey\.a\.example stands there twice"):
        with_keys(settings_file, ("a.example", "rsa"), ("A.example", "rsa"))
