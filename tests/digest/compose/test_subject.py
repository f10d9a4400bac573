"""What inboxes show: subjects of the right length, each used once, and preheaders that add to them."""

from hypothesis import given
from hypothesis import strategies as st

from digest.compose.subject import headline, preheader, repeats, subject
from digest.model import Issue
from tests.articles import NOW, article, newsletter, rich

ISSUE = Issue(
    id=1, newsletter=newsletter(), number=12, base_url="https://news.example.com", nonce="abc", since=NOW, until=NOW
)
TITLES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=200)


def test_the_lead_and_the_other_sections_where_there_is_room() -> None:
    lead = article(1, title="Lost opera found behind an organ")
    others = [article(2, "Business"), article(3, "Science")]

    assert (
        subject([lead, *others], ISSUE, is_update=False, taken=())
        == "Lost opera found behind an organ · Business, Science"
    )
    long = article(1, title="First passenger train in 31 years crosses the Sill Pass and stops")
    assert subject([long, *others], ISSUE, is_update=False, taken=()) == (
        "First passenger train in 31 years crosses the Sill Pass and…"
    )


def test_a_short_headline_is_told_with_more_around_it() -> None:
    found = subject([article(1, title="Moths")], ISSUE, is_update=False, taken=())

    assert found == "The Weekly: Moths · 23\N{NO-BREAK SPACE}Nov"


def test_an_update_says_so() -> None:
    found = subject([article(1, title="Lost opera found behind an organ")], ISSUE, is_update=True, taken=())

    assert found == "Updated: Lost opera found behind an organ"


def test_a_headline_does_not_shout() -> None:
    assert headline(article(1, title="MOTHS STEER BY STARS")) == "Moths steer by stars"
    assert headline(article(1, title="NATO")) == "NATO"


def test_a_subject_that_was_used_is_told_in_other_words() -> None:
    lead = [article(1, title="Lost opera found behind an organ")]
    taken: list[str] = []
    for _ in range(4):
        taken.append(subject(lead, ISSUE, is_update=False, taken=taken))

    assert taken == [
        "Lost opera found behind an organ",
        "Lost opera found behind an organ · 23\N{NO-BREAK SPACE}Nov",
        "Lost opera found behind an organ · Issue 12",
        "Lost opera found behind an organ · 23\N{NO-BREAK SPACE}Nov · Issue 12",
    ]


@given(TITLES, st.booleans(), st.integers(0, 3))
def test_subjects_have_20_to_60_characters(title: str, is_update: bool, others: int) -> None:
    articles = [article(1, title=title), *(article(number, "Science") for number in range(2, 2 + others))]

    found = subject(articles, ISSUE, is_update=is_update, taken=())

    assert 20 <= len(found) <= 60
    assert found != subject(articles, ISSUE, is_update=is_update, taken=[found])


def test_the_preheader_names_what_follows() -> None:
    articles = [article(1), article(2, title="Moths steer by stars"), article(3, title="A bog comes back by itself")]

    assert preheader(articles, ISSUE, "The lead") == "Plus: Moths steer by stars; A bog comes back by itself"


def test_a_preheader_alone_says_what_the_lead_says_and_does_not_repeat_it() -> None:
    lead = article(
        1,
        title="Harbour town votes to move inland",
        tldr=(rich("The harbour town votes to move inland."), rich("It costs less than a wall against the sea.")),
    )

    found = preheader([lead], ISSUE, lead.title)

    assert found.startswith("It costs less than a wall against the sea.")
    assert not repeats(found, lead.title)


@given(st.lists(TITLES, min_size=1, max_size=5))
def test_preheaders_are_never_empty_too_long_or_a_repetition(titles: list[str]) -> None:
    articles = [article(number, title=title) for number, title in enumerate(titles)]
    said = subject(articles, ISSUE, is_update=False, taken=())

    found = preheader(articles, ISSUE, said)

    assert 0 < len(found) <= 110
    assert not repeats(found, said)
