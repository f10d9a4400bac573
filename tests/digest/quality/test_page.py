"""Reading HTML and styles: what is inherited, and that nothing a template writes can break it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.quality import gates, page
from digest.quality.mail import read
from tests.digest.quality.drafts import CLEAN


def test_colours_sizes_and_hiding_are_inherited() -> None:
    root = page.parse(
        '<body><div style="color:#ff0000;font-size:20px;background:#000 none"><p style="font-size:1.5em">a'
        '<b style="font-size:50%;color:white">b</b></p><i style="display:none"><u>c</u></i></div></body>'
    )

    looks = {element.tag: look for element, look in page.looks(root).items()}

    assert looks["p"] == page.Look((1, 0, 0), (0, 0, 0), 30, is_hidden=False)
    assert (looks["b"].colour, looks["b"].font_px) == ((1, 1, 1), 15)
    assert looks["u"].is_hidden


def test_texts_stand_with_the_element_that_paints_them() -> None:
    root = page.parse("<body>a<p>b<!-- no --><i>c</i>d</p><style>e</style>f</body>")

    found = [(element.tag, text) for element, text in page.texts(root)]

    assert found[1:] == [("p", "b"), ("i", "c"), ("p", "d"), ("body", "f")]
    assert found[0][1] == "a"  # the parser puts it into a paragraph


def test_a_spacer_is_no_text() -> None:
    root = page.parse('<body><div style="font-size:0">&nbsp;</div><p>&zwnj;&#8203;&nbsp;</p></body>')

    assert list(page.texts(root)) == []


@pytest.mark.parametrize(
    ("size", "pixels"),
    [("14px", 14), ("12pt", 16), ("2em", 20), ("150%", 15), ("1rem", 16), ("0", 0), ("larger", 10), ("", 10)],
)
def test_font_sizes_in_pixels(size: str, pixels: float) -> None:
    assert page.font_px(size, 10) == pytest.approx(pixels)


def test_of_declarations_the_last_of_a_name_stands() -> None:
    assert page.declarations("color: RED; x; color:blue !important; --a: 1") == {"color": "blue !important", "--a": "1"}


PARTS = st.sampled_from(
    [
        *(
            "<a href='http://[::1'>",
            "<a href='//user@h:port/'>",
            "<img src='http://a b/'>",
            "<img srcset=x width=%>",
            "</p>",
        ),
        *(
            "<td style='padding:;font-size:.px;margin: 1 2 3 4 5;color:rgb(,)'>",
            "<!--[if mso]>",
            "<![endif]-->",
            "<h4>",
        ),
        *(
            "<style>@media (",
            "\x00",
            "\ufeff",
            "é",
            "<svg>",
            "<body dir=rtl>",
            "<table><tr>",
            "<![CDATA[",
            "&#0;",
            "&#xD800;",
        ),
        *(
            "<?xml version='1.0' encoding='x'?>",
            "<font size=7>",
            "<div style='display'>",
            "<p style=line-height:px>",
            "x" * 9,
        ),
    ]
)


@given(st.lists(PARTS | st.text(max_size=5)).map("".join), st.text(max_size=200))
@example("", "")
@example("<!-- -->", "")
def test_no_html_and_no_text_breaks_a_gate(html: str, text: str) -> None:
    head = "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n--b"
    raw = "\r\n--b\r\n".join([CLEAN.header.replace("\n", "\r\n"), head.format("plain", text), ""])
    raw += head.format("html", html) + "--\r\n"

    found = gates.check(read("hostile", raw.encode("utf-8", "replace")))

    assert len({finding.name for finding in found}) == len(found)


@given(st.binary(max_size=300))
def test_no_bytes_break_a_gate(raw: bytes) -> None:
    assert gates.check(read("hostile", raw))
