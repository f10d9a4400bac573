"""The store of articles: what came in, each once, and what of it was published when."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, select, update

from digest import db, stories
from digest.model import Article, JsonObject, RichText, Source
from digest.revision import is_material
from digest.tables import articles

IDS_AT_A_TIME = 500  # well under every database's limit of parameters
ROWS_AT_A_TIME = 500  # what a stream holds in memory


class Stored(NamedTuple):
    """What `store` did with each article of a batch; the three add up to the batch."""

    added: int
    updated: int
    unchanged: int


class Filed(NamedTuple):
    """An article with what is known of it here."""

    article: Article
    story: str  #: equal for articles that tell the same story
    is_pinned: bool
    is_withdrawn: bool


def _rich_to_list(text: RichText) -> list[str]:
    return [text.plain, text.html, text.text]


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(article: Article) -> str:
    """Return the storage form: equal articles give equal text, and nothing is lost."""
    why = article.why_it_matters
    value = {
        "id": article.id,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "domain": article.domain,
        "category": article.category,
        "language": article.language,
        "published_at": _instant(article.published_at),
        "modified_at": _instant(article.modified_at),
        "image_url": article.image_url,
        "image_alt": article.image_alt,
        "description": article.description,
        "tldr": [_rich_to_list(bullet) for bullet in article.tldr],
        "why_it_matters": None if why is None else _rich_to_list(why),
        "key_points": [_rich_to_list(point) for point in article.key_points],
        "quotes": [_rich_to_list(quote) for quote in article.quotes],
        "details": [_rich_to_list(paragraph) for paragraph in article.details],
        "sources": [[source.number, source.url, source.title] for source in article.sources],
        "hashtags": article.hashtags,
        "view_count": article.view_count,
        "words": article.words,
        "story": article.story,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Article:
    """Read what `to_json` wrote."""
    value: JsonObject = json.loads(text)
    why = value["why_it_matters"]
    read = {
        "published_at": datetime.fromisoformat(value["published_at"]),
        "modified_at": datetime.fromisoformat(value["modified_at"]),
        "tldr": tuple(RichText(*bullet) for bullet in value["tldr"]),
        "why_it_matters": None if why is None else RichText(*why),
        "key_points": tuple(RichText(*point) for point in value["key_points"]),
        "quotes": tuple(RichText(*quote) for quote in value["quotes"]),
        "details": tuple(RichText(*paragraph) for paragraph in value["details"]),
        "sources": tuple(Source(*source) for source in value["sources"]),
        "hashtags": tuple(value["hashtags"]),
    }
    return Article(**(value | read))


def presentation(filed: Filed) -> JsonObject:
    """Return an article as `digest article --json`, the API and the studio show it: plain text throughout."""
    article = filed.article
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
        "quotes": [quote.plain for quote in article.quotes],
        "details": [paragraph.plain for paragraph in article.details],
        "sources": [{"number": s.number, "url": s.url, "title": s.title} for s in article.sources],
        "hashtags": list(article.hashtags),
        "view_count": article.view_count,
        "story": filed.story,
        "pinned": filed.is_pinned,
        "withdrawn": filed.is_withdrawn,
    }


class _Known(NamedTuple):
    """An article as it is stored."""

    content: str
    revision: int
    revised_at: datetime | None
    first_seen_at: datetime
    story: str  #: empty until `ungrouped_stories` has seen this version


def _known(connection: Connection, ids: Sequence[str]) -> dict[str, _Known]:
    """Return what is stored of those of the ids that are known."""
    table = articles.c
    query = select(table.id, table.content, table.revision, table.revised_at, table.first_seen_at, table.story)
    known: dict[str, _Known] = {}
    for start in range(0, len(ids), IDS_AT_A_TIME):
        some = ids[start : start + IDS_AT_A_TIME]
        known.update({row.id: _Known(*row[1:]) for row in connection.execute(query.where(table.id.in_(some)))})
    return known


def _upsert(connection: Connection, rows: Collection[JsonObject]) -> None:
    """Write new and changed articles. What an editor said of an old one stays, and when it was first seen."""
    if not rows:
        return
    statement = db.insert(connection, articles)
    columns = ("category_key", "published_at", "content", "changed_at", "revision", "revised_at", "story")
    updates = {column: statement.excluded[column] for column in columns}
    statement = statement.on_conflict_do_update(index_elements=[articles.c.id], set_=updates)
    connection.execute(statement, sorted(rows, key=lambda row: str(row["id"])))  # one order: no deadlocks


def _row(article: Article, known: _Known, now: datetime) -> JsonObject:
    return {
        "id": article.id,
        "category_key": article.category.casefold(),
        "published_at": article.published_at,
        "content": known.content,
        "first_seen_at": known.first_seen_at,
        "changed_at": now,
        "revision": known.revision,
        "revised_at": known.revised_at,
        "story": known.story,
    }


def _next(article: Article, old: _Known | None, now: datetime) -> _Known | None:
    """Return what to store of an article that came in, or None when it is the same as before, or older."""
    content = to_json(article)
    if old is None:
        return _Known(content, 1, None, now, "")
    if old.content == content:
        return None
    before = from_json(old.content)
    if article.modified_at < before.modified_at:
        return None
    if is_material(before, article):
        return _Known(content, old.revision + 1, now, old.first_seen_at, "")
    return old._replace(content=content)


def store(connection: Connection, batch: Sequence[Article], *, undated: Collection[str] = (), now: datetime) -> Stored:
    """Add the articles that are new and update those whose content differs; storing twice changes nothing.

    Of two versions of one article the newer is kept (`modified_at`), of equal ones that which comes later. `undated`
    are ids whose source gives no date: they keep that of the day on which they were first seen.
    """
    known = _known(connection, sorted({article.id for article in batch}))
    rows: dict[str, JsonObject] = {}
    added = updated = 0
    for found in batch:
        old = known.get(found.id)
        article = _dated(found, old) if old and found.id in undated else found
        new = _next(article, old, now)
        if new is None:
            continue
        added, updated = added + (old is None), updated + (old is not None)
        known[article.id] = new
        rows[article.id] = _row(article, new, now)
    _upsert(connection, rows.values())
    return Stored(added, updated, len(batch) - added - updated)


def _dated(article: Article, old: _Known) -> Article:
    """Give an article without a date that of its stored version."""
    before = from_json(old.content)
    return replace(article, published_at=before.published_at, modified_at=before.modified_at)


def ungrouped_stories(connection: Connection) -> dict[str, str]:
    """Find out which articles tell the same story as those that came in since the last time.

    Returns the story of each article whose story is not that yet, by id, for `file_stories`. Only articles that are
    near to the new ones in time are looked at again; among 50,000 that takes seconds, so it only reads.
    """
    table = articles.c
    new = select(
        func.min(table.published_at, type_=table.published_at.type),
        func.max(table.published_at, type_=table.published_at.type),
    )
    first, last = connection.execute(new.where(table.story == "")).one()
    if first is None:
        return {}
    known, found = _told(connection, first - 2 * stories.NEAR, last + 2 * stories.NEAR)
    inner = (id for id, (at, _) in known.items() if first - stories.NEAR <= at <= last + stories.NEAR)
    return {id: found[id] for id in inner if known[id][1] != found[id]}


def file_stories(connection: Connection, found: Mapping[str, str]) -> None:
    """Write the story of each of these articles, by id."""
    if found:
        statement = update(articles).where(articles.c.id == bindparam("of")).values(story=bindparam("tells"))
        connection.execute(statement, [{"of": id, "tells": story} for id, story in found.items()])


def _told(
    connection: Connection, since: datetime, until: datetime
) -> tuple[dict[str, tuple[datetime, str]], dict[str, str]]:
    """Return what was published in that time, with its story so far, and the stories as they are now, by id."""
    table = articles.c
    within = select(table.id, table.published_at, table.story, table.content).where(
        table.published_at >= since, table.published_at <= until
    )
    known: dict[str, tuple[datetime, str]] = {}

    def read(rows: Iterable[Row[str, datetime, str, str]]) -> Iterator[Article]:
        for row in rows:
            known[row.id] = row.published_at, row.story
            yield from_json(row.content)

    with connection.execute(within.execution_options(yield_per=ROWS_AT_A_TIME)) as rows:
        found = stories.group(read(rows))
    return known, found


def pin(connection: Connection, article_id: str, *, at: datetime | None) -> bool:
    """Pin an article to the top of its section, or, without an instant, unpin it; tell whether there is one."""
    return connection.execute(update(articles).where(articles.c.id == article_id).values(pinned_at=at)).rowcount > 0


def _filed(row: Row[str, datetime, str, str, datetime | None, datetime | None]) -> Filed:
    return Filed(from_json(row.content), row.story or row.id, row.pinned_at is not None, row.withdrawn_at is not None)


_ROWS = select(
    articles.c.id,
    articles.c.published_at,
    articles.c.content,
    articles.c.story,
    articles.c.pinned_at,
    articles.c.withdrawn_at,
)


def fetch(connection: Connection, id: str) -> Filed | None:
    """Return one article, or None."""
    row = connection.execute(_ROWS.where(articles.c.id == id)).one_or_none()
    return None if row is None else _filed(row)


def listing(connection: Connection, *, category: str | None, since: datetime | None) -> Iterator[Filed]:
    """Stream what is stored, newest first and by id: of one category, however it is spelled, and from an instant on."""
    statement = _ROWS
    if category is not None:
        statement = statement.where(articles.c.category_key == category.casefold())
    if since is not None:
        statement = statement.where(articles.c.published_at >= since)
    ordered = statement.order_by(articles.c.published_at.desc(), articles.c.id)
    with connection.execute(ordered.execution_options(yield_per=ROWS_AT_A_TIME)) as rows:
        for _, together in groupby(rows, key=lambda row: row.published_at):
            for row in sorted(together, key=lambda row: row.id):  # as code points, on every database
                yield _filed(row)


def categories(connection: Connection) -> set[str]:
    """Return the casefolded name of every category that has an article."""
    return set(connection.execute(select(articles.c.category_key).distinct()).scalars())
