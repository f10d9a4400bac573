from pathlib import Path

import pytest

from digest import config
from digest.errors import SettingsError


def write(settings_file: Path, text: str) -> Path:
    settings_file.write_text(settings_file.read_text() + text)
    return settings_file


def test_sources_are_read_and_their_paths_start_at_the_file(settings_file: Path) -> None:
    path = write(
        settings_file,
        '[[sources]]\nlocation = "https://a.example/feed"\ncategory = "World"\n[[sources]]\nlocation = "feeds/a.xml"\n',
    )

    first, second = config.load(path).sources

    assert first == config.Source(location="https://a.example/feed", category="World")
    assert second.location == str(settings_file.parent.resolve() / "feeds" / "a.xml")


def test_limits_of_fetching_have_defaults_and_can_come_from_the_environment(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.load(settings_file).fetching == config.Fetching(
        timeout_seconds=20, max_bytes=10_000_000, allow_private_addresses=False
    )
    monkeypatch.setenv("DIGEST_FETCHING__TIMEOUT_SECONDS", "3")
    assert config.load(settings_file).fetching.timeout_seconds == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[sources]]\nlocaton = "a"', "unknown setting sources[0].localton"),
        ('[[sources]]\ncategory = "a"', "sources[0].location is missing"),
        ('[[sources]]\nlocation = " "', "sources[0].location: must be a web address"),
        ('[[sources]]\nlocation = "ftp://a.example"', "“ftp://” cannot be read"),
        (
            '[[sources]]\nlocation = "https://a:b@c/"\n[[sources]]\nlocation = "https://a:b@c/"',
            "“https://c/” stands there twice",
        ),
        ("[fetching]\nmax_byte = 1", "unknown setting fetching.max_byte (did you mean “max_bytes”?)"),
        ("[fetching]\ntimeout_seconds = 0", "fetching.timeout_seconds"),
    ],
)
def test_wrong_setting_is_named(settings_file: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        config.load(write(settings_file, text))

    assert message.replace("localton", "locaton (did you mean “location”?)") in str(raised.value)


def test_unknown_variable_of_the_environment_is_named(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_FETCHING__MAX_BYTE", "1")

    with pytest.raises(SettingsError, match="FETCHING__MAX_BYTES"):
        config.load(settings_file)
