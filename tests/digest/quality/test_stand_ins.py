"""What stands for pictures."""

import io

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digest.quality import stand_ins


def size(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size


def test_twice_what_the_attributes_say() -> None:
    found = stand_ins.for_pictures('<img src="https://a.example/1.jpg" width="160" height="40"><img src="/2.jpg">')

    assert {address: size(png) for address, png in found.items()} == {
        "https://a.example/1.jpg": (320, 80),
        "/2.jpg": (1104, 621),
    }


def test_absurd_sizes_stay_small_files() -> None:
    found = stand_ins.for_pictures('<img src="a" width="99999999" height="1"><img src="b" width="-5" height="x">')

    assert [size(png) for png in found.values()] == [(4000, 2), (1104, 621)]


@given(st.text("<img src=\"'/>123 ", max_size=60) | st.sampled_from(["<!-- x -->", "<!DOCTYPE html>", " ", ""]))
def test_any_html_has_stand_ins(html: str) -> None:
    assert all(size(png) <= (4000, 4000) for png in stand_ins.for_pictures(html).values())
