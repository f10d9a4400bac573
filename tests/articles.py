"""Articles and readers for tests: complete, with everything that a test does not say filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from digest.model import Article, Newsletter, RichText, Source

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def rich(text: str) -> RichText:
    """A passage without emphasis; the text must need no escaping."""
    return RichText(text, text)


def article(number: int, category: str = "World", **fields: Any) -> Article:
    """An article published `number` hours before NOW."""
    values: dict[str, Any] = {
        "id": f"article-{number}",
        "url": f"https://news{number}.example/story/{number}",
        "title": f"Story number {number} of the week",
        "domain": f"news{number}.example",
        "category": category,
        "language": "en",
        "published_at": NOW - timedelta(hours=number),
        "image_url": None,
        "image_alt": "",
        "description": f"What story {number} is about.",
        "tldr": (
            rich(f"First point of {number}."),
            RichText(f"Second point of {number}.", f"<b>Second</b> point of {number}."),
        ),
        "why_it_matters": rich(f"Story {number} changes what readers can expect of it."),
        "key_points": (rich(f"Key point of {number}."),),
        "sources": (
            Source(1, f"https://news{number}.example/story/{number}", "Original article"),
            Source(2, f"https://source.example/{number}?a=1&b=2", ""),
        ),
        "hashtags": ("#news",),
        "view_count": number,
        "words": 400,
    }
    return Article(**(values | fields))


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
