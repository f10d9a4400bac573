from hypothesis import given
from hypothesis import strategies as st

from digest.smtp.width import Width


@given(most=st.integers(1, 50), good=st.lists(st.booleans(), max_size=300))
def test_width_stays_between_one_and_the_most(most: int, good: list[bool]) -> None:
    width = Width(most)
    for went_well in good:
        if went_well:
            width.succeeded()
        else:
            width.failed()
        assert 1 <= width.allowed <= most


def test_width_grows_by_one_for_as_many_good_messages_as_there_are_connections() -> None:
    width = Width(20, start=2)
    seen = []
    for _ in range(9):
        width.succeeded()
        seen.append(width.allowed)

    assert seen == [2, 3, 3, 3, 4, 4, 4, 4, 5]


def test_each_failure_takes_one_away_and_the_count_begins_anew() -> None:
    width = Width(5)
    for _ in range(4):
        width.succeeded()
    width.failed()
    width.succeeded()

    assert width.allowed == 4
    width.failed()
    width.failed()
    assert width.allowed == 2


@given(most=st.integers(1, 50))
def test_width_recovers(most: int) -> None:
    width = Width(most)
    for _ in range(60):
        width.failed()
    assert width.allowed == 1
    for _ in range(most * most):
        width.succeeded()
    assert width.allowed == most
