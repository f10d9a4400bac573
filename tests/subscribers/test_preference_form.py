"""What a saved preference form means, for any person and any form."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Depth
from digest.selection import sections
from subscribers import preference_form, time_zones
from subscribers.breaks import Break, Length
from subscribers.model import Frequency, Preferences, Status, Subscriber
from subscribers.preference_form import Form, Move, Problem, Topic, Way
from tests.articles import newsletter

WEEKLY = newsletter(schedule="mon 07:00")
ELSEWHERE = ("Markets", "Chess")
EVERY = (*WEEKLY.categories, *ELSEWHERE)
DEPTHS = st.sampled_from(Depth)
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)

NAMES = {"topic", "frequency", "muted", "mute", "day", "hour", "timezone", "language", "most", "break", "until"}
ODD = [
    "World",
    "Sport",
    "monthly",
    "",
    "tabloid.example",
    "mon",
    "07:00",
    "UTC",
    "de",
    "5",
    "none",
    "date",
    "2026-12-01",
]

stored = st.builds(
    Preferences,
    categories=st.lists(st.sampled_from([*EVERY, "world", "SCIENCE", "Forgotten"]), unique=True).map(tuple),
    depth=st.dictionaries(st.sampled_from([*EVERY, "world"]), DEPTHS).map(lambda depths: tuple(depths.items())),
    muted=st.lists(st.sampled_from(["tabloid.example", "news.example", "Chess"]), unique=True).map(tuple),
    max_articles=st.none() | st.integers(1, 200),
)


def arranged(order: list[str], chosen: set[str], depths: dict[str, Depth], frequency: Frequency) -> Form:
    """A form with its chosen topics first, as pages have them."""
    topics = [Topic(name, name in chosen, depths[name]) for name in order]
    return Form(tuple(sorted(topics, key=lambda topic: not topic.chosen)), frequency, muted=("tabloid.example",))


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


def saved(form: Form, stored: Preferences) -> Preferences:
    """What is stored when somebody saves a form."""
    return preference_form.wanted(form, person(stored), WEEKLY, EVERY, NOW).preferences


@given(stored, submitted)
def test_what_was_saved_is_shown_and_selected(preferences: Preferences, form: Form) -> None:
    after = saved(form, preferences)
    shown = preference_form.shown(person(after), WEEKLY, NOW)
    assert shown.chosen == form.chosen
    assert {topic.name: topic.depth for topic in shown.topics} == {topic.name: topic.depth for topic in form.topics}
    assert sections(after, WEEKLY) == list(form.chosen)
    assert (shown.muted, shown.most) == (form.muted, form.most)


@given(stored, submitted)
def test_saving_leaves_other_newsletters_alone(preferences: Preferences, form: Form) -> None:
    other = newsletter(slug="other", categories=ELSEWHERE)
    after = saved(replace(form, muted=preferences.muted), preferences)
    assert sections(after, other) == sections(preferences, other)
    kept = {name: depth for name, depth in preferences.depth if name in ELSEWHERE}
    assert {name: depth for name, depth in after.depth if name in ELSEWHERE} == kept


people = st.builds(
    replace,
    stored.map(person),
    frequency=st.sampled_from(Frequency),
    preferred_time=st.sampled_from(["", "mon", "07:00", "sun 23:00", "wed 06:30"]),
    timezone=st.sampled_from(["", "Europe/London", "Asia/Calcutta", "UTC"]),
    language=st.sampled_from(["", "en", "pt-BR", "nl", "ar"]),
)


@given(people)
def test_saving_what_is_shown_changes_nothing(reader: Subscriber) -> None:
    form = preference_form.shown(reader, WEEKLY, NOW)
    sent = Fields(
        topic=form.chosen,
        frequency=[form.frequency],
        muted=["", *form.muted],
        mute=[""],
        day=[form.day],
        hour=[form.hour],
        timezone=[form.timezone],
        language=[form.language],
        most=[str(form.most or "")],
        **{f"depth:{topic.name}": [topic.depth] for topic in form.topics},
        **{"break": [form.pause.length]},
    )
    assert preference_form.submitted(sent, form, WEEKLY) == form
    assert preference_form.wanted(form, reader, WEEKLY, EVERY, NOW) == reader


@given(people, st.dictionaries(st.sampled_from(sorted(NAMES)), st.lists(st.text() | st.sampled_from(ODD), max_size=2)))
def test_any_form_is_read_or_refused(reader: Subscriber, sent: dict[str, list[str]]) -> None:
    before = preference_form.shown(reader, WEEKLY, NOW)
    try:
        form = preference_form.submitted(Fields(**sent), before, WEEKLY)
    except ValueError:
        return
    found = preference_form.problems(form, WEEKLY, NOW)
    if Problem.NO_TOPIC in found:
        return
    after = preference_form.wanted(form, reader, WEEKLY, EVERY, NOW)
    assert preference_form.shown(after, WEEKLY, NOW).chosen == form.chosen
    assert after.timezone in (*time_zones.names(), "", reader.timezone)
    assert len(after.preferences.muted) <= len(reader.preferences.muted) + 1
    assert after.preferences.max_articles in (None, reader.preferences.max_articles, 12, 8, 5, 3)


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("example.com", "example.com"),
        ("  WWW.Example.COM. ", "example.com"),
        ("https://news.example.com/a/b?c=d", "news.example.com"),
        ("www.example.com/sport", "example.com"),
        ("münchen.example", "münchen.example"),
        ("the bad paper", ""),
        ("example", ""),
        ("https://", ""),
        ("http://[1::", ""),
        ("192.0.2.1", ""),
        ("a@b.example", ""),
        ("<script>.example.com", ""),
    ],
)
def test_a_source_is_muted_by_its_domain_however_it_is_typed(typed: str, domain: str) -> None:
    form = replace(preference_form.shown(person(Preferences()), WEEKLY, NOW), mute=typed.strip())
    assert saved(form, Preferences()).muted == ((domain,) if domain else ())
    assert (Problem.NO_SOURCE in preference_form.problems(form, WEEKLY, NOW)) is not bool(domain)


def test_what_is_muted_already_is_muted_once() -> None:
    stored = Preferences(muted=("tabloid.example",))
    form = replace(preference_form.shown(person(stored), WEEKLY, NOW), mute="www.tabloid.example")
    assert saved(form, stored) == stored


def test_an_unticked_source_is_heard_again_and_none_that_was_never_muted_is_taken() -> None:
    before = preference_form.shown(person(Preferences(muted=("a.example", "b.example"))), WEEKLY, NOW)
    assert preference_form.submitted(Fields(muted=["", "b.example"]), before, WEEKLY).muted == ("b.example",)
    assert preference_form.submitted(Fields(), before, WEEKLY).muted == before.muted
    with pytest.raises(ValueError):
        preference_form.submitted(Fields(muted=["c.example"]), before, WEEKLY)


@pytest.mark.parametrize(
    "sent",
    [
        {"day": ["day"]},
        {"day": ["monday"]},
        {"hour": ["7"]},
        {"hour": ["24:00"]},
        {"timezone": ["Europe/Atlantis"]},
        {"timezone": ["../../etc/passwd"]},
        {"language": ["tlh"]},
        {"most": ["0"]},
        {"most": ["-3"]},
        {"most": ["1000000"]},
        {"break": ["3"]},
        {"break": ["1", "2"]},
    ],
)
def test_a_choice_that_was_not_offered_is_refused(sent: dict[str, list[str]]) -> None:
    before = preference_form.shown(person(Preferences()), WEEKLY, NOW)
    with pytest.raises(ValueError):
        preference_form.submitted(Fields(topic=["World"], **sent), before, WEEKLY)


@pytest.mark.parametrize(
    ("day", "is_problem"),
    [("2026-11-24", False), ("2027-11-24", False), ("2026-11-23", True), ("2027-11-25", True), ("", True), ("x", True)],
)
def test_a_break_until_a_day_wants_one_from_tomorrow_within_a_year(day: str, is_problem: bool) -> None:
    form = replace(preference_form.shown(person(Preferences()), WEEKLY, NOW), pause=Break(Length.DATE, day))
    assert (Problem.NO_DAY in preference_form.problems(form, WEEKLY, NOW)) is is_problem


def test_fewer_stories_are_fewer_than_the_newsletters() -> None:
    assert preference_form.fewer(newsletter(max_articles=24)) == [12, 8, 5, 3]
    assert preference_form.fewer(newsletter(max_articles=8)) == [5, 3]
    assert preference_form.fewer(newsletter(max_articles=3)) == []


@pytest.mark.parametrize(("until", "length"), [(timedelta(days=3), Length.AS_IT_IS), (timedelta(0), Length.NONE)])
def test_a_break_that_is_over_is_none(until: timedelta, length: Length) -> None:
    reader = replace(person(Preferences()), status=Status.PAUSED, paused_until=NOW + until)
    assert preference_form.shown(reader, WEEKLY, NOW).pause == Break(length)


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
    before = preference_form.shown(person(Preferences()), WEEKLY, NOW)
    form = preference_form.submitted(Fields(topic=["World", "Science", "World"]), before, WEEKLY)
    assert form.chosen == ("World", "Science")


def test_a_file_in_place_of_a_text_is_refused() -> None:
    before = preference_form.shown(person(Preferences()), WEEKLY, NOW)
    with pytest.raises(ValueError):
        preference_form.submitted(Fields(topic=[object()]), before, WEEKLY)


def test_names_in_another_case_are_the_newsletters() -> None:
    reader = person(Preferences(("SCIENCE", "world"), (("SCIENCE", Depth.FULL),)))
    form = preference_form.shown(reader, WEEKLY, NOW)
    assert form.chosen == ("Science", "World")
    assert form.topics[0].depth is Depth.FULL
