"""The saved segments, and the people in one as a condition that both databases understand."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, false, func, not_, or_, select, true

from digest import db
from digest.errors import NotFoundError
from digest.model import DeliveryStatus, Newsletter
from digest.spelling import nearest
from digest.tables import deliveries, issues, subscribers
from digest.tables import segments as saved
from subscribers import store
from subscribers.segment import Segment


def save(connection: Connection, segment: Segment, *, now: datetime) -> None:
    """Keep a segment under its name, in the place of one that has it already."""
    row = {"content": segment.to_json(), "changed_at": now}
    insert = db.insert(connection, saved).values(name=segment.name, **row)
    connection.execute(insert.on_conflict_do_update(index_elements=[saved.c.name], set_=row))


def every(connection: Connection) -> list[Segment]:
    """Return all segments in order of name."""
    rows = connection.execute(select(saved.c.name, saved.c.content).order_by(saved.c.name))
    return [Segment.from_json(name, content) for name, content in rows]


def find(connection: Connection, name: str) -> Segment:
    """Return the segment of that name; raises NotFoundError, which names those that are there."""
    found = {segment.name: segment for segment in every(connection)}
    if name not in found:
        known = ", ".join(found) or "none: `digest segments set NAME …` saves one"
        raise NotFoundError(f"there is no segment “{name}”{nearest(name, found)}; known: {known}")
    return found[name]


def forget(connection: Connection, name: str) -> None:
    """Delete a segment; issues that were planned for it keep its filters. Raises NotFoundError."""
    find(connection, name)
    connection.execute(delete(saved).where(saved.c.name == name))


def people(connection: Connection, newsletter: Newsletter, segment: Segment | None) -> ColumnElement[bool]:
    """Return the condition on `tables.subscribers` for those on the newsletter's lists who are in the segment.

    Without a segment, all of them; whatever their status is.
    """
    listed = store.is_on(newsletter.lists)
    return listed if segment is None else and_(listed, _condition(connection, segment, newsletter))


def count(connection: Connection, newsletter: Newsletter, segment: Segment | None, *, now: datetime) -> tuple[int, int]:
    """Return how many people these are, and how many of them may be mailed now."""
    query = select(func.count()).select_from(subscribers).where(people(connection, newsletter, segment))
    mailable = query.where(store.mailable(newsletter.slug, now))
    return connection.execute(query).scalar_one(), connection.execute(mailable).scalar_one()


def _condition(connection: Connection, segment: Segment, newsletter: Newsletter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if segment.categories:
        conditions.append(_gets(connection, segment.categories, newsletter))
    if segment.lists:
        conditions.append(store.is_on(segment.lists))
    if segment.languages:
        conditions.append(or_(*(_reads(language, newsletter.language) for language in segment.languages)))
    if segment.joined_since:
        conditions.append(subscribers.c.created_at >= segment.joined_since)
    if segment.not_reached:
        conditions.append(not_(_reached(newsletter.slug, segment.not_reached)))
    return and_(*conditions)


def _gets(connection: Connection, categories: Collection[str], newsletter: Newsletter) -> ColumnElement[bool]:
    """Return the condition for those who get one of these categories, in the spelling of choice or newsletter.

    Nobody gets a category that the newsletter does not have.
    """
    own = {name.casefold() for name in newsletter.categories}

    def named(key: str, names: Collection[str] | None = None) -> ColumnElement[bool]:
        texts = db.json_texts(connection, subscribers.c.preferences, key)
        found = select(texts.c.value).select_from(texts)
        query: Select[str] = found if names is None else found.where(texts.c.value.in_(names))
        return exists(query.correlate(subscribers))

    def one(category: str) -> ColumnElement[bool]:
        spellings = {category, *(name for name in newsletter.categories if name.casefold() == category.casefold())}
        names = sorted(spellings)
        return and_(or_(named("categories", names), not_(named("categories"))), not_(named("muted", names)))

    return or_(false(), *(one(category) for category in categories if category.casefold() in own))


def _reads(language: str, usual: str) -> ColumnElement[bool]:
    """Return the condition for readers of a language; who names none reads the newsletter's."""
    wanted, own = language.casefold(), func.lower(subscribers.c.language)
    is_usual = usual.casefold() == wanted or usual.casefold().startswith(f"{wanted}-")
    named = or_(own == wanted, own.startswith(f"{wanted}-", autoescape=True))
    return or_(named, own == "") if is_usual else named


def _reached(slug: str, last: int) -> ColumnElement[bool]:
    """Return the condition for those who got one of the last so many issues to all, or one to a part of them since."""
    of_newsletter = and_(issues.c.newsletter == slug, issues.c.released_at.is_not(None))
    whole = select(issues.c.number).where(of_newsletter, issues.c.segment == "")
    newest = whole.order_by(issues.c.number.desc()).limit(last).subquery()
    recent = select(issues.c.id).where(
        of_newsletter, issues.c.number >= select(func.min(newest.c.number)).scalar_subquery()
    )
    return exists().where(
        deliveries.c.issue_id.in_(recent),
        deliveries.c.subscriber_id == subscribers.c.id,
        deliveries.c.status == DeliveryStatus.ACCEPTED,
    )
