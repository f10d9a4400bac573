"""The store of articles: what came in, each once, and what of it was published when."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, Select, select

from digest import db
from digest.model import Article, JsonObject, RichText, Source
from digest.tables import articles

IDS_AT_A_TIME = 500  # well under every database's limit of parameters
ROWS_AT_A_TIME = 500  # what a stream holds in memory


class Stored(NamedTuple):
    """What `store` did with each article of a batch; the three add up to the batch."""

    added: int
    updated: int
    unchanged: int


def _rich_to_list(text: RichText) -> list[str]:
    return [text.plain, text.html]


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(article: Article) -> str:
    """Return the storage form: equal articles give equal text, and nothing is lost."""
    why = article.why_it_matters
    value = {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "domain": article.domain,
        "category": article.category,
        "language": article.language,
        "published_at": _instant(article.published_at),
        "image_url": article.image_url,
        "image_alt": article.image_alt,
        "description": article.description,
        "tldr": [_rich_to_list(bullet) for bullet in article.tldr],
        "why_it_matters": None if why is None else _rich_to_list(why),
        "key_points": [_rich_to_list(point) for point in article.key_points],
        "sources": [[source.number, source.url, source.title] for source in article.sources],
        "hashtags": article.hashtags,
        "view_count": article.view_count,
        "words": article.words,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Article:
    """Read what `to_json` wrote."""
    value: JsonObject = json.loads(text)
    why = value["why_it_matters"]
    read = {
        "published_at": datetime.fromisoformat(value["published_at"]),
        "tldr": tuple(RichText(*bullet) for bullet in value["tldr"]),
        "why_it_matters": None if why is None else RichText(*why),
        "key_points": tuple(RichText(*point) for point in value["key_points"]),
        "sources": tuple(Source(*source) for source in value["sources"]),
        "hashtags": tuple(value["hashtags"]),
    }
    return Article(**(value | read))


def presentation(article: Article) -> JsonObject:
    """Return an article as `digest article --json`, the API and the studio show it: plain text throughout."""
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "domain": article.domain,
        "category": article.category,
        "language": article.language,
        "published_at": _instant(article.published_at),
        "image_url": article.image_url,
        "description": article.description,
        "tldr": [bullet.plain for bullet in article.tldr],
        "why_it_matters": article.why_it_matters.plain if article.why_it_matters else None,
        "key_points": [point.plain for point in article.key_points],
        "sources": [{"number": s.number, "url": s.url, "title": s.title} for s in article.sources],
        "hashtags": list(article.hashtags),
        "view_count": article.view_count,
        "story": article.id,
    }


def _contents(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return the stored content of those of the ids that are known."""
    known: dict[str, str] = {}
    for start in range(0, len(ids), IDS_AT_A_TIME):
        some = ids[start : start + IDS_AT_A_TIME]
        rows = connection.execute(select(articles.c.id, articles.c.content).where(articles.c.id.in_(some)))
        known.update((row.id, row.content) for row in rows)
    return known


def _upsert(connection: Connection, rows: Collection[JsonObject]) -> None:
    """Write new and changed articles; an old one keeps the instant at which it was first seen."""
    if not rows:
        return
    statement = db.insert(connection, articles)
    columns = ("category_key", "published_at", "content", "changed_at")
    updates = {column: statement.excluded[column] for column in columns}
    statement = statement.on_conflict_do_update(index_elements=[articles.c.id], set_=updates)
    connection.execute(statement, sorted(rows, key=lambda row: str(row["id"])))  # one order: no deadlocks


def store(connection: Connection, batch: Sequence[Article], *, now: datetime) -> Stored:
    """Add the articles that are new and update those whose content differs; storing twice changes nothing.

    Of two articles with one id, the later in the batch wins.
    """
    known = _contents(connection, sorted({article.id for article in batch}))
    rows: dict[str, JsonObject] = {}
    added = updated = 0
    for article in batch:
        content = to_json(article)
        if known.get(article.id) == content:
            continue
        added, updated = added + (article.id not in known), updated + (article.id in known)
        known[article.id] = content
        rows[article.id] = {
            "id": article.id,
            "category_key": article.category.casefold(),
            "published_at": article.published_at,
            "content": content,
            "first_seen_at": now,
            "changed_at": now,
        }
    _upsert(connection, rows.values())
    return Stored(added, updated, len(batch) - added - updated)


def fetch(connection: Connection, id: str) -> Article | None:
    """Return one article, or None."""
    content = connection.execute(select(articles.c.content).where(articles.c.id == id)).scalar_one_or_none()
    return None if content is None else from_json(content)


def _newest_first(connection: Connection, statement: Select[str, datetime, str]) -> Iterator[Article]:
    """Stream articles by time of publication, newest first, and by id (as code points, on every database)."""
    ordered = statement.order_by(articles.c.published_at.desc(), articles.c.id)
    with connection.execute(ordered.execution_options(yield_per=ROWS_AT_A_TIME)) as rows:
        for _, together in groupby(rows, key=lambda row: row.published_at):
            for row in sorted(together, key=lambda row: row.id):
                yield from_json(row.content)


_ROWS = select(articles.c.id, articles.c.published_at, articles.c.content)


def published_between(connection: Connection, since: datetime, until: datetime) -> Iterator[Article]:
    """Stream the articles with `since` ≤ published < `until`, newest first."""
    published = articles.c.published_at
    return _newest_first(connection, _ROWS.where(published >= since, published < until))


def listing(connection: Connection, *, category: str | None, since: datetime | None) -> Iterator[Article]:
    """Stream what is stored, newest first: of one category, however it is spelled, and from an instant on."""
    statement = _ROWS
    if category is not None:
        statement = statement.where(articles.c.category_key == category.casefold())
    if since is not None:
        statement = statement.where(articles.c.published_at >= since)
    return _newest_first(connection, statement)


def categories(connection: Connection) -> set[str]:
    """Return the casefolded name of every category that has an article."""
    return set(connection.execute(select(articles.c.category_key).distinct()).scalars())
