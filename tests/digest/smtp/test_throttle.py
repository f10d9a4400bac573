import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.smtp.throttle import FIRST_SECONDS, LONGEST_SECONDS, Throttle


def pauses(throttle: Throttle, *, times: int) -> list[float]:
    """Throttle as soon as each pause is over; return how long each pause was."""
    now, seen = 0.0, []
    for _ in range(times):
        throttle.throttled(now)
        seen.append(throttle.wait(now))
        now += throttle.wait(now)
    return seen


def test_pauses_double_from_five_seconds_to_ten_minutes() -> None:
    assert pauses(Throttle(), times=9) == [5, 10, 20, 40, 80, 160, 320, 600, 600]


def test_replies_of_one_volley_count_once() -> None:
    throttle = Throttle()

    assert throttle.throttled(100)
    assert not any(throttle.throttled(100 + late) for late in (0, 0.1, 4.9))
    assert throttle.wait(102) == 3
    assert throttle.throttled(105)
    assert throttle.wait(105) == 10


def test_nobody_waits_before_the_first_throttling() -> None:
    throttle = Throttle()
    throttle.succeeded(3)

    assert throttle.wait(3) == 0


@pytest.mark.parametrize(("good_for", "then"), [(19.9, 40), (20, FIRST_SECONDS)])
def test_success_as_long_as_the_last_pause_begins_anew(good_for: float, then: float) -> None:
    throttle = Throttle()
    for now in (0, 5, 15):  # the last pause goes from 15 to 35
        throttle.throttled(now)
    throttle.succeeded(36)
    throttle.succeeded(35 + good_for)
    throttle.throttled(60)

    assert throttle.wait(60) == then


def test_success_during_a_pause_ends_nothing() -> None:
    throttle = Throttle()
    throttle.throttled(0)
    throttle.succeeded(1)  # a message that was under way

    assert throttle.wait(1) == 4


@given(st.lists(st.tuples(st.floats(0, 1000), st.booleans()), max_size=100))
def test_a_pause_is_never_longer_than_the_longest_and_lasts_as_told(steps: list[tuple[float, bool]]) -> None:
    throttle, now = Throttle(), 0.0
    for gap, is_throttled in steps:
        now += gap
        expected = throttle.wait(now)
        if is_throttled:
            assert throttle.throttled(now) == (expected == 0)
        else:
            throttle.succeeded(now)
            assert throttle.wait(now) == expected
        assert 0 <= throttle.wait(now) <= LONGEST_SECONDS
        assert throttle.wait(now + throttle.wait(now)) == pytest.approx(0, abs=1e-9)
