from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from digest import ranking
from digest.choices import Choices
from digest.model import Article, Candidate, Depth, Newsletter
from digest.selection import Reason, Selection, pick, select
from subscribers.model import Preferences
from tests.articles import NOW, article, candidate, newsletter

CATEGORIES = ["World", "Business", "Science", "Sport"]
EARLIER = NOW - timedelta(days=7)


def choices(*categories: str, **fields: Any) -> Choices:
    """A reader who chose these categories."""
    preferences = {name: fields.pop(name) for name in ("depth", "muted", "max_articles") if name in fields}
    values: dict[str, Any] = {"language": "en", "since": EARLIER}
    return Choices(preferences=Preferences(categories=categories, **preferences), **(values | fields))


def selected(pool: list[Article | Candidate], wanted: Choices, paper: Newsletter | None = None) -> Selection:
    """Select among articles, each a story of its own, or candidates."""
    found = [candidate(one, number) if isinstance(one, Article) else one for number, one in enumerate(pool)]
    return select(ranking.prepare(found, paper or newsletter(), until=NOW), wanted)


def ids(selection: Selection) -> list[str]:
    return [chosen.article.id for chosen in selection.chosen]


def why(selection: Selection, article_id: str) -> Reason:
    return next(dropped.reason for dropped in selection.dropped if dropped.article.id == article_id)


def test_sections_stand_in_the_readers_order_and_new_before_old() -> None:
    pool = [article(1, "World"), article(2, "Science"), article(3, "World"), article(4, "Business")]

    selection = selected(pool, choices("Science", "world"))

    assert ids(selection) == ["article-2", "article-1", "article-3"]
    assert why(selection, "article-4") is Reason.NOT_CHOSEN
    assert [chosen.position for chosen in selection.chosen] == [1, 2, 3]


def test_no_choice_means_every_category_in_the_newsletters_order() -> None:
    pool = [article(1, "Science"), article(2, "World"), article(3, "Business")]

    selection = selected(pool, choices())

    assert ids(selection) == ["article-2", "article-3", "article-1"]
    assert {chosen.reason for chosen in selection.chosen} == {Reason.EVERY_CATEGORY}


def test_much_read_comes_before_a_little_newer() -> None:
    pool = [article(1, view_count=3), article(5, view_count=5000)]

    assert ids(selected(pool, choices())) == ["article-5", "article-1"]


def test_much_read_of_last_week_does_not_come_before_new() -> None:
    pool = [article(1, view_count=50), article(160, view_count=100)]

    assert ids(selected(pool, choices())) == ["article-1", "article-160"]


def test_the_score_is_the_documented_formula() -> None:
    two_days = candidate(article(48, view_count=9, language="fr"), is_pinned=True)

    def score(language: str) -> float:
        return ranking.score(two_days, newsletter(), language, until=NOW, most_views=99)

    assert score("en") == 0.5 + 0.25 + 4
    assert score("fr") == 0.5 + 0.25 + 2 + 4


def test_pinned_comes_first_and_says_so() -> None:
    pool = [article(1), candidate(article(90), is_pinned=True)]

    selection = selected(pool, choices())

    assert ids(selection) == ["article-90", "article-1"]
    assert selection.chosen[0].reason is Reason.PINNED


def test_the_readers_language_comes_first() -> None:
    pool = [article(1), article(30, language="fr-CA"), article(2, language="und")]

    assert ids(selected(pool, choices(language="fr"))) == ["article-30", "article-1", "article-2"]
    assert ids(selected(pool, choices(language="en"))) == ["article-1", "article-2", "article-30"]


def test_a_story_is_told_in_the_readers_language() -> None:
    pool = [candidate(article(1), story="s"), candidate(article(30, language="fr"), 1, story="s")]

    for language, wanted, other in (("fr", "article-30", "article-1"), ("de", "article-1", "article-30")):
        selection = selected(pool, choices(language=language))
        assert ids(selection) == [wanted]
        assert why(selection, other) is Reason.SAME_STORY


def test_a_story_whose_best_teller_is_muted_is_told_by_another() -> None:
    pool = [candidate(article(1), story="s"), candidate(article(3), 1, story="s")]

    selection = selected(pool, choices(muted=("news1.example",)))

    assert ids(selection) == ["article-3"]
    assert why(selection, "article-1") is Reason.MUTED


def test_a_long_first_section_does_not_starve_the_last() -> None:
    pool = [article(n, "World") for n in range(1, 6)] + [article(9, "Business"), article(10, "Science")]

    selection = selected(pool, choices(), newsletter(max_articles=4))

    assert ids(selection) == ["article-1", "article-2", "article-9", "article-10"]
    assert why(selection, "article-3") is Reason.ISSUE_FULL


