"""Themes as people write them: read, completed, and refused where nobody could read them."""

import re

import pytest
import tinycss2
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from digest import contrast, theme_settings
from digest.model import Newsletter
from digest.palette import COLOURS
from digest.theme import Logo, Shade, Theme
from digest.theme_settings import ThemeSettings, hexadecimal
from tests.articles import newsletter

RANDOM = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
CATEGORIES = tuple(COLOURS)


def read(**values: object) -> tuple[Theme, list[theme_settings.Fault]]:
    read_ones = ThemeSettings.model_validate(values)
    whole = theme_settings.theme(read_ones)
    return whole, theme_settings.faults(read_ones, whole, CATEGORIES)


def offered(fault: theme_settings.Fault) -> str:
    found = re.search(r"the nearest that passes is (#[0-9a-f]{6})", fault.message)
    assert found, fault.message
    return found[1]


def test_the_bundled_theme_can_be_read_in_every_mode_in_every_category() -> None:
    whole, faults = read()

    assert whole == Theme()
    assert faults == []


@pytest.mark.parametrize(
    ("accent", "ground", "said"),
    [
        ("#ff8800", "#ffffff", "has a contrast of 2.3:1, and"),
        ("#0068b0", "#ffffff", "has a contrast of 4.3:1 once Outlook.com or Gmail darkens the mail by itself, and"),
        ("#bbbbbb", "#444444", "has a contrast of 3.4:1 once Gmail on iOS inverts the mail by itself, and"),
    ],
)
def test_every_mode_is_checked(accent: str, ground: str, said: str) -> None:
    grounds = dict.fromkeys(("card", "page", "tint"), ground)
    ink = "#ffffff" if ground == "#444444" else "#000000"
    given = ThemeSettings.model_validate({"accent": accent, "ink": ink, "muted": ink, **grounds})

    (fault,) = theme_settings.faults(given, theme_settings.theme(given), ())

    assert said in fault.message


def test_a_failing_colour_is_named_with_ground_ratio_and_offer() -> None:
    _, faults = read(accent="#ff8800")

    assert faults == [
        (
            ("accent",),
            "#ff8800 on the card #ffffff has a contrast of 2.3:1, and text needs 4.5:1; "
            "the nearest that passes is #944200",
        )
    ]


def test_small_print_is_checked_on_the_ground_of_a_missing_picture() -> None:
    _, faults = read(muted="#5a554e")

    assert [fault.setting for fault in faults] == [("muted",)]
    assert "on the picture's ground #e8e4db" in faults[0].message
    assert read(muted="#5a554e", tint="#f5f2eb")[1] == []  # a tint of one's own is the picture's ground, too


def test_a_dark_colour_that_cannot_be_read_is_named_as_such() -> None:
    _, faults = read(muted={"light": "#333", "dark": "#555"})

    assert [fault.setting for fault in faults] == [("muted", "dark")]
    assert "on the dark card #1d1c1a has a contrast of 2." in faults[0].message


def test_a_ground_is_at_fault_when_the_text_on_it_is_the_bundled_one() -> None:
    _, (fault,) = read(page="#888")

    assert fault.setting == ("page",)
    assert "under the accent #1a4fb0" in fault.message
    assert read(page=offered(fault))[1] == []


def test_a_ground_on_which_nothing_can_be_read_says_what_to_change() -> None:
    _, faults = read(card="#777", ink="#fff", muted="#fff", accent="#fff")

    assert ("card",) in [fault.setting for fault in faults]
    assert all("pass" in fault.message for fault in faults)


@drawn(colour=RANDOM, role=st.sampled_from(["accent", "ink", "muted"]))
def test_the_offer_for_a_text_colour_always_loads(colour: str, role: str) -> None:
    _, faults = read(**{role: colour})

    for fault in faults:
        assert fault.setting == (role,)
        assert read(**{role: offered(fault)})[1] == []


