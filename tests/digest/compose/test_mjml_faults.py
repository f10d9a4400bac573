"""What is wrong with an MJML document is found where it is, and nothing is found where nothing is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.mjml import to_html
from digest.compose.mjml_faults import COMPONENTS, HOLDS, first_fault
from digest.errors import TemplateError

DOCUMENT = """<mjml>
<mj-head>
<mj-attributes><mj-all padding="0" /><mj-text color="#000000" /></mj-attributes>
<mj-style>.a > .b { color: red }</mj-style>
</mj-head>
<mj-body>
<mj-section>
<mj-column>
<mj-text css-class='a'>Some <b>words</b><br>and <img src="a.png" alt="1 > 0"> &nbsp; & more</mj-text>
<!-- a comment <with> tags -->
<mj-raw><!--[if mso]><i>x</i><![endif]--></mj-raw>
</mj-column>
</mj-section>
</mj-body>
</mjml>"""

SPOILED = [  # what is replaced, by what, the line that is at fault, what is said
    ("</b>", "", 9, "<b> is not closed before </mj-text> in line 9"),
    ("</mj-column>", "", 8, "<mj-column> is not closed before </mj-section> in line 13"),
    ("</mjml>", "", 1, "<mjml> is never closed"),
    ("</mj-text>", "</mj-txt>", 9, "</mj-txt> closes nothing: <mj-text> of line 9 is what is open here"),
    ("</mjml>", "</mjml></p>", 15, "</p> closes nothing"),
    ("css-class='a'", "css-class='a", 9, "<mj-text> cannot be read: write each attribute as"),
    ("css-class='a'", "css-class=a", 9, "<mj-text> cannot be read"),
    ("Some", "1 < 2", 9, "“<” opens no tag"),
    ("Some", "]]>", 9, "“]]>” must not stand in text"),
    ("Some", "a\x0b", 9, "control character, U+000B"),
    ("a comment", "a -- comment", 10, "a comment holds “--”"),
    ("tags -->", "tags ->", 10, "a comment holds “--”"),
    ("</mjml>", "</mjml><!-- x", 15, "a comment is never closed"),
    ("</i>", "", 11, "<i> is not closed before </mj-raw>"),
    ("<mj-raw>", "<!--[if mso]><![endif]--><mj-raw>", 11, "a condition for Outlook must not stand here"),
    ("<mjml>", "<!doctype html>\n<mjml>", 1, "MJML has no <!…>"),
    ("<mj-raw>", "<mj-raw><div>", 11, "<div> is not closed before </mj-raw>"),
    ("<mj-raw>", "<mj-foo></mj-foo><mj-raw>", 11, "there is no component <mj-foo>"),
    (
        "<mj-raw>",
        "<mj-section></mj-section><mj-raw>",
        11,
        "<mj-section> must not stand in <mj-column>: it",
    ),
    ("<b>words</b>", "<mj-button>x</mj-button>", 9, "<mj-button> must not stand in <mj-text>"),
    ("<mj-raw>", "<p>x</p><mj-raw>", 11, "<p> is HTML, which <mj-column> cannot hold"),
    ("<mj-raw>", "<mj-include path='x' /><mj-raw>", 11, "use {% include %} instead"),
    ("<mj-all", "<mj-al", 3, "<mj-al> is no component that <mj-attributes> could set"),
    ("<mj-all", "<!-- x --><mj-all", 3, "no comment in <mj-attributes>"),
]


def line_of(mjml: str, at: int) -> str:
    return f"line {mjml.count(chr(10), 0, at) + 1}"


def test_nothing_is_wrong_with_a_document_in_order() -> None:
    assert first_fault(DOCUMENT) is None
    assert "words" in to_html(DOCUMENT)


@pytest.mark.parametrize(("old", "new", "line", "said"), SPOILED, ids=[said for *_, said in SPOILED])
def test_a_fault_is_found_in_its_line(old: str, new: str, line: int, said: str) -> None:
    assert DOCUMENT.count(old) == 1 or old == "<mjml>"
    spoiled = DOCUMENT.replace(old, new, 1)

    fault = first_fault(spoiled)

    assert fault is not None
    assert line_of(spoiled, fault.at) == f"line {line}"
    assert said in fault.said(line_of(spoiled, fault.other))
    with pytest.raises(TemplateError, match=f"line {line} of the MJML"):
        to_html(spoiled)


def test_every_component_that_is_allowed_somewhere_is_compiled() -> None:
    for parent, held in HOLDS.items():
        for component in held:
            assert component in COMPONENTS
            assert parent == "" or parent in COMPONENTS


@given(st.text("<>/=\"'! -mjabr[]&;#\\\n", max_size=60))
def test_what_is_in_order_compiles(inside: str) -> None:
    document = (
        f"<mjml><mj-body><mj-section><mj-column><mj-text>{inside}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )

    if first_fault(document) is None:
        assert "<mj-" not in to_html(document)


@given(st.text())
def test_any_text_is_read_to_its_end(text: str) -> None:
    first_fault(text)