def test_limits_of_category_and_issue_are_told_apart() -> None:
    pool = [article(n) for n in range(1, 6)]

    selection = selected(pool, choices(), newsletter(max_articles=2, max_per_category=3))
    assert ids(selection) == ["article-1", "article-2"]
    assert why(selection, "article-4") is Reason.ISSUE_FULL

    selection = selected(pool, choices(), newsletter(max_per_category=3))
    assert ids(selection) == ["article-1", "article-2", "article-3"]
    assert why(selection, "article-4") is Reason.CATEGORY_FULL


def test_a_reader_who_wants_fewer_gets_the_first_of_each_section() -> None:
    pool = [article(n, "World") for n in range(1, 4)] + [article(9, "Business"), article(10, "Science")]

    selection = selected(pool, choices(max_articles=2), newsletter(max_articles=4))

    assert ids(selection) == ["article-1", "article-9"]
    assert why(selection, "article-10") is Reason.ISSUE_FULL


def test_a_reader_cannot_have_more_than_the_newsletter_gives() -> None:
    pool = [article(n) for n in range(1, 5)]

    assert len(selected(pool, choices(max_articles=9), newsletter(max_articles=2)).chosen) == 2


def test_fewer_than_the_newsletters_least_are_enough_for_who_wants_fewer() -> None:
    pool = [article(n) for n in range(1, 5)]

    assert len(selected(pool, choices(max_articles=2), newsletter(min_articles=3)).chosen) == 2
    assert selected(pool[:1], choices(max_articles=2), newsletter(min_articles=3)).chosen == ()


def test_one_domain_does_not_fill_the_issue() -> None:
    pool = [article(n, domain="one.example") for n in (1, 2, 3)] + [article(40)]

    selection = selected(pool, choices(), newsletter(max_per_domain=2))

    assert ids(selection) == ["article-1", "article-2", "article-40"]
    assert why(selection, "article-3") is Reason.DOMAIN_FULL


def test_a_section_that_only_one_domain_fills_is_not_empty() -> None:
    pool = [article(1, "World", domain="one.example"), article(2, "Science", domain="one.example")]
    pool += [article(3, "Science", domain="one.example")]

    selection = selected(pool, choices(), newsletter(max_per_domain=1))

    assert ids(selection) == ["article-1", "article-2"]
    assert why(selection, "article-3") is Reason.DOMAIN_FULL


def test_one_page_under_two_categories_is_there_once() -> None:
    same = "https://news1.example/story/1"
    first = candidate(article(1, "World", canonical_url=same), story="s")
    second = candidate(article(2, "Business", canonical_url=same), 1, story="s")

    selection = selected([first, second], choices("Business", "World"))

    assert ids(selection) == ["article-1"]
    assert why(selection, "article-2") is Reason.SAME_ARTICLE


def test_depth_follows_the_category_and_is_brief_without_a_word() -> None:
    pool = [article(1, "World"), article(2, "Science")]

    selection = selected(pool, choices(depth=(("science", Depth.HEADLINES),)))

    assert [chosen.depth for chosen in selection.chosen] == [Depth.BRIEF, Depth.HEADLINES]


def test_what_is_muted_received_old_withdrawn_or_foreign_is_dropped_with_its_reason() -> None:
    pool = [
        article(1),
        article(2),
        article(3, "Gardening"),
        article(4, "Science"),
        article(5, domain="live.news5.example"),
        article(6),
        article(200),
        candidate(article(7), 7, is_withdrawn=True),
    ]
    muted = ("news1.example", "news5.example", "SCIENCE")

    selection = selected(pool, choices(muted=muted, received=("article-2",), told=("article-6",)))

    assert selection.chosen == ()
    assert {dropped.article.id: dropped.reason for dropped in selection.dropped} == {
        "article-1": Reason.MUTED,
        "article-2": Reason.RECEIVED,
        "article-3": Reason.NOT_IN_NEWSLETTER,
        "article-4": Reason.MUTED,
        "article-5": Reason.MUTED,
        "article-6": Reason.STORY_RECEIVED,
        "article-200": Reason.BEFORE_WINDOW,
        "article-7": Reason.WITHDRAWN,
    }


def test_what_came_in_late_is_new_unless_it_is_older_than_a_window() -> None:
    late = candidate(article(30), 0, first_seen_at=NOW - timedelta(hours=1))
    ancient = candidate(article(400), 1, first_seen_at=NOW - timedelta(hours=1))

    selection = selected([late, ancient], choices(since=NOW - timedelta(days=1)))

    assert ids(selection) == ["article-30"]
    assert why(selection, "article-400") is Reason.BEFORE_WINDOW


