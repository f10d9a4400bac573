"""Comparing the text part with the HTML, in any script."""

from dataclasses import replace

import pytest

from digest.quality import text_part
from digest.quality.finding import Finding
from tests.digest.quality.drafts import CLEAN


def _found(text: str, html: str) -> dict[str, Finding]:
    return {one.name: one for one in text_part.check(replace(CLEAN, text=text, html=html).mail())}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Kell, the kell!", {"the": 2, "kell": 2}),
        ("3 a [2] 14", {"14": 1}),
        ("東京の夜", {"東京": 1, "京の": 1, "の夜": 1}),
        ("GPTは夜", {"gpt": 1, "は夜": 1}),
        ("夜", {"夜": 1}),
        ("ไทย", {"ไท": 1, "ทย": 1}),
        ("한국 신문", {"한국": 1, "신문": 1}),
        ("ﬁve", {"five": 1}),
    ],
)
def test_words(text: str, words: dict[str, int]) -> None:
    assert dict(text_part.words(text)) == words


def test_japanese_that_is_missing_is_seen() -> None:
    html = "<body><div><p>夜行列車は最後の運行を終えた。</p><p>町は静かだった。</p></div></body>"

    assert _found("夜行列車は最後の運行を終えた。\n町は静かだった。", html)["text part: words"].passed
    assert not _found("夜行列車は最後の運行を終えた。", html)["text part: words"].passed


def test_hidden_text_need_not_stand_there() -> None:
    html = '<body><div><p style="display:none">Something else entirely</p><p>Seen</p></div></body>'

    assert _found("Seen", html)["text part: words"].value == "100.0 %"


def test_an_address_that_begins_like_another_does_not_stand_for_it() -> None:
    html = '<body><div><a href="https://a.example/1">one</a></div></body>'

    assert not _found("one https://a.example/12", html)["text part: links"].passed
    assert _found("one (https://a.example/1).", html)["text part: links"].passed


def test_ideographs_take_two_columns_and_addresses_may_be_long() -> None:
    html = "<body><div>a</div></body>"

    assert _found("夜" * 39, html)["text part: lines"].passed
    assert "line 1 has 80 columns" in _found("夜" * 40, html)["text part: lines"].detail
    assert _found("https://a.example/" + "x" * 90, html)["text part: lines"].passed


@pytest.mark.parametrize("text", ["a <ada@example.org> b", "x < y and y > z", "5 & 6; 7", "2 ** 3", "AT&T", "می‌خواهم"])
def test_what_only_looks_like_markup_is_no_leftover(text: str) -> None:
    assert _found(text, "<body><div>a</div></body>")["text part: leftovers"].passed
