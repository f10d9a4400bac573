from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.smtp.pace import LATE_SECONDS, Pace

GAPS = st.lists(st.floats(min_value=0, max_value=3, allow_nan=False), min_size=1, max_size=200)
RATES = st.floats(min_value=0.1, max_value=2000)
DOMAINS = st.lists(st.sampled_from(["gmail.com", "gmx.de", "example.org"]), min_size=1, max_size=20)


def turns(pace: Pace, domain: str, *, start: float, seconds: float) -> int:
    """Count the turns of somebody who always asks as soon as there may be one."""
    now, count = start, 0
    while now < start + seconds:
        wait = pace.wait(domain, now)
        count += not wait
        now += wait or 1e-4
    return count


@given(rate=RATES, gaps=GAPS)
def test_no_span_has_more_turns_than_the_rate_allows(rate: float, gaps: list[float]) -> None:
    pace, now, taken = Pace(rate, {}), 0.0, []
    for gap in gaps:
        now += gap
        if not pace.wait("example.org", now):
            taken.append(now)

    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            span = taken[last] - start
            assert last - first + 1 <= rate * (span + LATE_SECONDS) + 1 + 1e-6


@given(rate=RATES, late=st.floats(min_value=0, max_value=1))
def test_who_waits_as_told_gets_a_turn_and_the_rate_is_reached(rate: float, late: float) -> None:
    pace, now = Pace(rate, {}), 0.0
    waits = 0.0
    for _ in range(200):
        while wait := pace.wait("example.org", now):
            now += wait + late * min(LATE_SECONDS, 1 / rate)  # a timer that wakes late
            waits += wait

    assert now <= 199 / rate + 2 * LATE_SECONDS + 1e-6


@given(domains=DOMAINS, gaps=GAPS)
def test_waiting_for_one_domain_takes_nothing_of_another(domains: list[str], gaps: list[float]) -> None:
    pace, limits, now = Pace(0, {"gmail.com": 2, "gmx.de": 0.5}), {"gmail.com": 2.0, "gmx.de": 0.5}, 0.0
    taken: dict[str, list[float]] = {domain: [] for domain in domains}
    for number, gap in enumerate(gaps):
        now += gap
        domain = domains[number % len(domains)]
        wait = pace.wait(domain, now)
        if not wait:
            taken[domain].append(now)
        assert domain in limits or not wait

    for domain, limit in limits.items():
        moments = taken.get(domain, [])
        assert all(b - a >= 1 / limit - LATE_SECONDS - 1e-9 for a, b in pairwise(moments))


def test_common_limit_holds_over_all_domains() -> None:
    pace = Pace(10, {"gmail.com": 2})

    given_turns = [not pace.wait(("gmail.com", "example.org")[number % 2], number / 100) for number in range(1000)]

    assert 98 <= sum(given_turns) <= 101
    assert sum(given_turns[::2]) <= 21  # of them Gmail's


def test_domain_is_told_whatever_its_letters_are() -> None:
    pace = Pace(0, {"GMail.com": 1})

    assert pace.wait("gmail.COM", 0) == 0
    assert pace.wait("Gmail.com", 0.25) == pytest.approx(0.75 - LATE_SECONDS)


def test_no_burst_makes_up_for_idle_time() -> None:
    pace = Pace(10, {})

    assert pace.wait("a", 0) == 0
    assert pace.wait("a", 60) == 0
    assert pace.wait("a", 60) == pytest.approx(0.1, abs=LATE_SECONDS)


def test_without_limits_nobody_waits() -> None:
    pace = Pace(0, {})

    assert not any(pace.wait("a", 0) for _ in range(1000))


def test_rate_halves_when_the_server_throttles_and_doubles_within_a_minute() -> None:
    pace = Pace(100, {})
    before = turns(pace, "a", start=0, seconds=10)
    pace.slow_down(10)

    first, later = turns(pace, "a", start=15, seconds=2), turns(pace, "a", start=75, seconds=2)

    assert before == pytest.approx(1000, rel=0.01)
    assert first == pytest.approx(100, rel=0.05)
    assert later == pytest.approx(100, rel=0.05)  # it grows with what is sent, not with time
    turns(pace, "a", start=77, seconds=60)
    assert turns(pace, "a", start=137, seconds=10) == pytest.approx(1000, rel=0.01)


def test_unlimited_rate_is_halved_by_what_was_seen() -> None:
    pace = Pace(0, {})
    for number in range(4000):
        pace.wait("a", number / 400)  # 400 a second for ten seconds
    pace.slow_down(10)

    assert turns(pace, "a", start=20, seconds=1) == pytest.approx(200, rel=0.05)


def test_a_server_that_throttles_at_once_gets_half_of_what_it_took_in_a_second() -> None:
    pace = Pace(0, {})
    for _ in range(28):
        pace.wait("a", 0)
    pace.slow_down(0.01)

    assert turns(pace, "a", start=5, seconds=1) == pytest.approx(14, abs=1)


def test_a_rate_that_just_went_on_is_halved_and_not_forgotten() -> None:
    pace = Pace(100, {})
    pace.wait("a", 0)
    pace.slow_down(0.1)
    pace.wait("a", 5)
    pace.slow_down(5.1)

    assert turns(pace, "a", start=10, seconds=1) == pytest.approx(25, abs=2)


@given(most=st.floats(min_value=0.01, max_value=1000), times=st.integers(min_value=1, max_value=50))
def test_halving_ends_at_one_a_second_or_at_the_limit(most: float, times: int) -> None:
    pace = Pace(most, {})
    for number in range(times):
        pace.slow_down(number)
    pace.wait("a", 100)

    assert pace.wait("a", 100) <= max(1.0, 1 / most) + 1e-9
    assert pace.wait("a", 100) >= 1 / most - LATE_SECONDS - 1e-9
