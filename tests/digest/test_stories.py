"""Stories: what is one event, what are two. The labelled headlines stand in tests/data."""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article
from digest.stories import group
from tests.articles import NOW, article, rich

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "tests" / "data"
HEADLINES = json.loads((DATA / "headlines.json").read_text())


def headline(record: dict[str, Any]) -> Article:
    fields = {key: record[key] for key in ("id", "title", "description", "domain", "category", "language")}
    lines = tuple(rich(line) for line in record["tldr"])
    url = f"https://{record['domain']}/{record['id']}"
    return article(
        0, **fields, canonical_url=url, tldr=lines, published_at=datetime.fromisoformat(record["published_at"])
    )


LABELLED = [headline(record) for record in HEADLINES]


def told(number: int, title: str, description: str = "", *tldr: str, hours: float = 0, **fields: Any) -> Article:
    """An article of an outlet of its own, published so many hours after the first."""
    values: dict[str, Any] = {
        "title": title,
        "description": description,
        "tldr": tuple(rich(line) for line in tldr),
        "published_at": NOW + timedelta(hours=hours),
    }
    return article(number, **(values | fields))


def stories(*articles: Article) -> list[set[str]]:
    """The stories of several articles, as sets of the articles' numbers."""
    found: dict[str, set[str]] = {}
    for id_, story in group(articles).items():
        found.setdefault(story, set()).add(id_.removeprefix("article-"))
    return sorted(found.values(), key=sorted)


