from digest.shortening import shortened


def test_long_text_is_cut_after_a_word() -> None:
    assert shortened("one two, three", 9) == "one two…"
    assert shortened("one two", 7) == "one two"
    assert shortened("x" * 20, 10) == "x" * 9 + "…"
