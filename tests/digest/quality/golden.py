"""The golden matrix: finished mails of every size, language and template, as planning and sending make them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from digest import ranking, templating
from digest.choices import Choices
from digest.compose import headers, splice
from digest.compose.pieces import Shelf
from digest.compose.values import edition_values, links, since, why_you
from digest.composition import Composition, Contents
from digest.ingest.documents import Value
from digest.ingest.records import Accepted, accept
from digest.model import Article, Candidate, Depth, Edition, Issue, Newsletter, Picture
from digest.selection import pick
from subscribers.model import Preferences
from subscribers.tokens import Tokens

DATA = Path(__file__).parent.parent.parent / "data" / "golden"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
SECRET = b"a secret for the golden matrix, of more than 32 characters"
READER = 123456  # the number of the subscriber
STORIES, LANGUAGES, PICTURES, TEMPLATES = (1, 8, 24, 60), ("en", "de", "ar", "ja"), (True, False), ("issue", "compact")
NAMES = {"en": "The Weekly", "de": "Die Woche", "ar": "الأسبوعية", "ja": "週刊ダイジェスト"}


class Golden(NamedTuple):
    """One cell of the matrix."""

    stories: int
    language: str
    has_pictures: bool
    template: str

    @property
    def name(self) -> str:
        """How test reports name it."""
        return f"{self.template}-{self.language}-{self.stories}-{'pictures' if self.has_pictures else 'plain'}"


MATRIX = [Golden(*cell) for cell in product(STORIES, LANGUAGES, PICTURES, TEMPLATES)]


@cache
def articles(language: str) -> list[Article]:
    """The articles of a language, again under other numbers until there are enough, the newest first."""
    records = json.loads((DATA / f"{language}.json").read_text(encoding="utf-8"))
    found = []
    for line, record in enumerate(records, start=1):
        match accept(Value(f"{language}.json", line, record)):
            case Accepted(article=article):
                found.append(article)
            case rejection:
                raise AssertionError(f"{language}.json, record {line}: {rejection}")
    rounds = -(-max(STORIES) // len(found))
    return [_again(article, time) for time in range(rounds) for article in found]


def _again(article: Article, time: int) -> Article:
    """The same article as another story."""
    if time == 0:
        return article
    return replace(
        article,
        id=f"{article.id}-{time}",
        url=f"{article.url}-{time}",
        canonical_url=f"{article.canonical_url}-{time}",
        title=f"{article.title} ({time + 1})",
        published_at=article.published_at - timedelta(minutes=time),
    )


def _candidates(cell: Golden) -> list[Candidate]:
    return [
        Candidate(
            number=number,
            article=article,
            story=article.id,
            revision=1,
            first_seen_at=article.published_at,
            is_pinned=False,
            is_withdrawn=False,
            picture=Picture(f"https://news.example.com/pictures/{number:022}.jpg", 552, 310)
            if cell.has_pictures
            else None,
        )
        for number, article in enumerate(articles(cell.language))
    ]


def _issue(cell: Golden) -> Issue:
    categories = tuple(dict.fromkeys(article.category for article in articles(cell.language)))
    newsletter = Newsletter(
        slug="weekly",
        name=NAMES[cell.language],
        sender=f"{NAMES[cell.language]} <weekly@news.example.com>",
        postal_address="1 Example Street, London",
        about="Summaries are written by machine and reviewed by the editors.",
        categories=categories,
        language=cell.language,
        template=cell.template,
        timezone="Europe/London",
        schedule="mon 07:00",
        max_articles=cell.stories,
        max_per_category=max(STORIES),
    )
    return Issue(
        id=12,
        newsletter=newsletter,
        number=12,
        base_url="https://news.example.com",
        nonce="0f1e2d3c4b5a",
        since=NOW - timedelta(days=7),
        until=NOW,
    )


class Composed(NamedTuple):
    """A cell's edition with all that it was composed from."""

    issue: Issue
    composition: Composition
    edition: Edition
    shelf: Shelf
    preferences: Preferences


def composed(cell: Golden, own: Path | None = None) -> Composed:
    """Compose the edition of a reader who takes the first section in full and the last as headlines.

    `own` is a folder of templates that win over the bundled ones.
    """
    issue, pool = _issue(cell), _candidates(cell)
    categories = issue.newsletter.categories
    preferences = Preferences(
        categories=categories, depth=((categories[0], Depth.FULL), (categories[-1], Depth.HEADLINES))
    )
    ranked = ranking.prepare(pool, issue.newsletter, until=issue.until)
    chosen = pick(ranked, Choices(preferences=preferences, language=cell.language, since=issue.since)).chosen
    shelf = Shelf({one.article.id: one for one in pool}, categories, {}, ranking.standings(ranked))
    composition = Composition(templating.environment("email", cell.language, own), issue, shelf, ())
    edition = composition.compose([Contents(chosen, ())])[0]
    return Composed(issue, composition, edition, shelf, preferences)


@cache
def message(cell: Golden, own: Path | None = None) -> bytes:
    """Return the message of that reader; `own` as for `composed`."""
    done = composed(cell, own)
    done.composition.check()
    return _sent(done)


def values(done: Composed) -> dict[str, str]:
    """Return what the edition and the reader fill in, as text."""
    tokens = Tokens(SECRET)
    slug = done.issue.newsletter.slug
    reader = links(
        done.issue.base_url,
        view=tokens.view(done.issue.id, READER, 1),
        preferences=tokens.preferences(READER, 1, slug),
        unsubscribe=tokens.unsubscribe(READER, slug),
        story=tokens.story(done.issue.id, READER, 1),
    )
    said = {"why_you": why_you(done.issue, done.preferences), "since": since(done.issue, NOW.date())}
    return {**edition_values(done.edition, done.issue.newsletter.language), **reader, **said}


def _sent(done: Composed) -> bytes:
    issue, edition, written = done.issue, done.edition, values(done)
    unsubscribe = Tokens(SECRET).unsubscribe(READER, issue.newsletter.slug)
    header = (
        headers.recipient_fields("Ada", "ada@example.org", headers.message_id(issue, READER, SECRET))
        + headers.subject_field(edition.subject)
        + headers.unsubscribe_field(issue, written["unsubscribe_url"], unsubscribe)
        + headers.common_fields(issue)
    )
    arranged = splice.arrange(
        splice.encode_issue(issue, done.composition.compiled),
        edition.pieces,
        edition_values(edition, issue.newsletter.language),
    )
    encoded = {name: splice.encoded(url) for name, url in written.items() if name.endswith("_url")}
    encoded |= {name: splice.encoded_lines(written[name]) for name in ("why_you", "since")}
    return splice.splice(header, arranged, splice.written(encoded))
