"""How Outlook on Windows reads conditional comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.quality import conditional_comments


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("mso", True),
        ("mso | IE", True),
        ("IE", False),
        ("!mso", False),
        ("!IE", True),
        ("gte mso 9", True),
        ("(gte mso 9)|(IE)", True),
        ("lte mso 11", False),
        ("gt mso 15", True),
        ("lt mso 16", False),
        ("mso 16", True),
        ("mso 12", False),
        ("mso & !vml", False),
        ("true", True),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    assert conditional_comments.holds(condition) is holds


def test_blocks_are_opened_or_gone() -> None:
    html = (
        "a<!--[if mso]>b<![endif]-->c<!--[if !mso]><!-->d<!--<![endif]-->e<!--[if lte mso 11]>f<![endif]--><!-- g -->"
    )

    assert conditional_comments.as_outlook_reads(html) == "abce<!-- g -->"


@given(st.text("<!-[]>ifmso endif|&()9", max_size=60))
def test_any_text_is_read(html: str) -> None:
    assert conditional_comments.as_outlook_reads("<p>" + html).startswith("<")
