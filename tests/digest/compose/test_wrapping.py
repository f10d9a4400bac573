"""Lines of the text part, by columns."""

from hypothesis import given
from hypothesis import strategies as st

from digest.compose.wrapping import LINE_WIDTH, width, wrap

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z", "M")), min_size=1, max_size=12)


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert width("abc") == 3
    assert width("海峡") == 4
    assert width("e\u0301\u200f") == 1


def test_a_script_without_spaces_is_broken_where_it_may_be() -> None:
    text = "トレナとミスカルの両政府は、全長12キロの橋を海倫海峡に共同で建設することで合意した。" * 2

    lines = wrap(text, "* ", "  ").split("\n")

    assert all(width(line) <= LINE_WIDTH for line in lines)
    assert lines[0].startswith("* ") and all(line.startswith("  ") for line in lines[1:])
    assert not any(line.lstrip().startswith(("。", "、")) for line in lines)  # kinsoku: no line begins with these
    assert "".join(line[2:] for line in lines) == text


def test_an_address_is_never_broken() -> None:
    address = "https://news.example.com/" + "a" * 100

    assert address in wrap(f"海峡 {address} 海峡").split("\n")
    assert address in wrap(f"See {address} for more").split("\n")


@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_nothing_is_lost_and_lines_are_short(text: str) -> None:
    lines = wrap(text).split("\n")

    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= LINE_WIDTH for line in lines)
