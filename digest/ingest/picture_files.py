"""A source's picture file made into a lead picture: cropped, in sRGB, re-encoded, and without anything else of it.

What the file is shows in its content. It is hostile until it is pixels: `digest.ingest.decoder` calls this in a
process of its own.
"""

import struct
import warnings
import zlib
from contextlib import suppress
from io import BytesIO
from math import ceil
from typing import NamedTuple

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

SHOWN = 552, 310  # CSS pixels: the width of a mail's text; all lead pictures have this shape, 16:9 in whole numbers
STORED = 1104, 620  # pixels, for screens with two to a CSS pixel
LEAST_WIDTH = 300  # pixels after cropping: smaller ones look like mistakes, and 1 × 1 counts who opens the mail
LARGEST_RATIO = 3  # of the longer side to the shorter: banners and ribbons have no crop that shows what they show
MOST_PIXELS = 40_000_000
MOST_BYTES = 150_000  # of the JPEG
WELL = "#e8e4db"  # behind what is transparent, as behind a picture that is not there yet (digest.theme)
_UPPER = 3  # of what is cut off above and below, a third is above: faces are rarely at the bottom
_QUALITIES = (82, 74, 66, 58, 50, 40, 30, 20, 10)  # noise, the worst there is, has 118,670 bytes at 20
_FORMATS = [one.format or "" for one in (JpegImageFile, PngImageFile, WebPImageFile, GifImageFile, AvifImageFile)]
_ORIENTATION = 0x0112  # EXIF
_TURNED = (5, 6, 7, 8)  # orientations in which width and height change places
_SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_WITH_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")
_DAMAGE = (  # what Pillow raises for files that are not as they should be
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError),
    *(RuntimeError, struct.error, zlib.error, Image.DecompressionBombError),
)


class Cropped(NamedTuple):
    """A lead picture."""

    jpeg: bytes
    width: int  #: at which it is shown, in CSS pixels
    height: int


class Unusable(NamedTuple):
    """Why there is no picture, for people to read."""

    reason: str


def _crop(width: int, height: int) -> tuple[float, float, float, float]:
    """Return the largest part of the lead pictures' shape, around the upper middle: left, top, right, bottom."""
    shape = SHOWN[0] / SHOWN[1]
    if width > height * shape:
        left = (width - height * shape) / 2
        return left, 0, width - left, height
    top = (height - width / shape) / _UPPER
    return 0, top, width, top + width / shape


def _objection(width: int, height: int) -> str:
    """Say why a picture of this size is of no use, or nothing."""
    size = f"{width} × {height} pixels"
    if width * height > MOST_PIXELS:
        return f"{size}: more than {MOST_PIXELS // 1_000_000} million are not read"
    if max(width, height) > min(width, height) * LARGEST_RATIO:
        return f"{size}: longer than {LARGEST_RATIO} times its width or height"
    left, _, right, _ = _crop(width, height)
    if right - left < LEAST_WIDTH:
        return f"{size}: cropped to 16:9, it is less than {LEAST_WIDTH} wide"
    return ""


def _read(image: Image.Image, part: float) -> Image.Image:
    """Decode the first frame, upright; a JPEG at once smaller where the `part` of it that is cropped allows it."""
    scale = STORED[0] / part
    if scale < 1:
        image.draft(None, (ceil(image.width * scale), ceil(image.height * scale)))
    image.load()
    return ImageOps.exif_transpose(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return the picture as L, RGB, CMYK or RGBA, whatever it was."""
    if image.mode in _SIXTEEN_BIT:
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB; a profile that is damaged, or of another kind of picture, does not count."""
    if profile:
        with suppress(ImageCms.PyCMSError, *_DAMAGE):
            srgb = ImageCms.createProfile("sRGB")
            if (converted := ImageCms.profileToProfile(image, BytesIO(profile), srgb, outputMode="RGB")) is not None:
                return converted
    return image.convert("RGB")


def _flat(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB and opaque, with nothing but its pixels."""
    ground = Image.new("RGB", image.size, WELL)
    if image.mode == "RGBA":
        ground.paste(_in_srgb(image.convert("RGB"), profile), mask=image.getchannel("A"))
    else:
        ground.paste(_in_srgb(image, profile))
    return ground


def _encoded(image: Image.Image) -> bytes:
    """Return a progressive JPEG of the best quality that the limit allows."""
    jpeg = b""
    for quality in _QUALITIES:
        file = BytesIO()
        image.save(file, "JPEG", quality=quality, progressive=True, optimize=True, subsampling="4:2:0")
        jpeg = file.getvalue()
        if len(jpeg) <= MOST_BYTES:
            break
    return jpeg


def _made(data: bytes) -> Cropped | Unusable:
    with Image.open(BytesIO(data), formats=_FORMATS) as image:
        turned = image.getexif().get(_ORIENTATION) in _TURNED
        width, height = (image.height, image.width) if turned else image.size
        if objection := _objection(width, height):
            return Unusable(objection)
        left, _, right, _ = _crop(width, height)
        profile = image.info.get("icc_profile")
        upright = _eight_bits(_read(image, right - left))
    stored_width = min(STORED[0], int(right - left))
    stored = stored_width, round(stored_width * SHOWN[1] / SHOWN[0])
    box = _crop(*upright.size)
    pixels = upright.resize(stored, Image.Resampling.LANCZOS, box=box, reducing_gap=3)
    shown = min(SHOWN, stored)
    return Cropped(_encoded(_flat(pixels, profile)), *shown)


def made(data: bytes) -> Cropped | Unusable:
    """Return the lead picture of a JPEG, PNG, WebP, GIF or AVIF file, or why there is none.

    It has the shape of `SHOWN`, at most the size of `STORED`, never more pixels than the file has, and at most
    `MOST_BYTES`. Of an animation it is the first frame. Metadata stay behind. Nothing raises, but a file may need more
    memory or time than there is.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, on what it mends; sizes are checked above
        try:
            return _made(data)
        except UnidentifiedImageError:
            return Unusable("no JPEG, PNG, WebP, GIF or AVIF picture")
        except _DAMAGE as error:
            return Unusable(f"a damaged picture ({type(error).__name__})")
