"""Mailpit's score: its tables, and figures computed by hand from them after its algorithm."""

from dataclasses import replace

import pytest

from digest.quality import mailpit
from tests.digest.quality.drafts import CLEAN

PAGE = "<!DOCTYPE html><html><head><title>t</title></head><body>{}</body></html>"  # 2 elements count: title and body


def test_the_tables_are_whole() -> None:
    rules = mailpit.rules()
    tests = [rules[kind] for kind in ("html", "image", "attribute", "inline", "css", "unit")]

    assert sum(map(len, tests)) == 186  # the 187th of Mailpit is <script>
    assert "MIT" in rules["source"]


def test_the_score_loses_the_worst_weights_and_not_their_sum() -> None:
    percent = mailpit.rules()["percent"]
    cells = 'x<p style="margin:0">a</p><p style="margin:0;padding:0">b</p><p>c</p><a href="#d">d</a>'
    nodes = 6  # title, body, p, p, p, a

    found = mailpit.score_of(PAGE.format(cells))

    partial = max(percent["css-margin"][0] * 2, percent["css-padding"][0], percent["html-anchor-links"][0]) / nodes
    unsupported = max(percent["html-body"][1], percent["html-anchor-links"][1]) / nodes
    assert found.partial == pytest.approx(partial)
    assert found.unsupported == pytest.approx(unsupported)
    assert found.value == pytest.approx(100 - partial - unsupported)


def test_style_blocks_count_on_the_elements_they_reach() -> None:
    block = "<style>p { margin: 0 } @media (max-width: 9px) { p { width: 1px } }</style>"

    found = {one.slug: one.found for one in mailpit.score_of(PAGE.format(block + "<p>a</p><p>b</p>")).weights}

    assert found["css-margin"] == 2
    assert found["css-at-media"] == 1
    assert found["html-style"] == 1


def test_the_body_that_every_mail_has_is_left_out_of_what_is_unsupported() -> None:
    short = replace(CLEAN, html=PAGE.format("<p>a</p>"))

    assert mailpit.check(short.mail())[1].passed
    assert mailpit.score_of(short.html).unsupported > mailpit.MOST_UNSUPPORTED
