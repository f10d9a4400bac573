"""Contrast by the standard's own examples, the rule of inverting clients, and the nearest colour that passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import contrast

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.478),
        ("#767676", "#ffffff", 4.542),
        ("#ff0000", "#ffffff", 3.998),
        ("#123456", "#123456", 1.0),
    ],
)
def test_known_pairs_have_their_known_ratio(one: str, other: str, ratio: float) -> None:
    assert contrast.ratio(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast.ratio(other, one) == contrast.ratio(one, other)


def test_inverting_clients_darken_white_and_lighten_black() -> None:
    for inverted in (contrast.all_inverted, contrast.partly_inverted):
        assert inverted("#000000", "#ffffff") == ("#dbdbdb", "#212121")  # L 87.5 and 12.5 in CIELAB


def test_only_full_inversion_turns_what_is_on_the_right_side_already() -> None:
    assert contrast.partly_inverted("#ffffff", "#000000") == ("#ffffff", "#000000")
    assert contrast.all_inverted("#ffffff", "#000000") == ("#212121", "#dbdbdb")


def test_a_colour_that_passes_is_left_alone() -> None:
    assert contrast.nearest("#123456", lambda _: True) == "#123456"
    assert contrast.nearest("#123456", lambda _: False) is None


@given(COLOURS)
def test_the_nearest_colour_passes_and_keeps_its_hue(colour: str) -> None:
    from coloraide import Color

    def passes(one: str) -> bool:
        return contrast.ratio(one, "#ffffff") >= contrast.LEAST

    found = contrast.nearest(colour, passes)

    assert found is not None
    assert passes(found)
    before, after = Color(colour).convert("oklch"), Color(found).convert("oklch")
    if before["chroma"] > 0.05 and after["chroma"] > 0.05:
        assert (
            abs((after["hue"] - before["hue"] + 180) % 360 - 180) < 8
        )  # as near as mapping into sRGB comes (CSS Color 4, 13.2.5)


@given(COLOURS)
def test_the_nearest_colour_is_no_darker_than_it_must_be(colour: str) -> None:
    found = contrast.nearest(colour, lambda one: contrast.ratio(one, "#ffffff") >= contrast.LEAST)

    assert found is not None
    assert found == colour or contrast.ratio(found, "#ffffff") < contrast.LEAST + 0.15
