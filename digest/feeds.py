"""The store of feeds: what each one's server said last, so that a feed that has not changed is not sent again."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from digest import db
from digest.tables import feeds


class Validators(NamedTuple):
    """What a server names a version of a document by (RFC 9110, section 8.8); empty where it said nothing."""

    etag: str = ""
    last_modified: str = ""


class Visit(NamedTuple):
    """What was found when a feed was read last."""

    validators: Validators = Validators()
    articles: int = 0


def known(connection: Connection, urls: Collection[str]) -> dict[str, Visit]:
    """Return what was found when these feeds were read last, by address."""
    rows = connection.execute(select(feeds).where(feeds.c.url.in_(urls)))
    return {row.url: Visit(Validators(row.etag, row.last_modified), row.articles) for row in rows}


def remember(connection: Connection, url: str, visit: Visit, *, now: datetime) -> None:
    """Keep what was found. To be called in the transaction that stores the articles, or after it."""
    etag, last_modified = visit.validators
    values = {"etag": etag, "last_modified": last_modified, "articles": visit.articles, "read_at": now}
    statement = db.insert(connection, feeds).values(url=url, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[feeds.c.url], set_=values))
