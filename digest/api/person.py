"""One subscriber under the hands of a program: found, held still, compared with what the program knew."""

import hashlib
from typing import Annotated

from fastapi import Header, Path, Response
from sqlalchemy import Connection, select

from digest import articles
from digest.api import problem
from digest.config import Settings
from digest.subscriber_view import SubscriberView, subscriber_view
from digest.tables import subscribers
from subscribers import fields, store
from subscribers.model import Subscriber

PersonId = Annotated[int, Path(ge=1, le=2**53 - 1, alias="id")]
IfMatch = Annotated[str | None, Header(description="An ETag: do nothing if the person changed since.")]


def etag(person: SubscriberView) -> str:
    """Return the entity tag of a person as they are: equal as long as nothing about them changes."""
    return f'"{hashlib.sha256(person.model_dump_json().encode()).hexdigest()[:32]}"'


def shown(person: Subscriber, response: Response) -> SubscriberView:
    """Return a person as the answer's body, and put its ETag into the answer's header."""
    found = subscriber_view(person)
    response.headers["ETag"] = etag(found)
    return found


def find(connection: Connection, subscriber_id: int) -> Subscriber:
    """Return a person; ends the request with 404."""
    person = store.by_id(connection, subscriber_id)
    if person is None:
        problem.refuse(404, "There is no subscriber of that id.")
    return person


def hold(connection: Connection, subscriber_id: int, if_match: str | None = None) -> Subscriber:
    """Return a person whom nobody else changes until the transaction ends.

    Ends the request with 404, or with 412 where `if_match` (RFC 9110 section 13.1.1) names another state of theirs.
    """
    connection.execute(select(subscribers.c.id).where(subscribers.c.id == subscriber_id).with_for_update())
    person = find(connection, subscriber_id)
    tags = [tag.strip() for tag in (if_match or "*").split(",")]
    if "*" not in tags and etag(subscriber_view(person)) not in tags:
        problem.refuse(412, "The person changed since then: read them again, and decide anew.")
    return person


def known_categories(connection: Connection, settings: Settings) -> fields.Categories:
    """Return the categories of stored articles and of the settings, whose spelling counts."""
    return fields.Categories([*sorted(articles.categories(connection)), *settings.categories])
