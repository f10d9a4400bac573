"""Colours of categories: their own, each once while there are enough, always the same."""

import random

from hypothesis import given
from hypothesis import strategies as st

from digest.palette import COLOURS, colour_name

NAMES = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=len(COLOURS), unique_by=str.casefold)


def test_a_category_that_is_known_has_its_own() -> None:
    assert colour_name("Science") == "science"
    assert colour_name("SCIENCE", ["World", "Science"]) == "science"


@given(NAMES, st.randoms(use_true_random=False))
def test_categories_of_a_newsletter_do_not_share_a_colour(names: list[str], shuffler: random.Random) -> None:
    assigned = {name: colour_name(name, names) for name in names}
    shuffler.shuffle(names)

    assert len(set(assigned.values())) == len(names)
    assert {name: colour_name(name, names) for name in names} == assigned


def test_with_more_categories_than_colours_some_share_one() -> None:
    names = [f"topic {number}" for number in range(20)]

    assert {colour_name(name, names) for name in names} == set(COLOURS)
