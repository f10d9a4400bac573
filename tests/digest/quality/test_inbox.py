"""What an inbox shows of a mail."""

from hypothesis import given
from hypothesis import strategies as st

from digest.quality import inbox
from tests.digest.quality.sample import HTML, with_html


def test_the_row_of_a_mail() -> None:
    row = inbox.row(with_html(HTML))

    assert (row.sender, row.subject) == ("The Weekly", "Port Amble votes to leave its harbour")
    assert row.preview.startswith("Plus: a lighthouse that was never lit The Weekly Monday 23 November 2026 Port Amble")
    assert len(row.preview) <= 160


def test_filler_is_nothing() -> None:
    assert inbox.preview("<p>One\u00a0\u200c \ufeff\u2007\u034f</p><style>p {}</style><p>two</p>") == "One two"


def test_a_mail_without_html_shows_its_text() -> None:
    assert inbox.row(with_html("")).preview.startswith("The Weekly Port Amble votes")


@given(
    st.text(max_size=300)
    | st.sampled_from(["<!-- x -->", "<!DOCTYPE html>", "<?xml version='1.0' encoding='x'?>", " "])
)
def test_any_html_has_a_preview(html: str) -> None:
    assert len(inbox.preview(html)) <= 160
