import stat
import tomllib
from pathlib import Path

import pytest

from digest import config
from digest.demo import workplace
from digest.demo.workplace import Workplace
from digest.errors import DigestError, UsageError
from tests.conftest import NOW


def prepare(place: Workplace, port: int = 2525) -> config.Settings:
    return workplace.prepare(place, base_url="http://127.0.0.1:8000", smtp_port=port, now=NOW)


def test_new_folder_gets_settings_that_every_command_reads(tmp_path: Path) -> None:
    with workplace.claimed(tmp_path / "a" / "b") as place:
        settings = prepare(place, 4242)
    loaded = config.load(place.settings_file)
    assert (loaded.smtp.port, loaded.smtp.tls) == (4242, "none")
    assert loaded.database_url == settings.database_url
    assert loaded.secret == settings.secret
    assert loaded.newsletters == settings.newsletters
    assert stat.S_IMODE(place.settings_file.stat().st_mode) == 0o600


def test_second_run_keeps_the_secret_and_nothing_else(tmp_path: Path) -> None:
    with workplace.claimed(tmp_path) as place:
        first = prepare(place)
        (place.mailbox / "0001.eml").write_text("old")
        (place.mailbox / "0002.eml.new").write_text("half")
        (place.folder / "digest.db").write_text("old")
        (place.folder / "digest.db-wal").write_text("old")
        (place.folder / "notes.txt").write_text("the user’s own")
    with workplace.claimed(tmp_path) as place:
        again = prepare(place, 4243)
    assert again.secret == first.secret
    assert again.smtp.port == 4243
    assert list(place.mailbox.iterdir()) == []
    assert not (place.folder / "digest.db").exists()
    assert not (place.folder / "digest.db-wal").exists()
    assert (place.folder / "notes.txt").exists()


@pytest.mark.parametrize("left", ["", "not [toml", 'secret_key = "short"', 'secret_key = "a\\nb\\"c' + "x" * 40 + '"'])
def test_unusable_settings_of_an_earlier_run_are_replaced(tmp_path: Path, left: str) -> None:
    with workplace.claimed(tmp_path) as place:
        place.settings_file.write_text(left)
        settings = prepare(place)
    assert len(settings.secret) >= config.SECRET_KEY_LENGTH
    assert tomllib.loads(place.settings_file.read_text())["secret_key"].encode() == settings.secret


def test_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("mine")
    with pytest.raises(UsageError, match=r"--dir"), workplace.claimed(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["digest.toml"]


def test_two_demonstrations_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        workplace.claimed(tmp_path),
        pytest.raises(DigestError, match="another demonstration"),
        workplace.claimed(tmp_path),
    ):
        pass


def test_folder_below_a_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DigestError, match="name another folder with --dir"), workplace.claimed(tmp_path / "file" / "x"):
        pass


def test_an_error_inside_is_not_taken_for_one_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), workplace.claimed(tmp_path):
        raise BlockingIOError("somebody else’s")


def test_environment_does_not_reach_the_demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP__HOST", "smtp.example.com")
    monkeypatch.setenv("DIGEST_DATABASE_URL", "postgresql://elsewhere.example/live")
    with workplace.claimed(tmp_path) as place:
        settings = prepare(place)
    assert settings.smtp.host == "127.0.0.1"
    assert settings.database_url.startswith("sqlite:")