@drawn(colour=RANDOM)
def test_the_offer_for_a_section_always_loads(colour: str) -> None:
    _, faults = read(sections={"World": colour})

    for fault in faults:
        assert read(sections={"World": offered(fault)})[1] == []


@drawn(colour=RANDOM)
def test_the_offer_for_a_dark_colour_always_loads(colour: str) -> None:
    _, faults = read(accent={"light": "#1a4fb0", "dark": colour})

    for fault in faults:
        assert read(accent={"light": "#1a4fb0", "dark": offered(fault)})[1] == []


@settings(max_examples=10)
@drawn(colour=RANDOM, role=st.sampled_from(["card", "page", "tint"]))
def test_the_offer_for_a_ground_always_loads(colour: str, role: str) -> None:
    _, faults = read(**{role: colour})

    for fault in faults:
        assert fault.setting == (role,)
        assert read(**{role: offered(fault)})[1] == []


@drawn(colour=RANDOM)
def test_a_derived_dark_colour_is_easy_to_read_on_all_dark_grounds(colour: str) -> None:
    whole, _ = read(accent=colour)

    grounds = (whole.card, whole.page, whole.tint, whole.well)
    assert all(contrast.ratio(whole.link.dark, ground.dark) >= contrast.COMFORTABLE for ground in grounds)


def test_a_dark_ground_keeps_a_hint_of_the_hue() -> None:
    whole, faults = read(page="#e6f0ff")

    assert faults == []
    assert whole.page.light == "#e6f0ff"
    red, _, blue = (int(whole.page.dark[at : at + 2], 16) for at in (1, 3, 5))
    assert red < blue < 0x22


def test_what_is_given_for_dark_is_taken() -> None:
    whole, faults = read(accent={"light": "navy", "dark": "#9bf"}, hairline="#ccc", headings="sans")

    assert faults == []
    assert whole.link == Shade(light="#000080", dark="#99bbff")
    assert whole.heading_font.startswith("-apple-system")


@pytest.mark.parametrize(
    ("given", "stored"), [("#abc", "#aabbcc"), ("#A1B2C3", "#a1b2c3"), ("RebeccaPurple", "#663399")]
)
def test_colours_are_stored_in_full(given: str, stored: str) -> None:
    assert hexadecimal(given) == stored


@pytest.mark.parametrize(
    "text",
    ["", "#12", "#1234", "#12345678", "rgb(1,2,3)", "red;", "#fff}", "inherit", "transparent", "var(--a)", "#fff\n"],
)
def test_anything_else_is_no_colour(text: str) -> None:
    with pytest.raises(ValueError, match="is not a colour"):
        hexadecimal(text)


@drawn(st.text())
def test_no_text_reaches_css_but_one_colour(text: str) -> None:
    try:
        colour = hexadecimal(text)
    except ValueError:
        return
    (only,) = tinycss2.parse_component_value_list(colour)
    assert only.type == "hash"


@pytest.mark.parametrize("bad", ["red", "#fff", "#12345G", "#123456;", "#123456\n"])
def test_a_frozen_theme_holds_nothing_but_full_colours(bad: str) -> None:
    with pytest.raises(ValidationError):
        Shade(light=bad, dark="#000000")


def test_a_theme_survives_being_frozen() -> None:
    whole, _ = read(accent="#944200", sections={"World": "#1d4f91"})
    shown = whole.model_copy(update={"logo": Logo(url="https://a.example/l.png", width=180, height=40, alt="A & B")})
    before = newsletter(theme=shown)

    assert Newsletter.model_validate_json(before.model_dump_json()) == before


def test_an_issue_that_was_frozen_with_an_empty_logo_loads() -> None:
    frozen = newsletter().model_dump_json().replace('"logo":null', '"logo":""')

    assert '"logo":""' in frozen
    assert Newsletter.model_validate_json(frozen).theme.logo is None


def test_a_section_takes_its_own_colour_whatever_its_case() -> None:
    whole, _ = read(sections={"WORLD": "#004080"})

    assert whole.section("World").light == "#004080"
    assert whole.section("Sport").light == COLOURS["sport"].light
