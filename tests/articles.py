"""Articles and readers for tests: complete, with everything that a test does not say filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from digest.model import Article, Candidate, Newsletter, Picture, RichText, Source

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def rich(text: str) -> RichText:
    """A passage without emphasis; the text must need no escaping."""
    return RichText(text, text, text)


def article(number: int, category: str = "World", **fields: Any) -> Article:
    """An article published `number` hours before NOW."""
    values: dict[str, Any] = {
        "id": f"article-{number}",
        "url": f"https://news{number}.example/story/{number}",
        "canonical_url": f"https://news{number}.example/story/{number}",
        "title": f"Story number {number} of the week",
        "domain": f"news{number}.example",
        "category": category,
        "language": "en",
        "published_at": NOW - timedelta(hours=number),
        "modified_at": NOW - timedelta(hours=number),
        "image_url": None,
        "image_alt": "",
        "description": f"What story {number} is about.",
        "tldr": (
            rich(f"First point of {number}."),
            RichText(*(f"{word} point of {number}." for word in ("Second", "<b>Second</b>", "Second"))),
        ),
        "why_it_matters": rich(f"Story {number} changes what readers can expect of it."),
        "key_points": (rich(f"Key point of {number}."),),
        "quotes": (),
        "details": (),
        "sources": (
            Source(1, f"https://news{number}.example/story/{number}", "Original article"),
            Source(2, f"https://source.example/{number}?a=1&b=2", ""),
        ),
        "hashtags": ("#news",),
        "view_count": 0,
        "words": 400,
        "story": "",
    }
    return Article(**(values | fields))


def candidate(of: Article, number: int = 0, **fields: Any) -> Candidate:
    """An article as a candidate of its own story, first seen when it was published."""
    values: dict[str, Any] = {
        "number": number,
        "article": of,
        "story": of.id,
        "revision": 1,
        "first_seen_at": of.published_at,
        "is_pinned": False,
        "is_withdrawn": False,
    }
    return Candidate(**(values | fields))


def shelf(*found: Article) -> dict[str, Candidate]:
    """Those articles as an issue's candidates, by id; a picture that the source has was fetched."""
    return {
        one.id: candidate(one, number, picture=served(one.image_url) if one.image_url else None)
        for number, one in enumerate(found)
    }


def served(image_url: str) -> Picture:
    """A picture as `digest serve` gives it."""
    name = image_url.rpartition("/")[2].partition(".")[0]
    return Picture(f"https://news.example.com/pictures/{name}.jpg", 552, 310)


def newsletter(**fields: Any) -> Newsletter:
    """The Weekly, with three categories."""
    values: dict[str, Any] = {
        "slug": "weekly",
        "name": "The Weekly",
        "sender": "The Weekly <weekly@news.example.com>",
        "postal_address": "1 Example Street, London",
        "categories": ("World", "Business", "Science"),
        "timezone": "Europe/London",
    }
    return Newsletter(**(values | fields))
