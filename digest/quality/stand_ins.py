"""What stands for a mail's pictures while it is checked: nothing is fetched, but their size matters to the layout."""

import functools
import io

from lxml import html as lxml_html
from PIL import Image, ImageDraw

USUAL = (1104, 621)  # px: 16:9, twice the width of the mail's column
GREATEST = 4000  # px, of either side: an absurd attribute must not make an absurd picture
GROUND, LINE = (176, 170, 160), (150, 144, 134)


def usual() -> bytes:
    """Return the stand-in of a picture of which nothing is known, as PNG."""
    return picture(*USUAL)


def for_pictures(html: str) -> dict[str, bytes]:
    """Return a PNG for each picture's address, twice as large as its `width` and `height` say."""
    document = lxml_html.document_fromstring("<html><body>" + html)  # without the prefix an empty mail is an error
    return {str(img.get("src")): picture(*_size(img.get("width"), img.get("height"))) for img in document.iter("img")}


def _size(width: str | None, height: str | None) -> tuple[int, int]:
    if width and height and width.isdecimal() and height.isdecimal() and int(width) and int(height):
        return min(2 * int(width), GREATEST), min(2 * int(height), GREATEST)
    return USUAL


@functools.lru_cache(maxsize=64)
def picture(width: int, height: int) -> bytes:
    """Return a grey PNG with its diagonals, so that a distorted or cropped one can be seen."""
    image = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(image)
    draw.line([(0, 0), (width, height)], fill=LINE, width=4)
    draw.line([(0, height), (width, 0)], fill=LINE, width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
