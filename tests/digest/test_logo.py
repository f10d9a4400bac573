"""Logos: what files are taken, and how large they are shown."""

from pathlib import Path

import pytest
from PIL import Image

from digest import logo
from digest.errors import SettingsError
from digest.theme import Logo


def picture(path: Path, width: int, height: int) -> Path:
    Image.new("RGB", (width, height), "#1a4fb0").save(path)
    return path


def given(width: int = 0, height: int = 0, alt: str = "") -> Logo:
    return Logo(url="logo.png", width=width, height=height, alt=alt)


@pytest.mark.parametrize(
    ("pixels", "asked", "shown"),
    [
        ((360, 80), (0, 0), (180, 40)),
        ((800, 80), (0, 0), (200, 20)),
        ((300, 300), (0, 0), (48, 48)),
        ((360, 80), (90, 0), (90, 20)),
        ((360, 80), (0, 20), (90, 20)),
        ((360, 80), (0, 48), (200, 44)),
        ((360, 80), (150, 40), (150, 40)),
        ((2000, 1), (0, 0), (200, 1)),
    ],
)
def test_the_size_is_the_one_given_or_in_proportion(
    tmp_path: Path, pixels: tuple[int, int], asked: tuple[int, int], shown: tuple[int, int]
) -> None:
    file = logo.read(picture(tmp_path / "logo.png", *pixels))

    settled = logo.settled(given(*asked), file, base_url="https://a.example/news", slug="weekly", name="The Weekly")

    assert (settled.width, settled.height) == shown


@pytest.mark.parametrize(("kind", "ending"), [("png", "png"), ("jpeg", "jpg"), ("gif", "gif")])
def test_the_address_follows_from_the_content(tmp_path: Path, kind: str, ending: str) -> None:
    file = logo.read(picture(tmp_path / f"a.{kind}", 10, 10))

    settled = logo.settled(given(alt="Ours"), file, base_url="https://a.example/news", slug="weekly", name="The Weekly")

    assert settled.url == f"https://a.example/news/logo/weekly-{file.version}.{ending}"
    assert logo.read_name(settled.url.rpartition("/")[2]) == ("weekly", file.version)
    assert settled.alt == "Ours"
    assert file.media_type == f"image/{kind}"


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n", b"GIF89a"]
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "logo.png").write_bytes(content)

    with pytest.raises(SettingsError, match="is not a PNG, JPEG or GIF"):
        logo.read(tmp_path / "logo.png")


def test_a_heavy_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"x" * 200_001)

    with pytest.raises(SettingsError, match="more than 200 KB"):
        logo.read(tmp_path / "logo.png")


def test_a_file_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "logo.gif", 2000, 2001)

    with pytest.raises(SettingsError, match="too many pixels"):
        logo.read(tmp_path / "logo.gif")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.png: No such file"):
        logo.read(tmp_path / "nothing.png")


@pytest.mark.parametrize(
    "name", ["", "weekly.png", "weekly-1234.png", "../a-0123456789abcdef.png", "a-0123456789abcdef.svg"]
)
def test_other_names_are_no_logo(name: str) -> None:
    assert logo.read_name(name) is None
