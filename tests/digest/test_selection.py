from hypothesis import given
from hypothesis import strategies as st

from digest.model import Depth
from digest.selection import Reason, Selection, select
from subscribers.model import Preferences
from tests.articles import article, newsletter

CATEGORIES = ["World", "Business", "Science", "Sport"]


def ids(selection: Selection) -> list[str]:
    return [chosen.article.id for chosen in selection.chosen]


def why(selection: Selection, article_id: str) -> Reason:
    return next(dropped.reason for dropped in selection.dropped if dropped.article.id == article_id)


def test_sections_stand_in_the_readers_order_and_newest_first() -> None:
    pool = [article(1, "World"), article(2, "Science"), article(3, "World"), article(4, "Business")]

    selection = select(pool, Preferences(categories=("Science", "world")), newsletter())

    assert ids(selection) == ["article-2", "article-1", "article-3"]
    assert why(selection, "article-4") is Reason.NOT_CHOSEN
    assert [chosen.position for chosen in selection.chosen] == [1, 2, 3]


def test_no_choice_means_every_category_in_the_newsletters_order() -> None:
    pool = [article(1, "Science"), article(2, "World"), article(3, "Business")]

    selection = select(pool, Preferences(), newsletter())

    assert ids(selection) == ["article-2", "article-3", "article-1"]
    assert {chosen.reason for chosen in selection.chosen} == {Reason.EVERY_CATEGORY}


def test_a_long_first_section_does_not_starve_the_last() -> None:
    pool = [article(n, "World") for n in range(1, 6)] + [article(9, "Business"), article(10, "Science")]

    selection = select(pool, Preferences(), newsletter(max_articles=4))

    assert ids(selection) == ["article-1", "article-2", "article-9", "article-10"]
    assert why(selection, "article-3") is Reason.ISSUE_FULL


def test_limits_of_category_and_issue_are_told_apart() -> None:
    pool = [article(n) for n in range(1, 6)]

    selection = select(pool, Preferences(), newsletter(max_articles=2, max_per_category=3))

    assert ids(selection) == ["article-1", "article-2"]
    assert why(selection, "article-3") is Reason.ISSUE_FULL
    assert why(selection, "article-4") is Reason.CATEGORY_FULL


def test_one_article_under_two_categories_is_there_once() -> None:
    pool = [article(1, "World"), article(2, "Business", url="https://news1.example/story/1")]

    selection = select(pool, Preferences(categories=("Business", "World")), newsletter())

    assert ids(selection) == ["article-2"]
    assert why(selection, "article-1") is Reason.SAME_ARTICLE


def test_depth_follows_the_category_and_is_brief_without_a_word() -> None:
    pool = [article(1, "World"), article(2, "Science")]

    selection = select(pool, Preferences(depth=(("science", Depth.HEADLINES),)), newsletter())

    assert [chosen.depth for chosen in selection.chosen] == [Depth.BRIEF, Depth.HEADLINES]


def test_muted_received_and_foreign_articles_are_dropped_with_their_reason() -> None:
    pool = [article(1), article(2), article(3, "Gardening")]

    selection = select(pool, Preferences(muted=("news1.example",)), newsletter(), received={"article-2"})

    assert selection.chosen == ()
    assert why(selection, "article-1") is Reason.MUTED
    assert why(selection, "article-2") is Reason.RECEIVED
    assert why(selection, "article-3") is Reason.NOT_IN_NEWSLETTER


def test_fewer_than_the_least_number_is_no_mail() -> None:
    selection = select([article(1)], Preferences(), newsletter(min_articles=2))

    assert selection.chosen == ()
    assert why(selection, "article-1") is Reason.TOO_FEW


pools = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(CATEGORIES), st.integers(0, 3)), max_size=40, unique_by=lambda t: t[0]
).map(lambda rows: [article(n, c, url=f"https://x.example/{n % 30}", domain=f"d{d}.example") for n, c, d in rows])
preferences = st.builds(
    Preferences,
    categories=st.lists(st.sampled_from(CATEGORIES), max_size=5).map(tuple),
    muted=st.sets(st.sampled_from(["d1.example", "d2.example"])).map(tuple),
)


@given(pools, preferences, st.integers(1, 12), st.integers(1, 5), st.sets(st.integers(0, 40)), st.randoms())
def test_every_candidate_is_chosen_or_dropped_exactly_once(pool, choices, most, each, numbers, random) -> None:  # type: ignore[no-untyped-def]
    paper = newsletter(max_articles=most, max_per_category=each)
    received = {f"article-{n}" for n in numbers}

    selection = select(pool, choices, paper, received=received)

    everyone = [c.article.id for c in selection.chosen] + [d.article.id for d in selection.dropped]
    assert sorted(everyone) == sorted(a.id for a in pool)
    assert len(selection.chosen) <= most
    urls = [c.article.url for c in selection.chosen]
    assert len(set(urls)) == len(urls)
    assert not received & set(ids(selection))
    shuffled = random.sample(pool, len(pool))
    assert select(shuffled, choices, paper, received=received) == selection
