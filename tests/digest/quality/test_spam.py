"""SpamAssassin: what it says is read right, and what it says of our sample."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.quality import spam
from digest.quality.missing import Missing
from digest.quality.spam import Rule
from tests.digest.quality.sample import HTML, spoiled, with_html
from tests.real_parts import missing

REPORT = """
HTML_MESSAGE=0.001;MAILING_LIST_MULTI=-1;HTML_FONT_LOW_CONTRAST=0.713
 pts rule name              description
---- ---------------------- --------------------------------------------------
 0.0 HTML_MESSAGE           BODY: HTML included in message
-1.0 MAILING_LIST_MULTI     Multiple indicators imply a widely-seen list
                            manager
 0.7 HTML_FONT_LOW_CONTRAST BODY: HTML font color similar or
                            identical to background

"""


@pytest.fixture(scope="module")
def program() -> Path:
    found = spam.find()
    if isinstance(found, Missing):
        missing(found.part, found.how)
    return found


def test_a_report_is_read_with_exact_points_and_whole_descriptions() -> None:
    assert spam.rules_of(REPORT) == [
        Rule("HTML_MESSAGE", 0.001, "BODY: HTML included in message"),
        Rule("MAILING_LIST_MULTI", -1.0, "Multiple indicators imply a widely-seen list manager"),
        Rule("HTML_FONT_LOW_CONTRAST", 0.713, "BODY: HTML font color similar or identical to background"),
    ]


def test_points_in_favour_do_not_hide_those_against() -> None:
    finding = spam.judge(spam.rules_of(REPORT))

    assert not finding.passed
    assert finding.value == "0.7 points"
    assert finding.detail == "0.7 HTML_FONT_LOW_CONTRAST: BODY: HTML font color similar or identical to background"


def test_a_thousandth_of_a_point_is_nothing() -> None:
    finding = spam.judge([Rule("HTML_MESSAGE", 0.001, ""), Rule("NO_RELAYS", -0.001, "")])

    assert (finding.passed, finding.value, finding.detail) == (True, "0.0 points", "")


def test_no_rule_may_weigh_more_than_a_tenth() -> None:
    assert spam.judge([Rule("A", 0.1, ""), Rule("B", 0.1, "")]).passed
    assert not spam.judge([Rule("A", 0.2, "")]).passed
    assert not spam.judge([Rule(f"R{n}", 0.1, "") for n in range(6)]).passed


@given(st.text(max_size=200))
def test_any_report_is_read(report: str) -> None:
    assert all(rule.name for rule in spam.rules_of(report))


@pytest.mark.slow
def test_a_good_mail_has_no_points_and_hidden_white_text_has(program: Path) -> None:
    white = 'color:#ffffff; background-color:#ffffff; font-size:1px; line-height:1px; mso-hide:all">'
    good, spoilt = (
        with_html(HTML),
        with_html(spoiled('display:none; max-height:0; overflow:hidden; mso-hide:all">', white)),
    )

    of_good, of_spoilt, of_good_again = spam.check(program, [good, spoilt, good])

    assert (of_good.passed, of_good.value) == (True, "0.0 points")
    assert of_good == of_good_again
    assert not of_spoilt.passed
    assert "HTML_FONT_LOW_CONTRAST" in of_spoilt.detail


@pytest.mark.slow
def test_a_mail_cannot_bring_a_report_of_its_own(program: Path) -> None:
    forged = with_html(HTML.replace("The council", "digest-0 HTML_MESSAGE=-5 digest-0 The council"))

    assert [finding.value for finding in spam.check(program, [forged])] == ["0.0 points"]


@pytest.mark.slow
def test_a_program_that_reports_nothing_is_a_surprise() -> None:
    with pytest.raises(RuntimeError, match="reported on 0 of 1 mails"):
        spam.assess(Path("/bin/true"), [with_html(HTML)])


def test_no_mails_need_no_program() -> None:
    assert spam.check(Path("/nowhere"), []) == []
