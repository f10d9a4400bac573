from hypothesis import given
from hypothesis import strategies as st

from digest.smtp.outage import ROUNDS, Outage


def test_failures_of_one_moment_count_once_and_waits_grow() -> None:
    outage, now, waits = Outage(0.5), 0.0, []
    while not outage.is_final:
        for _ in range(10):
            outage.failed(now, is_about_recipient=False)
        waits.append(outage.wait(now))
        now += waits[-1]

    assert waits == [0.5, 1, 2, 4, 8, 16]


def test_an_answer_ends_the_outage() -> None:
    outage = Outage(1)
    outage.failed(0, is_about_recipient=False)
    outage.succeeded()

    assert outage.wait(0) == 0
    assert not outage.is_final


@given(st.integers(1, 40))
def test_recipients_who_break_connections_are_not_soon_taken_for_an_outage(count: int) -> None:
    outage, now = Outage(0.5), 0.0
    for _ in range(count):
        outage.failed(now, is_about_recipient=True)
        now += outage.wait(now)

    assert outage.is_final == (count >= 4 * ROUNDS)
