from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest import documents, records
from digest.ingest.addresses import canonical
from digest.ingest.documents import Rejection, Value
from digest.model import Article, RichText, Source
from tests.digest.ingest.test_documents import JSON_VALUES

DATA = Path(__file__).parents[2] / "data" / "articles"
SHARED = Path(__file__).parents[4] / "shared" / "data"

RECORD: dict[str, Any] = {
    "id": "a1",
    "url": "https://www.news.example/story",
    "title": "A story",
    "category": "World",
    "publishedAt": "2026-11-20T08:32:51.690Z",
}


def accept(**fields: object) -> records.Accepted | Rejection:
    return records.accept(Value("x.json", 7, RECORD | fields))


def accepted(**fields: object) -> Article:
    found = accept(**fields)
    assert isinstance(found, records.Accepted), found
    return found.article


def read(*paths: Path) -> list[Article | Rejection]:
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    found = (accept_value(one) for file in files for one in documents.document(str(file), file.read_bytes()))
    return [one.article if isinstance(one, records.Accepted) else one for one in found]


def accept_value(found: Value | Rejection) -> records.Accepted | Rejection:
    return records.accept(found) if isinstance(found, Value) else found


def test_complete_record_becomes_the_article_that_mails_show() -> None:
    assert read(DATA / "lighthouse.json") == [
        Article(
            id="5d1f3c9e-2b7a-4c0e-9f61-0a4be8d2c713",
            url="https://www.harbourpost.example/coast/lighthouse-lamp",
            canonical_url=canonical("https://www.harbourpost.example/coast/lighthouse-lamp"),
            title="A lighthouse lamp runs for a year on the tide alone",
            domain="harbourpost.example",
            category="Science",
            language="en",
            published_at=datetime(2026, 11, 20, 8, 32, 51, 690_000, tzinfo=UTC),
            modified_at=datetime(2026, 11, 20, 8, 32, 51, 690_000, tzinfo=UTC),
            image_url="https://images.example/lighthouse.jpeg?auto=compress&w=940",
            image_alt="lighthouse at dusk",
            description=(
                "The lamp at Skerrow Head has burned for 366 nights on a tidal float, without a cable to shore."
            ),
            tldr=(
                RichText(
                    "The lamp at Skerrow Head burned for 366 nights on the tide alone.",
                    "The lamp at <b>Skerrow Head</b> burned for <b>366 nights</b> on the tide alone.",
                    "The lamp at Skerrow Head burned for 366 nights on the tide alone.",
                ),
                RichText(
                    "A float the size of a van charges two second-hand batteries.",
                    "A float the size of a van charges <i>two</i> second-hand batteries."
                    '<a class="cite" href="https://skerrow.example.org/log">2</a>',
                    "A float the size of a van charges two second-hand batteries.[2]",
                ),
                RichText(
                    "Five other lights could follow by 2028.",
                    "Five other lights could follow by <b>2028</b>.",
                    "Five other lights could follow by 2028.",
                ),
            ),
            why_it_matters=RichText(
                "Cables to small lights cost more than the lights. "
                "A float pays for itself in three years, if nobody steals it.",
                "Cables to small lights cost more than the lights."
                '<a class="cite" href="https://cables.example/prices">4</a> '
                "A float pays for itself in <b>three years</b>, if nobody steals it.",
                "Cables to small lights cost more than the lights.[4] "
                "A float pays for itself in three years, if nobody steals it.",
            ),
            key_points=(
                RichText(
                    "The float weighs 1,900 kg & rises 4.2 metres at springs.",
                    "The float weighs <b>1,900 kg</b> &amp; rises 4.2 metres at springs.",
                    "The float weighs 1,900 kg & rises 4.2 metres at springs.",
                ),
                RichText(
                    "Nobody had to row out in winter.",
                    "Nobody had to row out in winter"
                    '<a class="cite" href="https://tides.example.net/floats?year=2026&amp;lang=en">3</a>.',
                    "Nobody had to row out in winter[3].",
                ),
                RichText(*["“It hums”, says the keeper; the logbook agrees."] * 3),
            ),
            quotes=(RichText(*['"You stop hearing it after a week." — Ada Quill, keeper'] * 3),),
            details=(),
            sources=(
                Source(1, "https://www.harbourpost.example/coast/lighthouse-lamp", "Original article"),
                Source(2, "https://skerrow.example.org/log", ""),
                Source(3, "https://tides.example.net/floats?year=2026&lang=en", "Floats of the year"),
                Source(4, "https://cables.example/prices", ""),
            ),
            hashtags=("#coast", "#energy"),
            view_count=12,
            words=112,
            story="",
        )
    ]


