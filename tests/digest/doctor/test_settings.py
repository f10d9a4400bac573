"""Settings that load, and would not do."""

from pathlib import Path

import pytest

from digest import config
from digest.doctor import settings as of_settings


def changed(settings_file: Path, old: str, new: str) -> config.Settings:
    text = settings_file.read_text()
    assert old in text
    settings_file.write_text(text.replace(old, new))
    return config.load(settings_file)


def test_settings_in_order_have_no_problem(settings: config.Settings, settings_file: Path) -> None:
    settings_file.chmod(0o600)

    assert of_settings.newsletters(settings) == []
    assert of_settings.base_url(settings) == []
    assert of_settings.secret(settings) == []
    assert of_settings.file_of_secrets(settings, settings_file) == []


def test_a_newsletter_without_a_postal_address(settings_file: Path) -> None:
    [one] = of_settings.newsletters(changed(settings_file, "1 Example Street, London", " "))

    assert one.where == "newsletters[0].postal_address"
    assert not one.is_note


def test_no_newsletter_at_all(settings: config.Settings) -> None:
    [one] = of_settings.newsletters(settings.model_copy(update={"newsletters": ()}))

    assert one.where == "newsletters"


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("http://127.0.0.1:8000", "links in mail will not work"),
        ("https://localhost", "links in mail will not work"),
        ("https://digest", "links in mail will not work"),
        ("https://news.local.", "links in mail will not work"),
        ("https://10.1.2.3:8443", "links in mail will not work"),
        ("https://[::1]", "links in mail will not work"),
        ("https://[fd00::1]", "links in mail will not work"),
        ("http://news.example.com", "not https"),
        ("http://93.184.216.34", "not https"),
    ],
)
def test_an_address_that_readers_cannot_use(settings_file: Path, url: str, what: str) -> None:
    [one] = of_settings.base_url(changed(settings_file, "https://news.example.com", url))

    assert one.where == "base_url"
    assert what in one.what
    assert not one.is_note


def test_a_secret_that_can_be_guessed_is_not_shown(settings_file: Path) -> None:
    weak = "changeme" * 5
    [one] = of_settings.secret(changed(settings_file, "a test key of more than thirty-two characters", weak))

    assert "changeme" not in f"{one}"


def test_secrets_that_others_may_read_are_a_note(settings: config.Settings, settings_file: Path) -> None:
    settings_file.chmod(0o644)

    [one] = of_settings.file_of_secrets(settings, settings_file)

    assert one.is_note
    assert one.where == str(settings_file)


def test_a_file_whose_secrets_are_elsewhere_may_be_read(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEY", "one from the environment, of more than thirty-two characters")
    settings_file.chmod(0o644)

    assert of_settings.file_of_secrets(config.load(settings_file), settings_file) == []
