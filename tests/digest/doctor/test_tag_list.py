"""Tag lists as other people write them."""

from hypothesis import given
from hypothesis import strategies as st

from digest.doctor import tag_list


def test_white_space_and_folding_do_not_count() -> None:
    assert tag_list.read("v=1; h=from :\n\tto; b=ab\r\n c==;; odd; =x") == {"v": "1", "h": "from:to", "b": "abc=="}


@given(st.text())
def test_no_text_is_a_surprise(text: str) -> None:
    assert all(name and ";" not in value for name, value in tag_list.read(text).items())
