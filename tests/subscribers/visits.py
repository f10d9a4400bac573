"""What tests of the pages of a reader's links share: the links, the words of a page, and the rows of the database."""

import re
from html import unescape

from sqlalchemy import Engine, select

from digest import db, tables
from subscribers import store
from subscribers.model import Subscriber
from subscribers.tokens import Tokens
from tests import audience


def person(database: Engine, subscriber_id: int) -> Subscriber:
    """Return a person who must be there."""
    with db.reading(database) as connection:
        found = store.by_id(connection, subscriber_id)
    assert found
    return found


def link(subscriber_id: int, page: str = "preferences", *, version: int = 1) -> str:
    """Return the address that a preference link has, or that of another page with its token."""
    return f"/{page}/{Tokens(audience.SECRET).preferences(subscriber_id, version, 'weekly')}"


def everything(database: Engine) -> dict[str, list[str]]:
    """Return all rows of all tables."""
    with db.reading(database) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
        }


def events(database: Engine) -> list[tuple[str, str, str]]:
    """Return the kind, source and detail of what the record of consent has, in order."""
    table = tables.consent_events.c
    with db.reading(database) as connection:
        rows = connection.execute(select(table.kind, table.source, table.detail).order_by(table.id))
        return [(row.kind, row.source, row.detail) for row in rows]


def words(html: str) -> str:
    """Return the words of a page, as a reader sees them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?bdi>", "", html))).split())


def picked(html: str, name: str) -> str:
    """Return the value of a list of the page that is selected; the first where none is."""
    found = re.search(rf'<select id="{name}".*?</select>', html, re.DOTALL)
    assert found
    values = re.findall(r'<option value="([^"]*)"( selected)?>', found[0])
    return next((value for value, is_selected in values if is_selected), values[0][0])
