import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from digest.ingest.picture_files import MOST_BYTES, SHOWN, Cropped, Unusable, made
from tests.pictures import MEADOW, SKY, decoded, encoded, is_near, landscape

SMALL = landscape(300, 169)
WELL = (0xE8, 0xE4, 0xDB)


def picture(data: bytes) -> Image.Image:
    """What is made of a file, which has to be a picture."""
    found = made(data)
    assert isinstance(found, Cropped), found
    return decoded(found.jpeg)


def reason(data: bytes) -> str:
    found = made(data)
    assert isinstance(found, Unusable)
    return found.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_picture_of_any_kind_becomes_a_progressive_jpeg_of_twice_the_shown_size(kind: str) -> None:
    found = made(encoded(landscape(), kind))

    assert isinstance(found, Cropped)
    assert (found.width, found.height) == SHOWN
    assert len(found.jpeg) <= MOST_BYTES
    image = decoded(found.jpeg)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (1104, 620))
    assert image.info.get("progressive")
    assert is_near(image.getpixel((500, 100)), SKY)
    assert is_near(image.getpixel((500, 550)), MEADOW)


@pytest.mark.parametrize(
    ("size", "stored", "shown"),
    [
        ((1104, 620), (1104, 620), (552, 310)),
        ((800, 600), (800, 449), (552, 310)),
        ((400, 300), (400, 225), (400, 225)),
        ((4000, 2000), (1104, 620), (552, 310)),
    ],
)
def test_a_smaller_picture_keeps_its_own_pixels(
    size: tuple[int, int], stored: tuple[int, int], shown: tuple[int, int]
) -> None:
    found = made(encoded(landscape(*size), "PNG"))

    assert isinstance(found, Cropped)
    assert decoded(found.jpeg).size == stored
    assert (found.width, found.height) == shown


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_tall_picture_is_cropped_around_its_upper_middle(kind: str) -> None:
    tall = Image.new("RGB", (1200, 1674), "white")
    ImageDraw.Draw(tall).rectangle((0, 335, 1199, 1008), fill=SKY)  # a third of the rest is above, two are below

    found = picture(encoded(tall, kind))

    assert all(is_near(found.getpixel((500, y)), SKY) for y in (8, 310, 611))