def test_real_records_are_accepted_whole() -> None:
    real = [SHARED / "seed-article.json", SHARED / "articles.json"] if SHARED.is_dir() else [DATA]

    for article in read(*real):
        assert isinstance(article, Article), article
        assert article.tldr
        assert article.key_points
        assert article.why_it_matters
        passages = [*article.tldr, *article.key_points, *article.quotes, *article.details, article.why_it_matters]
        assert not any(mark in passage.plain for passage in passages for mark in ("**", "[[", "](", " .", " ,"))
        assert [source.number for source in article.sources] == list(range(1, len(article.sources) + 1))


def test_record_with_required_keys_alone_is_complete() -> None:
    article = accepted(description=None, sources=None, imageUrl=None, viewCount=None, unknown={"a": 1})

    assert (article.domain, article.language, article.image_url, article.view_count) == ("news.example", "und", None, 0)
    assert (article.description, article.tldr, article.why_it_matters, article.sources) == ("", (), None, ())


def test_offset_of_publication_becomes_utc() -> None:
    article = accepted(publishedAt="2026-11-20T08:00:00+02:00")

    assert article.published_at == datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": None}, "id is missing"),
        ({"id": 5}, "id must be text"),
        ({"id": "x" * 501}, "id is longer than 500 characters"),
        ({"title": " \u0000\n"}, "title: is blank"),
        ({"category": ""}, "category: is blank"),
        ({"url": "ftp://news.example/x"}, "url: “ftp://news.example/x” is not an address"),
        ({"url": "https:///x"}, "url: "),
        ({"url": "https://news.example/a b"}, "url: "),
        ({"url": "https://news.example/a\u0001b"}, "url: "),
        ({"url": "https://[::1/x"}, "url: "),
        ({"url": "https://news.example:99999/"}, "url: "),
        ({"url": "javascript:alert(1)"}, "url: "),
        ({"publishedAt": "2026-11-20T08:00:00"}, "publishedAt: “2026-11-20T08:00:00” has no offset from UTC"),
        ({"publishedAt": "2026-11-20"}, "has no offset"),
        ({"publishedAt": "yesterday"}, "publishedAt: “yesterday” is not an instant"),
        ({"publishedAt": 1_700_000_000}, "publishedAt: must be text"),
        ({"publishedAt": "0001-01-01T00:00:00+14:00"}, "is not an instant"),
        ({"viewCount": "5"}, "viewCount must be a whole number"),
        ({"viewCount": True}, "viewCount must be a whole number"),
        ({"viewCount": 1.5}, "viewCount must be a whole number"),
        ({"viewCount": float("nan")}, "viewCount must be a whole number"),
        ({"viewCount": -1}, "viewCount must be 0 or more"),
        ({"hashtags": "#a"}, "hashtags must be a list"),
        ({"hashtags": ["#a", 1]}, "hashtags[1] must be text"),
        ({"sources": ["https://a.example/"]}, "sources[0] must be an object"),
        ({"sources": [{"url": 1}]}, "sources[0].url must be text"),
        ({"summary": ["a"]}, "summary must be text"),
        ({"summary": "x" * 1_000_001}, "summary is longer than 1000000 characters"),
        ({"description": "x" * 1_000_001}, "description is longer than 1000000 characters"),
        ({"title": "x" * 1_001}, "title is longer than 1000 characters"),
        ({"updatedAt": "today"}, "updatedAt: “today” is not an instant"),
        ({"story": 5}, "story must be text"),
        ({"story": "x" * 501}, "story is longer than 500 characters"),
        ({"imageUrl": "photo.jpeg"}, "imageUrl: “photo.jpeg” is not an address"),
        ({"imageUrl": 5}, "imageUrl must be text"),
        ({"id": 1, "title": 2}, "id must be text; title must be text"),
    ],
)
def test_wrong_value_rejects_the_record_by_name(fields: dict[str, object], reason: str) -> None:
    found = accept(**fields)

    assert isinstance(found, Rejection)
    assert (found.source, found.line) == ("x.json", 7)
    assert reason in found.reason
    assert "\n" not in found.reason


