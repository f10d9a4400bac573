"""A newsletter's logo as a file of the user's: read, measured, and the address at which `digest serve` shows it."""

import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from digest.errors import SettingsError
from digest.theme import Logo

MOST_BYTES = 200_000
WIDEST, HIGHEST = 200, 48  # as shown, in CSS pixels
MOST_PIXELS = 4_000_000  # what a small file may unpack to
DENSITY = 2  # pixels of the file for each one shown: sharp on phones
_TYPES = {"PNG": ("png", "image/png"), "JPEG": ("jpg", "image/jpeg"), "GIF": ("gif", "image/gif")}
_NAME = re.compile(r"([a-z0-9][a-z0-9-]{0,39})-([0-9a-f]{16})\.(?:png|jpg|gif)")


@dataclass(frozen=True, slots=True)
class LogoFile:
    """A PNG, JPEG or GIF, and its size in pixels."""

    content: bytes
    extension: str
    media_type: str
    width: int
    height: int

    @property
    def version(self) -> str:
        """Sixteen hexadecimal digits that follow from the content."""
        return hashlib.sha256(self.content).hexdigest()[:16]


def read(path: Path) -> LogoFile:
    """Read a logo; raises SettingsError, which says what is wrong with the file."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror or error}") from error
    if len(content) > MOST_BYTES:
        raise SettingsError(f"{path} has more than {MOST_BYTES // 1000} KB: save it smaller, at most 400 pixels wide")
    return _measured(path, content)


def _measured(path: Path, content: bytes) -> LogoFile:
    from PIL import Image, UnidentifiedImageError  # loaded only where there is a logo

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(_TYPES)) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Image.DecompressionBombError
                image.load()
                kind, (width, height) = str(image.format), image.size
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise SettingsError(f"{path} is not a PNG, JPEG or GIF, the kinds that every mail client shows") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise SettingsError(f"{path} has too many pixels: save it at most 400 wide") from error
    return LogoFile(content, *_TYPES[kind], width, height)


def settled(given: Logo, file: LogoFile, *, base_url: str, slug: str, name: str) -> Logo:
    """Return the logo as an issue freezes it: an absolute address, a size in proportion, and words for it."""
    width, height = _shown_size(given, file)
    url = f"{base_url}/logo/{slug}-{file.version}.{file.extension}"
    return Logo(url=url, width=width, height=height, alt=given.alt or name)


def _shown_size(given: Logo, file: LogoFile) -> tuple[int, int]:
    """Return width and height as shown: as given, else in the file's proportions, at half its pixels or less."""
    if given.width and given.height:
        return given.width, given.height
    scale = min(WIDEST / file.width, HIGHEST / file.height)
    if given.width:
        scale = min(scale, given.width / file.width)
    elif given.height:
        scale = min(scale, given.height / file.height)
    else:
        scale = min(scale, 1 / DENSITY)
    return max(1, round(file.width * scale)), max(1, round(file.height * scale))


class LogoName(NamedTuple):
    """What the last part of a logo's address says."""

    slug: str
    version: str


def read_name(name: str) -> LogoName | None:
    """Read the last part of a logo's address; None for anything else."""
    match = _NAME.fullmatch(name)
    return LogoName(match[1], match[2]) if match else None