def test_what_changed_since_it_was_received_comes_as_an_update() -> None:
    selection = selected([article(100)], choices(since=NOW - timedelta(days=1), revised=("article-100",)))

    assert [(chosen.article.id, chosen.reason) for chosen in selection.chosen] == [("article-100", Reason.UPDATED)]


def test_fewer_than_the_least_number_is_no_mail() -> None:
    selection = selected([article(1)], choices(), newsletter(min_articles=2))

    assert selection.chosen == ()
    assert why(selection, "article-1") is Reason.TOO_FEW


def test_equal_choices_have_equal_text_and_lose_nothing() -> None:
    one = choices("World", depth=(("World", Depth.FULL),), muted=("b", "a"), received=("x",), corrections=(3,))

    assert Choices.from_json(one.to_json()).to_json() == one.to_json()
    assert Choices.from_json(one.to_json()) == replace(one, preferences=replace(one.preferences, muted=("a", "b")))


rows = st.tuples(
    st.integers(0, 60),
    st.sampled_from(CATEGORIES),
    st.integers(0, 4),
    st.integers(0, 20),
    st.sampled_from(["en", "fr"]),
)
pools = st.lists(rows, max_size=40, unique_by=lambda row: row[0]).map(
    lambda found: [
        candidate(
            article(n * 4, category, domain=f"d{domain}.example", language=language, view_count=n % 7),
            number,
            story=f"s{story}",
            is_pinned=n % 11 == 0,
            is_withdrawn=n % 13 == 0,
        )
        for number, (n, category, domain, story, language) in enumerate(found)
    ]
)
readers = st.builds(
    choices,
    *[st.sampled_from(CATEGORIES)] * 2,
    muted=st.sets(st.sampled_from(["d1.example", "d2.example", "Sport"])).map(tuple),
    language=st.sampled_from(["en", "fr", "de"]),
    since=st.integers(0, 300).map(lambda hours: NOW - timedelta(hours=hours)),
    max_articles=st.none() | st.integers(1, 12),
    received=st.sets(st.integers(0, 60)).map(lambda numbers: tuple(sorted(f"article-{n * 4}" for n in numbers))),
    revised=st.sets(st.integers(0, 60), max_size=3).map(lambda ns: tuple(sorted(f"article-{n * 4}" for n in ns))),
)
papers = st.builds(
    newsletter,
    max_articles=st.integers(1, 12),
    max_per_category=st.integers(1, 5),
    max_per_domain=st.integers(0, 3),
    min_articles=st.integers(1, 3),
)


@given(pools, readers, papers, st.randoms())
def test_every_candidate_is_chosen_or_dropped_exactly_once(pool, wanted, paper, random) -> None:  # type: ignore[no-untyped-def]
    selection = selected(pool, wanted, paper)

    everyone = [c.article.id for c in selection.chosen] + [d.article.id for d in selection.dropped]
    assert sorted(everyone) == sorted(one.article.id for one in pool)
    shuffled = random.sample(pool, len(pool))
    assert selected(shuffled, wanted, paper) == selection
    assert pick(ranking.prepare(shuffled, paper, until=NOW), wanted).chosen == selection.chosen


@given(pools, readers, papers)
def test_no_edition_breaks_a_limit_or_repeats_a_story(pool, wanted, paper) -> None:  # type: ignore[no-untyped-def]
    selection = selected(pool, wanted, paper)

    stories = {one.article.id: one.story for one in pool}
    chosen = [c.article for c in selection.chosen]
    assert len(chosen) <= min(paper.max_articles, wanted.preferences.max_articles or paper.max_articles)
    assert len({stories[one.id] for one in chosen}) == len(chosen)
    for category in CATEGORIES:
        assert sum(one.category == category for one in chosen) <= paper.max_per_category
    assert not {one.id for one in chosen} & (set(wanted.received) - set(wanted.revised))


@given(pools, readers)
def test_every_chosen_category_that_can_give_a_story_gives_one(pool, wanted) -> None:  # type: ignore[no-untyped-def]
    assume((wanted.preferences.max_articles or len(CATEGORIES)) >= len(CATEGORIES))  # else there is no place for each
    selection = selected(pool, wanted, newsletter(max_per_domain=1, categories=tuple(CATEGORIES)))

    given = {chosen.article.category for chosen in selection.chosen}
    for dropped in selection.dropped:
        if dropped.reason in (Reason.DOMAIN_FULL, Reason.CATEGORY_FULL, Reason.ISSUE_FULL):
            assert dropped.article.category in given
