import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest import json_feed, records
from digest.ingest.documents import Rejection, Value
from tests.digest.ingest.test_documents import JSON_VALUES

DATA = Path(__file__).parents[2] / "data" / "feeds"
SHARED = Path(__file__).parents[4] / "shared" / "data" / "feeds"
VERSION = "https://jsonfeed.org/version/1.1"


def read(data: bytes, url: str = "") -> list[Value | Rejection]:
    feed = json_feed.document("x", data)
    assert feed is not None
    return list(json_feed.values("x", feed, url=url, categories=("Science",)))


def item(**fields: object) -> dict[str, Any]:
    data = {"version": VERSION, "items": [{"id": "1", "url": "https://a.example/1", "title": "T", **fields}]}
    (found,) = read(json.dumps(data).encode())
    assert isinstance(found, Value)
    assert isinstance(found.value, dict)
    return found.value


def test_json_feed_becomes_records() -> None:
    first, second, third = read((DATA / "slow.json").read_bytes())

    assert isinstance(first, Value)
    assert first.value == {
        "id": "https://slow.example/clock",
        "url": "https://slow.example/clock",
        "title": "A clock in the hall",
        "category": "Science",
        "language": "en",
        "description": "It strikes once a day.",
        "summary": "**Why it matters:** It is *never* late.",
        "imageUrl": "https://slow.example/img/wide.jpg",
        "imageAlt": "",
        "hashtags": ["#Science", "#homeclock"],
        "publishedAt": "2026-11-20T14:00:00.250000+00:00",
        "updatedAt": "2026-11-20T20:22:00+00:00",
    }
    assert isinstance(second, Value)
    assert isinstance(second.value, dict)
    assert {key: second.value[key] for key in ("id", "url", "title", "language", "summary")} == {
        "id": "slow.example:2481",
        "url": "https://slow.example/sand",
        "title": "Four hours of sand & 19 kg of it. The maker kept the <rejects> in a jar, on a…",
        "language": "de",
        "summary": (
            "Four hours of sand \\& 19 kg of it.\n\n"
            "The maker kept the \\<rejects\\> in a jar, on a shelf above the door of his shop."
        ),
    }
    assert third == Rejection("x", 1, "has no complete web address in its “url”")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00+00:00"),
        ("2026-11-20T10:00:00", "2026-11-20T10:00:00+00:00"),
        ("Fri, 20 Nov 2026 10:00:00 +0100", "2026-11-20T09:00:00+00:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (17, None),
    ],
)
def test_date_is_read_as_it_is_written(written: object, read_as: str | None) -> None:
    assert item(date_published=written).get("publishedAt") == read_as


def test_item_without_a_url_is_at_its_id() -> None:
    assert item(id="https://a.example/x", url=None)["url"] == "https://a.example/x"
    assert item(url=None, external_url="https://b.example/")["url"] == "https://b.example/"


def test_escaped_slashes_are_a_feed_too() -> None:
    assert json_feed.document("x", rb'{"version": "https:\/\/jsonfeed.org\/version\/1", "items": []}') is not None


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"id": "jsonfeed.org"}', b'["https://jsonfeed.org/version/1"]', b"jsonfeed.org"]
)
def test_other_json_is_no_feed(data: bytes) -> None:
    assert json_feed.document("x", data) is None


def test_real_feed_is_accepted_whole() -> None:
    path = SHARED / "feed_1_1.json"
    if path.exists():  # only where the project's sample data lie beside it
        found = [records.accept(one) if isinstance(one, Value) else one for one in read(path.read_bytes())]
        assert len(found) == 6
        assert all(isinstance(one, records.Accepted) for one in found)


KEYS = [
    "id",
    "url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "image",
    "tags",
    "attachments",
    "date_published",
]
ITEMS = JSON_VALUES | st.dictionaries(
    st.sampled_from(KEYS), JSON_VALUES | st.sampled_from(["https://a.example/", "<a", "//["])
)


@given(st.lists(ITEMS, max_size=3) | JSON_VALUES)
def test_any_json_is_values_or_rejections(items: object) -> None:
    for one in json_feed.values("x", {"version": VERSION, "items": items}, url="", categories=()):
        if isinstance(one, Value):
            found = records.accept(one)
            assert isinstance(found, records.Accepted) or found.reason
