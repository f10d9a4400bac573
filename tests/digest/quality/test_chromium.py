"""Finding the browser."""

from pathlib import Path

import pytest

from digest.quality import chromium, spam


def install(folder: Path, name: str) -> Path:
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_without_a_browser_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert str(chromium.find()) == (
        "Chromium is not installed: pip install 'digest-mailer[check]' and apt-get install chromium"
    )
    assert str(spam.find()) == "SpamAssassin is not installed: apt-get install spamassassin"


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_in_the_path_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    program = install(tmp_path, name)

    assert chromium.find() == program
