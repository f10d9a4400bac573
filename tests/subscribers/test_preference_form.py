"""What a saved preference form means, for any person and any form."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Depth
from digest.selection import sections
from subscribers import preference_form
from subscribers.model import Frequency, Preferences, Status, Subscriber
from subscribers.preference_form import Form, Move, Topic, Way
from tests.articles import newsletter

WEEKLY = newsletter(schedule="mon 07:00")
ELSEWHERE = ("Markets", "Chess")
EVERY = (*WEEKLY.categories, *ELSEWHERE)
DEPTHS = st.sampled_from(Depth)

stored = st.builds(
    Preferences,
    categories=st.lists(st.sampled_from([*EVERY, "world", "SCIENCE", "Forgotten"]), unique=True).map(tuple),
    depth=st.dictionaries(st.sampled_from([*EVERY, "world"]), DEPTHS).map(lambda depths: tuple(depths.items())),
    muted=st.just(("tabloid.example",)),
)


def arranged(order: list[str], chosen: set[str], depths: dict[str, Depth], frequency: Frequency) -> Form:
    """A form with its chosen topics first, as pages have them."""
    topics = [Topic(name, name in chosen, depths[name]) for name in order]
    return Form(tuple(sorted(topics, key=lambda topic: not topic.chosen)), frequency)


submitted = st.builds(
    arranged,
    st.permutations(WEEKLY.categories),
    st.sets(st.sampled_from(WEEKLY.categories), min_size=1),
    st.fixed_dictionaries(dict.fromkeys(WEEKLY.categories, DEPTHS)),
    st.sampled_from(Frequency),
)


def person(preferences: Preferences, frequency: Frequency = Frequency.EVERY_ISSUE) -> Subscriber:
    return Subscriber(
        id=1,
        email="ada@example.org",
        name="",
        status=Status.CONFIRMED,
        preferences=preferences,
        frequency=frequency,
        timezone="",
        language="",
        paused_until=None,
        link_version=1,
    )


class Fields:
    """A submitted form."""

    def __init__(self, **fields: Sequence[object]) -> None:
        self._fields = fields

    def getlist(self, key: str) -> Sequence[object]:
        """Return the values of a field."""
        return self._fields.get(key, [])


@given(stored, submitted)
def test_what_was_saved_is_shown_and_selected(preferences: Preferences, form: Form) -> None:
    saved = preference_form.preferences(form, person(preferences), WEEKLY, EVERY)
    shown = preference_form.shown(person(saved), WEEKLY)
    assert shown.chosen == form.chosen
    assert {topic.name: topic.depth for topic in shown.topics} == {topic.name: topic.depth for topic in form.topics}
    assert sections(saved, WEEKLY) == list(form.chosen)


@given(stored, submitted)
def test_saving_leaves_other_newsletters_and_mutes_alone(preferences: Preferences, form: Form) -> None:
    other = newsletter(slug="other", categories=ELSEWHERE)
    saved = preference_form.preferences(form, person(preferences), WEEKLY, EVERY)
    assert sections(saved, other) == sections(preferences, other)
    assert saved.muted == preferences.muted
    kept = {name: depth for name, depth in preferences.depth if name in ELSEWHERE}
    assert {name: depth for name, depth in saved.depth if name in ELSEWHERE} == kept


@given(stored, st.sampled_from(Frequency))
def test_saving_what_is_shown_changes_nothing(preferences: Preferences, frequency: Frequency) -> None:
    reader = person(preferences, frequency)
    form = preference_form.shown(reader, WEEKLY)
    assert preference_form.preferences(form, reader, WEEKLY, EVERY) == preferences
    assert preference_form.frequency(form, reader, WEEKLY) is frequency


@given(submitted, st.sampled_from(WEEKLY.categories), st.sampled_from(Way))
def test_moving_keeps_every_topic(form: Form, topic: str, way: Way) -> None:
    moved = preference_form.moved(form, Move(way, topic))
    assert sorted(moved.topics, key=str) == sorted(form.topics, key=str)
    assert set(moved.chosen) == set(form.chosen)


@given(submitted)
def test_moving_there_and_back_gives_the_same_order(form: Form) -> None:
    if len(form.chosen) < 2:
        return
    down = preference_form.moved(form, Move(Way.DOWN, form.chosen[0]))
    assert down.chosen[1] == form.chosen[0]
    assert preference_form.moved(down, Move(Way.UP, form.chosen[0])).chosen == form.chosen


@pytest.mark.parametrize(
    ("schedule", "offered"),
    [
        ("", ["every_issue", "daily", "weekly", "monthly"]),
        ("mon 07:00", ["every_issue", "monthly"]),
        ("mon,thu 07:00", ["every_issue", "weekly", "monthly"]),
        ("mon-fri 07:00", ["every_issue", "weekly", "monthly"]),
        ("daily 06:30", ["every_issue", "weekly", "monthly"]),
    ],
)
def test_frequencies_are_those_that_the_schedule_can_keep(schedule: str, offered: list[str]) -> None:
    assert preference_form.frequencies(newsletter(schedule=schedule)) == offered


def test_a_topic_that_was_sent_twice_is_chosen_once() -> None:
    before = preference_form.shown(person(Preferences()), WEEKLY)
    form = preference_form.submitted(Fields(topic=["World", "Science", "World"]), before, WEEKLY)
    assert form.chosen == ("World", "Science")


def test_a_file_in_place_of_a_text_is_refused() -> None:
    before = preference_form.shown(person(Preferences()), WEEKLY)
    with pytest.raises(ValueError):
        preference_form.submitted(Fields(topic=[object()]), before, WEEKLY)


def test_names_in_another_case_are_the_newsletters() -> None:
    reader = person(Preferences(("SCIENCE", "world"), (("SCIENCE", Depth.FULL),)))
    form = preference_form.shown(reader, WEEKLY)
    assert form.chosen == ("Science", "World")
    assert form.topics[0].depth is Depth.FULL