def test_a_wide_picture_is_cropped_at_both_sides_alike() -> None:
    wide = Image.new("RGB", (1600, 600), "white")
    ImageDraw.Draw(wide).rectangle((266, 0, 1333, 599), fill=SKY)

    found = picture(encoded(wide, "PNG"))

    assert is_near(found.getpixel((8, 300)), SKY)
    assert is_near(found.getpixel((found.width - 9, 300)), SKY)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((1, 1), "less than 300 wide"),
        ((299, 200), "less than 300 wide"),
        ((700, 160), "longer than 3 times"),
        ((400, 1300), "longer than 3 times"),
        ((8000, 5001), "more than 40 million"),
    ],
)
def test_a_picture_that_shows_nothing_at_its_place_is_none(size: tuple[int, int], said: str) -> None:
    assert said in reason(encoded(Image.new("1", size), "PNG"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_stands_as_it_was_taken(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its left side
    lying = landscape(1200, 800).rotate(90, expand=True)

    found = picture(encoded(lying, kind, exif=exif))

    assert found.size == (1104, 620)
    assert is_near(found.getpixel((500, 60)), SKY)
    assert is_near(found.getpixel((500, 560)), MEADOW)


def test_nothing_but_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    exif[0x010F] = "The maker"
    data = encoded(landscape(), exif=exif, comment=b"a comment", icc_profile=_profile("sRGB"), xmp=b"<x:xmpmeta/>")

    found = made(data)

    assert isinstance(found, Cropped)
    image = decoded(found.jpeg)
    assert not image.getexif()
    assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
    for trace in (b"maker", b"comment", b"xmpmeta", b"ICC_PROFILE", b"Exif"):
        assert trace not in found.jpeg


def _profile(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]


def _swapped_profile() -> bytes:
    """The profile of sRGB with red and blue changed over: whoever heeds it changes them back."""
    data = bytearray(_profile("sRGB"))
    count = struct.unpack_from(">I", data, 128)[0]
    tags = {bytes(data[132 + 12 * n : 136 + 12 * n]): 136 + 12 * n for n in range(count)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    data[red : red + 8], data[blue : blue + 8] = data[blue : blue + 8], data[red : red + 8]
    return bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_colours_are_those_that_the_profile_means(kind: str) -> None:
    found = picture(encoded(landscape(), kind, icc_profile=_swapped_profile()))

    red, green, blue = SKY
    assert is_near(found.getpixel((500, 100)), (blue, green, red))


@pytest.mark.parametrize("profile", [b"no profile", _profile("LAB"), _profile("sRGB")[:200]])
def test_a_wrong_profile_does_not_count(profile: bytes) -> None:
    assert is_near(picture(encoded(landscape(), icc_profile=profile)).getpixel((500, 100)), SKY)


def test_print_colours_become_those_of_screens() -> None:
    found = picture(encoded(landscape().convert("CMYK")))

    assert found.mode == "RGB"
    assert is_near(found.getpixel((500, 100)), SKY)


def test_sixteen_bits_become_eight() -> None:
    grey = landscape().convert("L")
    deep = grey.convert("I").point(lambda value: value * 257).convert("I;16")

    found = picture(encoded(deep, "PNG"))

    level = grey.getpixel((500, 100))
    assert isinstance(level, int)
    assert is_near(found.getpixel((500, 100)), (level, level, level))


@pytest.mark.parametrize(("kind", "samples"), [(0, (1,)), (2, (1, 1, 1)), (4, (1, 65535)), (6, (1, 1, 1, 65535))])
def test_pictures_of_sixteen_bits_are_read_whatever_they_hold(kind: int, samples: tuple[int, ...]) -> None:
    level = 120
    line = (
        b"\0" + struct.pack(f">{len(samples)}H", *(value if value == 65535 else level * 257 for value in samples)) * 400
    )
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 300, 16, kind, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(line * 300)) + _chunk(b"IEND", b"")

    assert is_near(picture(data).getpixel((200, 100)), (level, level, level))


def _transparent(mode: str) -> bytes:
    """A picture that is transparent below."""
    image = landscape().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, image.height // 2, image.width, image.height))
    if mode == "P":
        return encoded(image.quantize(8), "PNG")
    if mode == "RGB":
        return encoded(landscape(), "PNG", transparency=MEADOW)
    return encoded(image.convert(mode), "PNG")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_what_is_transparent_becomes_the_well_behind_it(mode: str) -> None:
    assert is_near(picture(_transparent(mode)).getpixel((500, 550)), WELL)


def test_an_animation_is_its_first_frame() -> None:
    frames = [landscape(640, 360), *(Image.new("RGB", (640, 360), colour) for colour in ("red", "black"))]

    for kind in ("GIF", "WEBP", "PNG"):
        found = picture(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert is_near(found.getpixel((300, 50)), SKY)


def test_noise_is_made_small_enough() -> None:
    noise = Image.effect_noise((1104, 620), 120).convert("RGB")

    found = made(encoded(noise, "PNG"))

    assert isinstance(found, Cropped)
    assert 0 < len(found.jpeg) <= MOST_BYTES


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_bomb_is_told_by_its_head() -> None:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")

    assert "damaged" in reason(bomb) or "more than 40 million" in reason(bomb)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='900' height='500'/>",
        b"<!doctype html><title>Not found</title>",
        b"%PDF-1.7",
        encoded(landscape(), "TIFF"),
        encoded(landscape(), "BMP"),
    ],
)
def test_what_is_no_picture_of_the_web_is_none(data: bytes) -> None:
    assert reason(data) == "no JPEG, PNG, WebP, GIF or AVIF picture"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_picture_that_ends_too_early_is_none(kind: str) -> None:
    data = encoded(Image.effect_noise((640, 360), 60).convert("RGB"), kind)

    assert "picture" in reason(data[: len(data) // 2])


def test_a_picture_that_is_a_page_as_well_is_only_a_picture_afterwards() -> None:
    data = encoded(SMALL, "GIF", comment=b"<script>alert(1)</script>") + b"<script>alert(1)</script>"

    found = made(data)

    assert isinstance(found, Cropped)
    assert b"script" not in found.jpeg


FILES = [encoded(SMALL, kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "AVIF")]
FILES.append(encoded(SMALL, "JPEG", exif=Image.Exif(), icc_profile=_profile("sRGB"), progressive=True))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_a_reason(data: bytes) -> None:
    assert isinstance(made(data), Unusable)


@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=8),
    st.integers(0, 2000),
)
@settings(max_examples=60)
def test_damaged_files_are_a_picture_or_a_reason(data: bytes, changes: list[tuple[int, bytes]], cut: int) -> None:
    changed = bytearray(data)
    for number, new in changes:
        place = number % len(changed)
        changed[place : place + len(new)] = new

    for file in (bytes(changed), bytes(changed[: len(changed) - cut])):
        found = made(file)
        if isinstance(found, Cropped):
            assert Image.open(BytesIO(found.jpeg)).size >= (found.width, found.height)
        else:
            assert found.reason
