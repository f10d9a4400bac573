from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.breaker import Breaker
from digest.model import Culprit, DeliveryStatus
from digest.smtp.verdict import Stage, Verdict

UNAUTHENTICATED = "5.7.26 Your email to {} was blocked: SPF did not pass. {}-v2si418 - gsmtp"


def accepted() -> Verdict:
    return Verdict(DeliveryStatus.ACCEPTED, 250, "2.0.0 Ok", Stage.MESSAGE, Culprit.NOBODY)


def ours(number: int = 0, text: str = UNAUTHENTICATED, code: int = 550) -> Verdict:
    """A refusal that is our fault, told with another address and queue id each time."""
    words = text.format(f"<reader{number}@example.org>", f"a{number}b")
    return Verdict(DeliveryStatus.REJECTED, code, words, Stage.MESSAGE, Culprit.OURS)


def theirs() -> Verdict:
    return Verdict(DeliveryStatus.REJECTED, 550, "5.1.1 User unknown", Stage.RCPT, Culprit.RECIPIENT)


def throttling() -> Verdict:
    return Verdict(DeliveryStatus.DEFERRED, 450, "4.7.0 Slow down", Stage.MESSAGE, Culprit.SERVER)


def trips_after(verdicts: Iterable[Verdict]) -> int | None:
    """Return how many attempts it took, or None."""
    breaker = Breaker("weekly/12")
    for number, verdict in enumerate(verdicts, 1):
        if breaker.note(verdict):
            return number
    return None


def test_five_refusals_in_the_same_words_trip_it_whatever_address_they_name() -> None:
    assert trips_after(ours(number) for number in range(10)) == 5


def test_reason_says_what_how_often_and_what_to_do_and_names_nobody() -> None:
    breaker = Breaker("weekly/12")
    for verdict in [accepted(), ours(1), ours(2), theirs(), ours(3), ours(4)]:
        assert breaker.note(verdict) is None
    reason = breaker.note(ours(5))

    assert reason == (
        "5 of the first 7 messages were refused for a fault of ours: 550 5.7.26 Your email to <…> was blocked: "
        "SPF did not pass. a5b-v2si418 - gsmtp: mend it, then `digest send weekly/12` goes on"
    )
    assert breaker.note(accepted()) == reason


@pytest.mark.parametrize("good", [20, 21, 45])
def test_early_refusals_must_be_more_than_a_fifth(good: int) -> None:
    verdicts = [accepted()] * good + [ours(number) for number in range(5)]

    assert trips_after(verdicts) == (None if good >= 20 else 25)


def test_early_refusals_of_several_kinds_do_not_add_up() -> None:
    kinds = ["5.7.1 Relaying denied", "5.7.26 SPF", "5.7.28 Spam", "5.6.0 Malformed", "5.3.4 Too large"]

    assert trips_after(ours(text=kinds[number % 5]) for number in range(9)) is None


def test_refusals_that_differ_by_code_or_enhanced_status_are_not_the_same() -> None:
    words = ["5.7.1 No", "5.7.2 No"]

    assert trips_after(ours(text=words[number % 2], code=550 + number // 4) for number in range(9)) is None


def test_ten_refusals_of_any_kind_trip_it_later_when_they_are_more_than_a_fifth() -> None:
    kinds = ["Spam", "Malformed", "Too large", "Blocked"]
    mixed = [verdict for number in range(60) for verdict in [accepted(), accepted(), ours(text=kinds[number % 4])]]

    assert trips_after([accepted()] * 30 + mixed) == 30 + 3 * 16  # 15 of 75 are a fifth, not more


def test_window_forgets_what_is_200_attempts_ago() -> None:
    refused = [ours(number) for number in range(40)]

    assert trips_after([accepted()] * 300 + refused) is None
    assert trips_after([accepted()] * 300 + refused + [accepted()] * 199 + [ours()] * 40) is None
    assert trips_after([accepted()] * 300 + refused + [ours()]) == 341


def test_the_commonest_words_of_the_window_are_quoted() -> None:
    breaker, reason = Breaker("weekly/12"), None
    for _ in range(60):
        breaker.note(accepted())
    for number in range(40):
        reason = breaker.note(ours(text="Spam" if number % 3 else "Too large"))

    assert reason and reason.startswith("16 of the first 76 messages")
    assert "most often 550 Spam: mend it" in reason


@given(st.lists(st.sampled_from([accepted(), theirs(), throttling()]), max_size=600))
def test_recipients_acceptance_and_throttling_never_trip_it(verdicts: list[Verdict]) -> None:
    assert trips_after(verdicts) is None


@given(st.lists(st.booleans(), max_size=600))
def test_it_never_trips_while_at_most_a_fifth_is_ours(wishes: list[bool]) -> None:
    breaker, window = Breaker("weekly/12"), list[bool]()
    for wish in wishes:
        is_ours = wish and (sum(window[-199:]) + 1) * 5 <= min(len(window) + 1, 200)
        window.append(is_ours)
        assert breaker.note(ours() if is_ours else accepted()) is None


AROUND = st.text(max_size=30).filter(lambda words: "xq" not in words)
LOCAL = st.text("abcdefghijklmnopqrstuvwxyz.+-_'", min_size=1, max_size=20)


@given(LOCAL, AROUND, st.sampled_from(["{}", "<{}>", "({})", '"{}"', "to={}:", "{}..."]))
def test_reason_never_holds_an_address(local: str, around: str, form: str) -> None:
    text = " ".join((around, form.format(f"{local}xq@example.org"), around))
    breaker = Breaker("weekly/12")
    reason = None
    for _ in range(5):
        reason = breaker.note(Verdict(DeliveryStatus.REJECTED, 550, text, Stage.MESSAGE, Culprit.OURS))

    assert reason and "xq" not in reason and "@" not in reason
    assert len(reason) < 400


def test_a_hostile_reply_costs_little() -> None:
    for text in ["a" * 500, '"' * 500, '"a' * 250, "@" * 500, "a@" * 250, "\\" * 500]:
        trips_after(ours(text=text) for _ in range(50))
