from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.segment import Segment, in_words

names = st.lists(st.text(min_size=1), max_size=3).map(tuple)
segments = st.builds(
    Segment,
    name=st.text(),
    categories=names,
    lists=names,
    languages=names,
    joined_since=st.none() | st.datetimes(timezones=st.just(UTC)),
    not_reached=st.integers(0, 9),
)


@given(segments)
def test_what_is_stored_is_read_back(segment: Segment) -> None:
    assert Segment.from_json(segment.name, segment.to_json()) == segment


def test_without_a_filter_it_is_everybody() -> None:
    assert Segment(name="all").is_everybody
    assert not Segment(name="quiet", not_reached=1).is_everybody


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        (Segment(name="s", categories=("World", "Sport")), "of “World” or “Sport”"),
        (Segment(name="s", lists=("pilots",), languages=("fr",)), "on the list “pilots”, reading “fr”"),
        (Segment(name="s", not_reached=3), "whom the last 3 issues did not reach"),
        (
            Segment(name="s", joined_since=datetime(2026, 1, 1, tzinfo=UTC), not_reached=1),
            "who joined since 2026-01-01 00:00 UTC, whom the last issue did not reach",
        ),
    ],
)
def test_a_segment_is_said_in_words(segment: Segment, words: str) -> None:
    assert in_words(segment) == words
