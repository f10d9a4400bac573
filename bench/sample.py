"""Articles, readers and settings for the benchmarks, in a database of their own."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from digest import articles, db, tables
from digest.config import Pictures, Settings, Smtp
from digest.model import Article, RichText, Source
from digest.newsletter_settings import SettingsNewsletter
from subscribers import store
from subscribers.model import Preferences

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
CATEGORIES = ("World", "Business", "Technology", "Science", "Climate", "Health", "Culture", "Sport")
WORDS = [
    *("harbour", "council", "vote", "railway", "summit", "winter", "budget", "owners", "measure", "study", "patterns"),
    *("record", "ministers", "report", "river", "the", "a", "of", "in", "and", "to", "with", "from", "after", "before"),
    *("under", "first", "second", "last", "new", "old", "more", "than", "about", "between", "one", "two", "three"),
]


def _passage(random_source: random.Random, words: int) -> RichText:
    chosen = [random_source.choice(WORDS) for _ in range(words)]
    plain = " ".join(chosen).capitalize() + "."
    bold = " ".join(chosen[2:5])
    return RichText(plain, plain.replace(bold, f"<b>{bold}</b>", 1), plain)


def article(number: int, categories: Sequence[str] = CATEGORIES) -> Article:
    """An article of usual length: three points, a paragraph of why, five key points, five sources."""
    source = random.Random(number)
    return Article(
        id=f"article-{number}",
        url=f"https://news{number}.example/2026/11/{number}/a-story-with-a-usual-address",
        canonical_url=f"https://news{number}.example/2026/11/{number}/a-story-with-a-usual-address",
        title=_passage(source, 9).plain.rstrip("."),
        domain=f"news{number}.example",
        category=categories[number % len(categories)],
        language="en",
        published_at=NOW - timedelta(minutes=number + 1),
        modified_at=NOW - timedelta(minutes=number + 1),
        image_url=f"https://images.example/{number}.jpg" if number % 2 else None,
        image_alt="A picture of the story",
        description=_passage(source, 18).plain,
        tldr=tuple(_passage(source, 16) for _ in range(3)),
        why_it_matters=_passage(source, 55),
        key_points=tuple(_passage(source, 18) for _ in range(5)),
        quotes=(),
        details=(),
        sources=tuple(Source(n, f"https://source{n}.example/{number}", "") for n in range(1, 6)),
        hashtags=(),
        view_count=number,
        words=480,
        story="",
    )


def settings(
    folder: Path, *, smtp: Smtp | None = None, stories: int = 20, categories: Sequence[str] = CATEGORIES
) -> Settings:
    """Settings with one newsletter."""
    newsletter = SettingsNewsletter(
        slug="weekly",
        name="The Weekly",
        sender="The Weekly <weekly@news.example.com>",
        postal_address="1 Example Street, London",
        categories=tuple(categories),
        max_articles=stories,
    )
    return Settings(
        database_url=f"sqlite:///{folder / 'digest.db'}",
        base_url="https://news.example.com",
        secret_key="a key for benchmarks, of more than 32 characters",
        smtp=smtp or Smtp(),
        pictures=Pictures(fetch_seconds=0),  # there is nothing at the sample's addresses
        newsletters=(newsletter,),
    )


def everything(source: random.Random) -> Preferences:
    """Return the choice of one who wants everything, in an order of their own; of a tenth, no choice."""
    order = tuple(source.sample(CATEGORIES, len(CATEGORIES)))
    return Preferences(categories=order if source.random() < 0.9 else ())


def add_readers(
    engine: Engine, secret: bytes, count: int, preferences: Callable[[random.Random], Preferences] = everything
) -> None:
    """Add readers who choose like that."""
    source = random.Random(1)
    with db.transaction(engine) as connection:
        for start in range(0, count, 1000):
            numbers = range(start + 1, min(start + 1000, count) + 1)
            rows = [_reader(number, preferences(source), secret) for number in numbers]
            connection.execute(tables.subscribers.insert(), rows)
            rows = [{"list": "readers", "subscriber_id": n, "created_at": NOW} for n in numbers]
            connection.execute(tables.subscriptions.insert(), rows)


def _reader(number: int, preferences: Preferences, secret: bytes) -> dict[str, object]:
    key = store.email_key(f"reader{number}@inbox.example")
    return {
        "id": number,
        "email": key,
        "email_key": key,
        "email_digest": store.email_digest(key, secret),
        "name": f"Reader Number {number}",
        "status": "confirmed",
        "preferences": preferences.to_json(),
        "frequency": "every_issue",
        "timezone": "",
        "language": "",
        "link_version": 1,
        "created_at": NOW,
        "changed_at": NOW,
    }


@contextmanager
def stocked(
    *,
    stories: int,
    readers: int,
    smtp: Smtp | None = None,
    categories: Sequence[str] = CATEGORIES,
    preferences: Callable[[random.Random], Preferences] = everything,
    max_articles: int | None = None,
) -> Iterator[tuple[Engine, Settings]]:
    """A database with so many recent articles and readers, removed afterwards."""
    with TemporaryDirectory(prefix="digest-bench-") as name:
        chosen = settings(Path(name), smtp=smtp, stories=max_articles or stories, categories=categories)
        engine = db.connect(chosen.database_url)
        db.migrate(engine)
        with db.transaction(engine) as connection:
            articles.store(connection, [article(n, categories) for n in range(stories)], now=NOW)
        add_readers(engine, chosen.secret, readers, preferences)
        yield engine, chosen
        engine.dispose()
