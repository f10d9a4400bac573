"""What a reader may choose about one story: always possible, never everything away, and undone exactly."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from starlette.datastructures import ImmutableMultiDict

from digest import selection
from digest.model import Depth
from subscribers import story_choice
from subscribers.model import Preferences
from subscribers.story_choice import Choice, Listed, Note, Offer, Standing, Story, Way, Wish
from tests.articles import newsletter

WEEKLY = newsletter()  # World, Business, Science
EVERY = ("World", "Business", "Science", "Markets")  # Markets is in another newsletter
SCIENCE = Story("Science", "lab.news.example")

stories = st.builds(
    Story, st.sampled_from([*EVERY, "Gardens"]), st.sampled_from(["lab.news.example", "sport.example", "localhost"])
)
preferences = st.builds(
    Preferences,
    categories=st.permutations([*EVERY, "Gone"]).flatmap(
        lambda names: st.integers(0, 5).map(lambda count: tuple(names[:count]))
    ),
    depth=st.dictionaries(st.sampled_from(EVERY), st.sampled_from([Depth.FULL, Depth.HEADLINES])).map(
        lambda depths: tuple(depths.items())
    ),
    muted=st.sets(st.sampled_from(["World", "Science", "news.example", "lab.news.example", "other.example"])).map(
        lambda names: tuple(sorted(names))
    ),
)
ways = st.sampled_from(Way)
standings = st.builds(
    Standing,
    place=st.none() | st.sampled_from(Listed) | st.integers(0, 999),
    depth=st.none() | st.sampled_from(Depth),
    muted=st.none()
    | st.sets(st.sampled_from(["Science", "lab.news.example", "news.example"])).map(lambda n: tuple(sorted(n))),
)


def choices(offer: Offer) -> list[Choice]:
    return [*([offer.first] if offer.first else []), *offer.others]


def resulting(before: Preferences, wanted: Standing, story: Story = SCIENCE) -> Preferences | None:
    return story_choice.resulting(before, wanted, story, WEEKLY, EVERY)


def press(way: Way, before: Preferences, wish: Wish, story: Story = SCIENCE) -> Preferences:
    """Press the button that does what is wished; it must be there."""
    found = {choice.wish: choice for choice in choices(story_choice.offered(way, before, story, WEEKLY))}
    after = resulting(before, found[wish].wanted, story)
    assert after
    return after


def first(way: Way, before: Preferences, story: Story = SCIENCE) -> Wish | Note | None:
    offer = story_choice.offered(way, before, story, WEEKLY)
    return offer.first.wish if offer.first else offer.note


def others(way: Way, before: Preferences, story: Story = SCIENCE) -> list[Wish]:
    return [choice.wish for choice in story_choice.offered(way, before, story, WEEKLY).others]


def fields(pairs: list[tuple[str, str]]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(pairs)


# what is offered


@pytest.mark.parametrize(
    ("depth", "more", "less"),
    [
        (Depth.HEADLINES, Wish.BRIEF, Wish.OUT),
        (Depth.BRIEF, Wish.FULL, Wish.HEADLINES),
        (Depth.FULL, Wish.FIRST, Wish.BRIEF),
    ],
)
def test_the_first_choice_is_one_step_from_the_present_depth(depth: Depth, more: Wish, less: Wish) -> None:
    before = Preferences(depth=(("Science", depth),))
    assert (first(Way.MORE, before), first(Way.LESS, before)) == (more, less)


def test_the_first_category_in_full_is_as_much_as_can_be() -> None:
    before = Preferences(("Markets", "science", "World"), (("SCIENCE", Depth.FULL),))
    assert first(Way.MORE, before) is Note.MOST
    assert others(Way.MORE, before) == []


def test_less_also_offers_the_domain_and_the_category() -> None:
    assert others(Way.LESS, Preferences()) == [Wish.MUTE, Wish.OUT]
    assert others(Way.LESS, Preferences(depth=(("Science", Depth.HEADLINES),))) == [Wish.MUTE]


def test_the_last_category_cannot_go() -> None:
    before = Preferences(("Markets", "Science"), (("Science", Depth.HEADLINES),))
    assert first(Way.LESS, before) is Note.ONLY
    assert others(Way.LESS, before) == [Wish.MUTE]
    assert others(Way.LESS, replace(before, depth=())) == [Wish.MUTE]
    assert resulting(before, Standing(place=Listed.OUT)) is None
    assert resulting(Preferences(("Science",)), Standing(place=Listed.OUT)) is None
    assert resulting(Preferences(("Science", "World"), muted=("World",)), Standing(place=Listed.OUT)) is None


def test_a_muted_domain_can_come_back_and_not_be_muted_again() -> None:
    before = Preferences(muted=("news.example", "other.example"))
    assert others(Way.MORE, before) == [Wish.UNMUTE]
    assert others(Way.LESS, before) == [Wish.OUT]
    assert press(Way.MORE, before, Wish.UNMUTE).muted == ("other.example",)


def test_a_category_that_is_not_given_can_come_back() -> None:
    before = Preferences(("World",), muted=("Science", "Business"))
    assert first(Way.MORE, before) is Wish.AGAIN
    assert first(Way.LESS, before) is Note.NOT_GIVEN
    assert press(Way.MORE, before, Wish.AGAIN) == Preferences(("World", "Science"), muted=("Business",))


def test_a_category_that_the_newsletter_dropped_cannot_be_chosen() -> None:
    gardens = story_choice.about("Gardens", "plants.example", WEEKLY)
    assert first(Way.MORE, Preferences(), gardens) is first(Way.LESS, Preferences(), gardens) is Note.NO_TOPIC
    assert others(Way.LESS, Preferences(), gardens) == [Wish.MUTE]
    with pytest.raises(ValueError, match="no such category"):
        story_choice.read(fields([("place", "0")]), gardens, WEEKLY)


@pytest.mark.parametrize("host", ["localhost", "192.0.2.1"])
def test_a_host_that_is_no_domain_cannot_be_muted(host: str) -> None:
    assert others(Way.LESS, Preferences(), Story("Science", host)) == [Wish.OUT]


# what follows


def test_leaving_a_category_out_of_everything_chooses_all_others_by_name() -> None:
    after = press(Way.LESS, Preferences(), Wish.OUT)
    assert after.categories == ("World", "Business", "Markets")


def test_the_newsletters_own_order_holds_where_nothing_was_chosen() -> None:
    every = ("Science", "Markets", "World", "Business")  # as another newsletter of the settings, the first, has them
    after = story_choice.resulting(Preferences(), Standing(place=Listed.OUT), SCIENCE, WEEKLY, every)
    assert after == Preferences(("World", "Business", "Markets"))
    assert story_choice.resulting(after, Standing(place=Listed.EVERY), SCIENCE, WEEKLY, every) == Preferences()


def test_putting_a_category_first_keeps_the_order_of_the_others() -> None:
    full = (("Science", Depth.FULL),)
    assert press(Way.MORE, Preferences(depth=full), Wish.FIRST).categories == (
        "Science",
        "World",
        "Business",
        "Markets",
    )
    before = Preferences(("World", "Markets", "Science"), full)
    assert press(Way.MORE, before, Wish.FIRST).categories == ("Science", "World", "Markets")


def test_undoing_to_everything_leaves_out_what_was_left_out_meanwhile() -> None:
    after = resulting(Preferences(("World",)), Standing(place=Listed.EVERY))
    assert after == Preferences(("World", "Science"))


@given(preferences)
def test_sections_are_those_that_the_selection_gives(before: Preferences) -> None:
    given_sections = [name.casefold() for name in selection.sections(before, WEEKLY)]
    assert story_choice.sections(before, WEEKLY) == given_sections


@given(ways, preferences, stories)
def test_every_choice_can_be_made_once_and_undone(way: Way, before: Preferences, story: Story) -> None:
    story = story_choice.about(*story, WEEKLY)
    offer = story_choice.offered(way, before, story, WEEKLY)
    assert (offer.first is None) == (offer.note is not None)
    assert len({choice.wish for choice in choices(offer)}) == len(choices(offer))
    for choice in choices(offer):
        after = resulting(before, choice.wanted, story)
        assert after is not None
        assert after != before
        assert story_choice.happened(choice.was, after, story, WEEKLY) is choice.wish
        assert resulting(after, choice.wanted, story) == after
        undone = resulting(after, choice.was, story)
        assert undone is not None or not story_choice.sections(before, WEEKLY)
        if undone is not None:
            assert undone.to_json() == before.to_json()
            assert story_choice.happened(choice.was, undone, story, WEEKLY) is None


@given(preferences, standings)
def test_no_reader_loses_their_last_category(before: Preferences, wanted: Standing) -> None:
    assume(story_choice.sections(before, WEEKLY))
    after = resulting(before, wanted)
    assert after is None or story_choice.sections(after, WEEKLY)


@given(preferences, standings, stories)
def test_what_a_choice_is_not_about_stays(before: Preferences, wanted: Standing, story: Story) -> None:
    after = resulting(before, wanted)
    assume(after is not None)
    assert after
    kept = {(name, depth) for name, depth in before.depth if name != "Science"}
    assert {(name, depth) for name, depth in after.depth if name != "Science"} == kept
    assert ("other.example" in after.muted) == ("other.example" in before.muted)
    if before.categories and after.categories:
        assert [n for n in after.categories if n != "Science"] == [n for n in before.categories if n != "Science"]


# as fields


@given(standings, st.sampled_from(["", story_choice.WAS]))
def test_a_standing_reads_back_from_its_fields(wanted: Standing, prefix: str) -> None:
    submitted = fields(story_choice.written(wanted, prefix))
    assert story_choice.read(submitted, SCIENCE, WEEKLY, prefix) == wanted


@given(st.sampled_from(["place", "depth", "muted"]), st.text(max_size=8))
def test_any_other_value_of_a_field_is_refused(name: str, value: str) -> None:
    try:
        found = story_choice.read(fields([(name, value)]), SCIENCE, WEEKLY)
    except ValueError:
        return
    after = resulting(Preferences(), found)
    assert after is None or set(after.muted) <= {"Science", "lab.news.example", "news.example"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("place", "-1"),
        ("place", "1000"),
        ("place", "²"),
        ("place", ""),
        ("depth", "deep"),
        ("depth", ""),
        ("muted", "World"),
        ("muted", "example"),
        ("muted", "other.example"),
    ],
)
def test_a_value_that_cannot_hold_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError):
        story_choice.read(fields([(name, value)]), SCIENCE, WEEKLY)


def test_a_field_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="not one text"):
        story_choice.read(fields([("depth", "full"), ("depth", "brief")]), SCIENCE, WEEKLY)