def pairs(labels: Iterable[object]) -> int:
    return sum(times * (times - 1) // 2 for times in Counter(labels).values())


QUAKE = told(
    1,
    "Magnitude 6.1 earthquake shakes Sellin in Keldra",
    "At least 14 people were hurt when the quake struck the port before dawn.",
    "The quake struck Sellin at 04:12.",
    "The old market hall of Sellin was damaged.",
)
QUAKE_ELSEWHERE_SAID = told(
    2,
    "Fourteen hurt as 6.1 quake hits Sellin",
    "Residents of the port in Keldra ran into the streets before dawn.",
    "The earthquake damaged the market hall of Sellin.",
    hours=3,
)
OTHER_QUAKE = told(
    3,
    "Magnitude 5.8 earthquake shakes Varn in Tollund",
    "At least 9 people were hurt when the quake struck the town before dawn.",
    "The quake struck Varn at 05:40.",
    "The old town hall of Varn was damaged.",
    hours=4,
)


@pytest.mark.parametrize(("name", "recall"), [("headlines.json", 0.28), ("headlines_week.json", 0.5)])
def test_labelled_headlines_are_grouped_without_a_wrong_pair(name: str, recall: float) -> None:
    """Precision and recall over pairs of labelled headlines, grouped as one window; tests/data/README.md tells of both.

    The constants were chosen with the first set in sight: 455 headlines, most of them hard negatives of others. The
    second was written apart and scored once after that: precision 1.000 (83 of 83 pairs), recall 0.539.
    """
    records = json.loads((DATA / name).read_text())
    truth = {record["id"]: record["story"] for record in records}
    found = group(headline(record) for record in records)

    both = pairs((truth[id_], found[id_]) for id_ in truth)
    assert both / pairs(found.values()) >= 0.99
    assert both / pairs(truth.values()) >= recall


def test_articles_of_one_event_are_one_story_of_the_first() -> None:
    assert group([QUAKE_ELSEWHERE_SAID, QUAKE]) == {"article-1": "article-1", "article-2": "article-1"}


def test_events_of_one_kind_at_two_places_are_two_stories() -> None:
    assert stories(QUAKE, QUAKE_ELSEWHERE_SAID, OTHER_QUAKE) == [{"1", "2"}, {"3"}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("Corvane third-quarter profit rises 12%", "Corvane Logistics lifted its forecast after a strong quarter."),
            ("Hallam third-quarter profit rises 12%", "Hallam Shipping lifted its forecast after a strong quarter."),
        ),
        (
            ("Kestrel Vale 2-1 Port Amble: Dorn keeps leaders top", "Ilse Dorn scored late for Kestrel Vale."),
            ("Kestrel Vale 3-1 Sill Rovers: Dorn keeps leaders top", "Ilse Dorn scored early for Kestrel Vale."),
        ),
        (("Crossword No. 4,211", "A puzzle set by Wren."), ("Crossword No. 4,212", "A puzzle set by Wren.")),
        (
            ("Corvane to buy Brackwater Freight", "The offer by Corvane is worth 4.1 billion crowns."),
            ("Corvane drivers to strike in December", "The union of Corvane wants more for nights."),
        ),
        (
            ("汐見町で震度5強の地震、けが人12人", "23日未明、汐見町で震度5強を観測した。"),
            ("白根市で震度4の地震、けが人なし", "24日未明、白根市で震度4を観測した。"),
        ),
    ],
    ids=["results of two firms", "two matches", "two of a series", "one firm, two events", "Japanese quakes"],
)
def test_near_misses_are_two_stories(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert stories(told(1, *one), told(2, *other, hours=5)) == [{"1"}, {"2"}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("Мост через Велу в Заречном снова открыт", "Ремонт моста в Заречном стоил 900 миллионов."),
            ("В Заречном открыли мост через Велу", "Ремонт моста стоил 900 миллионов и шёл семь лет."),
        ),
        (
            ("青海電機が半導体工場を北浜に建設、3000億円を投資", "青海電機は2028年の稼働を目指す。"),
            ("北浜に半導体工場、青海電機が3000億円を投資へ", "2028年に稼働する青海電機の工場。"),
        ),
        (
            ("فيضان نهر زمرد في وادي السرو", "إجلاء ثلاثة آلاف من سكان وادي السرو بعد فيضان نهر زمرد."),
            ("إجلاء ثلاثة آلاف من سكان وادي السرو", "فيضان نهر زمرد في وادي السرو بعد يومين من الأمطار."),
        ),
        (
            ("सोनपुरी में तारा नदी पर नया पुल खुला", "पुल पर 80 करोड़ खर्च हुए।"),
            ("तारा नदी पर सोनपुरी का नया पुल खुला", "80 करोड़ खर्च हुए, बसें सोमवार से।"),
        ),
        (
            ("เปิดรถไฟสายใหม่สุขวารีกับท่าเรือ", "ผู้โดยสารวันแรกสองหมื่นคน"),
            ("รถไฟสายใหม่สุขวารีกับท่าเรือเปิดแล้ว", "วันแรกผู้โดยสารสองหมื่นคน"),
        ),
    ],
    ids=["Russian", "Japanese", "Arabic", "Hindi", "Thai"],
)
def test_event_is_one_story_in_any_script(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert stories(told(1, *one), told(2, *other, hours=5), OTHER_QUAKE) == [
        {"1", "2"},
        {"3"},
    ]


def test_articles_at_one_canonical_address_are_one_story_whatever_they_say() -> None:
    first = told(1, "Budget passes after night of talks", canonical_url="https://news.example/live")
    later = told(2, "Comet returns", hours=200, canonical_url="https://news.example/live")

    assert stories(first, later) == [{"1", "2"}]


def test_articles_that_the_source_calls_one_story_are_one() -> None:
    translated = told(2, "Séisme à Sellin", "Quatorze blessés.", hours=90, story="quake")

    assert stories(replace(QUAKE, story="quake"), translated) == [{"1", "2"}]


def test_article_like_a_translation_joins_its_story() -> None:
    french = told(4, "Séisme dans le port", "Quatorze blessés avant l'aube.", hours=-1, story="quake")
    english = replace(QUAKE, story="quake")

    assert stories(french, english, QUAKE_ELSEWHERE_SAID) == [{"1", "2", "4"}]


def test_empty_story_says_nothing() -> None:
    assert stories(told(1, "Budget passes", story=""), told(2, "Comet returns", story="")) == [{"1"}, {"2"}]


@pytest.mark.parametrize(("hours", "found"), [(72, [{"1", "2"}]), (73, [{"1"}, {"2"}])])
def test_articles_more_than_three_days_apart_are_two_stories(hours: float, found: list[set[str]]) -> None:
    again = replace(QUAKE, id="article-2", canonical_url="https://other.example/a")
    later = replace(again, published_at=NOW + timedelta(hours=hours))

    assert stories(QUAKE, later) == found


def test_story_does_not_wander_from_day_to_day() -> None:
    daily = [
        replace(
            QUAKE,
            id=f"article-{number}",
            canonical_url=f"https://news{number}.example/a",
            domain=f"news{number}.example",
            published_at=NOW + timedelta(days=2 * number),
        )
        for number in range(4)
    ]

    assert stories(*daily) == [{"0", "1"}, {"2", "3"}]


def test_article_between_two_events_does_not_join_them() -> None:
    both = told(
        4,
        "Sellin and Varn shaken by earthquakes within hours",
        "Quakes of magnitude 6.1 and 5.8 struck Sellin in Keldra and Varn in Tollund before dawn.",
        hours=6,
    )
    found = group([QUAKE, QUAKE_ELSEWHERE_SAID, OTHER_QUAKE, both])

    assert found["article-1"] == found["article-2"] != found["article-3"]


def test_column_of_one_title_is_another_story_each_day() -> None:
    texts = ("Budget talks, a strike and the first snow.", "A coach, bread and a comet.", "A ruling and ferries.")
    issues = [told(n, "Morning briefing", text, hours=24 * n, domain="a.example") for n, text in enumerate(texts)]

    assert stories(*issues) == [{"0"}, {"1"}, {"2"}]


def test_copy_of_title_and_text_is_one_story() -> None:
    text = "Budget talks, a strike and the first snow."

    assert stories(told(1, "Morning briefing", text), told(2, "Morning briefing", text, hours=24)) == [{"1", "2"}]


def test_next_match_from_the_same_outlet_is_another_story() -> None:
    seniors = told(1, "Marsh Rovers 2-1 Carrow: header keeps Rovers top", "Dele Okafor scored.", domain="a.example")
    juniors = told(2, "Marsh Rovers juniors beat Carrow", "A boy of 15 scored.", hours=9, domain="a.example")

    assert stories(seniors, juniors) == [{"1"}, {"2"}]


def test_articles_without_text_are_stories_of_their_own() -> None:
    assert stories(told(1, ""), told(2, "", hours=1), told(3, "…", "?!", hours=2)) == [{"1"}, {"2"}, {"3"}]


def test_nothing_to_group_gives_nothing() -> None:
    assert group([]) == {}


SOME = st.lists(st.sampled_from(LABELLED), min_size=2, max_size=40, unique_by=lambda one: one.id)


@given(some=SOME, seed=st.randoms(use_true_random=False))
def test_order_of_the_articles_changes_nothing(some: list[Article], seed: random.Random) -> None:
    shuffled = list(some)
    seed.shuffle(shuffled)

    assert group(shuffled) == group(some)


@given(SOME)
def test_story_is_named_by_its_earliest_article(some: list[Article]) -> None:
    found = group(some)
    places = {one.id: (one.published_at, one.id) for one in some}

    assert found.keys() == places.keys()
    assert all(places[story] <= places[id_] and found[story] == story for id_, story in found.items())


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60)), max_size=6))
def test_any_text_can_be_grouped(texts: list[tuple[str, str]]) -> None:
    articles = [told(number, *text, hours=number) for number, text in enumerate(texts)]

    assert len(group(articles)) == len(texts)


@pytest.mark.slow
def test_answer_is_the_same_in_every_process() -> None:
    program = "from tests.digest.test_stories import LABELLED, group; print(sorted(group(LABELLED).items()))"
    said = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(said) == 1
