from datetime import UTC, datetime, timedelta

import pytest

from digest.draft import SkipReason
from digest.model import Issue
from digest.selection import Reason
from digest.studio import words
from tests.articles import article, newsletter


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_the_selection_has_words_of_its_own(reason: Reason) -> None:
    say = words.why_chosen if reason in words.CHOSEN else words.why_dropped

    said = say(reason, article(1), newsletter())

    assert said.casefold() != reason.replace("_", " ")
    assert "{" not in said


@pytest.mark.parametrize("reason", SkipReason)
def test_every_reason_for_no_mail_has_words_of_its_own(reason: SkipReason) -> None:
    assert reason in words.SKIPPED
    assert "{" not in words.why_skipped(reason, newsletter())


def test_braces_in_a_category_are_only_text() -> None:
    said = words.why_dropped("not_chosen", article(1, "{newsletter.sender}"), newsletter())

    assert said.startswith("{newsletter.sender} is not")


def test_reason_without_words_is_shown_as_it_is() -> None:
    assert words.why_dropped("too_salty", article(1), newsletter()) == "Too salty"


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")]
)
def test_ordinal(number: int, said: str) -> None:
    assert words.ordinal(number) == said


def test_count_has_separators_and_the_right_word() -> None:
    assert words.counted(1, "reader", "readers") == "1\u00a0reader"
    assert words.counted(4812, "reader", "readers") == "4,812\u00a0readers"


def test_window_names_the_last_day_that_is_in_it() -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    issue = Issue(
        id=1,
        newsletter=newsletter(),
        number=1,
        base_url="https://news.example.com",
        nonce="n",
        since=midnight - timedelta(days=7),
        until=midnight,
    )

    assert words.window(issue) == "16 to 22\u00a0Nov"
