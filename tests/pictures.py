"""Picture files for tests, made by Pillow: a sky over a meadow, so that a crop and a colour can be told."""

from io import BytesIO
from typing import Any

from PIL import Image

SKY, MEADOW = (60, 120, 200), (60, 140, 60)


def landscape(width: int = 1200, height: int = 675) -> Image.Image:
    """A picture whose upper half is sky and whose lower half is meadow."""
    image = Image.new("RGB", (width, height), SKY)
    image.paste(MEADOW, (0, height // 2, width, height))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    """The file of a picture."""
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    """The picture of a file, decoded."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def is_near(found: Any, wanted: tuple[int, int, int]) -> bool:
    """Tell whether two colours are the same but for what JPEG changes."""
    return all(abs(one - other) <= 6 for one, other in zip(found, wanted, strict=True))