def test_lone_surrogate_is_dropped_wherever_text_may_stand() -> None:
    article = accepted(
        summary="## TL;DR\n- Br\ud83doken.", title="Br\ud83doken", story="\ud83da", description="\ud83da"
    )

    assert (article.tldr[0].plain, article.title, article.story, article.description) == ("Broken.", "Broken", "a", "a")


def test_version_and_story_come_from_the_record() -> None:
    article = accepted(updatedAt="2026-11-21T09:00:00+01:00", story=" harbour-1 ")

    assert (article.modified_at, article.story) == (datetime(2026, 11, 21, 8, tzinfo=UTC), "harbour-1")
    assert accepted().modified_at == accepted().published_at


@pytest.mark.parametrize("value", [None, [], "x", 5, [RECORD]])
def test_value_that_is_no_object_is_rejected(value: object) -> None:
    assert isinstance(records.accept(Value("x", 1, value)), Rejection)


def test_text_loses_control_characters_and_line_breaks() -> None:
    article = accepted(
        title=" A\u0000\ud800 title\r\n in\u2028two \ufffe", description="a\u0085b", hashtags=["#a\n", "# "]
    )

    assert (article.title, article.description, article.hashtags) == ("A title in two", "a b", ("#a",))


def test_text_loses_controls_of_direction_and_keeps_marks_of_it() -> None:
    article = accepted(title="\u202eA\u202c \u2066title\u2069 \u200f\u05d0", description="a\u202eb")

    assert (article.title, article.description) == ("A title \u200f\u05d0", "ab")


def test_sources_are_numbered_each_once_and_only_web_addresses() -> None:
    article = accepted(
        summary="A[[1]](https://b.example/)[[2]](https://c.example/)[[3]](javascript:x)[[4]](https://c.example/).",
        sources=[
            {"url": "https://a.example/", "title": ""},
            {"url": "mailto:a@a.example", "title": "Letter"},
            {"title": "A book"},
            {"url": "https://b.example/"},
            {"url": " https://a.example/", "title": "Again"},
        ],
    )

    assert article.sources == (
        Source(1, "https://a.example/", "Again"),
        Source(2, "https://b.example/", ""),
        Source(3, "https://c.example/", ""),
    )


def test_image_alt_comes_before_the_search_term() -> None:
    assert accepted(imageAlt="A lamp", pexelsSearchTerm="lamp").image_alt == "A lamp"
    assert accepted(imageUrl="", pexelsSearchTerm="lamp").image_alt == "lamp"


@pytest.mark.parametrize(("written", "language"), [("fr", "fr"), ("pt-BR", "pt-BR"), ("", "und"), ('"><b', "und")])
def test_language_has_the_form_of_a_tag_or_is_undetermined(written: str, language: str) -> None:
    assert accepted(language=written).language == language


VALUES = JSON_VALUES | st.sampled_from([float("nan"), float("inf"), 10**400, "https://a.example/", "\ud800", ["\x00"]])


@given(
    st.dictionaries(
        st.sampled_from([*RECORD, "summary", "sources", "hashtags", "viewCount", "imageUrl", "updatedAt", "story"]),
        VALUES,
    )
)
def test_any_json_is_an_article_or_a_rejection(fields: dict[str, object]) -> None:
    for value in (RECORD | fields, fields, [fields]):
        found = records.accept(Value("x", 1, value))
        if isinstance(found, records.Accepted):
            repr(found.article).encode()
            assert found.article.published_at.tzinfo is UTC
        else:
            assert found.reason
            assert found.reason.isprintable() or "\n" not in found.reason
