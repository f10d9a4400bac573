"""Why a reader gets each article of an issue, and why not the others: the selection, replayed on what was frozen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from digest import candidates, composition, issues, ranking, tables
from digest.choices import Choices
from digest.compose import compiling
from digest.compose.fitting import Fitted
from digest.compose.pieces import Shelf
from digest.composition import Contents
from digest.draft import SkipReason
from digest.errors import NotFoundError
from digest.languages import primary
from digest.model import Delivery, DeliveryStatus, Depth, Issue, JsonObject
from digest.selection import Chosen, Dropped, Reason, Selection, sections
from digest.selection import select as select_articles
from subscribers import store
from subscribers.model import Subscriber

NOT_MAILABLE = "not_mailable"  # left, was suppressed or took a break after the issue was planned
NOT_IN_AUDIENCE = "not_in_audience"  # on none of the newsletter's lists when the issue was planned


@dataclass(frozen=True, slots=True)
class Lack:
    """A category that the reader gets, and that brings nothing this time; `since` is when it last had an article."""

    category: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The selection for one reader. `skipped` says why they get no mail at all, when that is so."""

    selection: Selection
    skipped: str | None
    choices: Choices
    wanted: Mapping[str, Depth]  #: by id, the depth that the reader wants of each article chosen for them
    lacking: tuple[Lack, ...]


def explain(connection: Connection, issue: Issue, email: str) -> Explanation:
    """Explain an issue to a reader: from the choices frozen with it, or their present ones where none were frozen.

    Raises NotFoundError when nobody has that address.
    """
    person = store.by_email(connection, email)
    if person is None:
        raise NotFoundError(f"there is no subscriber {email}")
    skipped = issues.skip_reason(connection, issue.id, person.id)
    delivery = issues.delivery_of(connection, issue.id, person.id)
    number = delivery.choices if delivery else _skipped_choices(connection, issue, person)
    if number is None:
        choices, skipped = present(person, issue), skipped or outside(person, issue)
    else:
        choices = issues.choices_of(connection, issue.id, [number])[number]
    pool, gone = candidates.frozen(connection, issue), candidates.taken_out(connection, issue)
    open_to_them = [one for id, one in pool.items() if delivery or id not in gone]
    selection = select_articles(ranking.prepare(open_to_them, issue.newsletter, until=issue.until), choices)
    if delivery:
        shelf = Shelf(pool, issue.newsletter.categories, {})
        shown = _as_delivered(connection, issue, delivery, selection, shelf=shelf, choices=choices, gone=gone)
    else:
        withdrawn = (Dropped(one.article, Reason.WITHDRAWN) for id, one in pool.items() if id in gone)
        shown = Selection(selection.chosen, (*withdrawn, *selection.dropped))
    return Explanation(
        selection=shown,
        skipped=skipped or _skipped_since(delivery),
        choices=choices,
        wanted={chosen.article.id: chosen.depth for chosen in selection.chosen},
        lacking=_lacking(connection, issue, choices, shown),
    )


def outside(person: Subscriber, issue: Issue) -> str:
    """Say why an issue was not planned for somebody at all."""
    is_listed = not set(person.lists).isdisjoint(issue.newsletter.lists)
    return SkipReason.NOT_IN_SEGMENT if issue.segment and is_listed else NOT_IN_AUDIENCE


def present(person: Subscriber, issue: Issue) -> Choices:
    """Return what a person would get as a new reader."""
    return Choices(
        preferences=person.preferences,
        language=primary(person.language or issue.newsletter.language),
        since=issue.until - timedelta(days=issue.newsletter.window_days),
    )


def _skipped_since(delivery: Delivery | None) -> str | None:
    """Say why a delivery was planned and then skipped; None where it was not."""
    if delivery is None or delivery.status is not DeliveryStatus.SKIPPED:
        return None
    return delivery.reply or NOT_MAILABLE


def _skipped_choices(connection: Connection, issue: Issue, person: Subscriber) -> int | None:
    """Return the number of the choices that were frozen for a person without a delivery."""
    table = tables.skips
    query = select(table.c.choices).where(table.c.issue_id == issue.id, table.c.subscriber_id == person.id)
    return connection.execute(query).scalar_one_or_none()


def _as_delivered(
    connection: Connection,
    issue: Issue,
    delivery: Delivery,
    selection: Selection,
    *,
    shelf: Shelf,
    choices: Choices,
    gone: frozenset[str],
) -> Selection:
    """Return the selection with the steps that the size limit asked for, and without what was taken out since."""
    compiled = compiling.unpack(issues.compiled(connection, issue))
    fitted = composition.fitted(compiled, issue, shelf, Contents(selection.chosen, choices.corrections))
    if delivery.status is not DeliveryStatus.SKIPPED:  # else nothing of it was left, or the person left
        gone -= {p.article_id for p in issues.edition(connection, issue.id, delivery.edition).placements}
    return _after(selection, fitted, gone=gone)


def _after(selection: Selection, fitted: Fitted, *, gone: Collection[str]) -> Selection:
    """Return a selection as it is after fitting, without the articles that are gone."""
    depths = {placement.article_id: placement.depth for placement in fitted.placements}
    chosen: list[Chosen] = []
    dropped: list[Dropped] = []
    for one in selection.chosen:
        if one.article.id in gone:
            dropped.append(Dropped(one.article, Reason.WITHDRAWN))
        elif one.article.id not in depths:
            dropped.append(Dropped(one.article, Reason.MORE_ON_WEB))
        else:
            chosen.append(replace(one, position=len(chosen) + 1, depth=depths[one.article.id]))
    return Selection(tuple(chosen), (*dropped, *selection.dropped))


def _lacking(connection: Connection, issue: Issue, choices: Choices, selection: Selection) -> tuple[Lack, ...]:
    """Return the reader's categories of which no article is in the edition."""
    given = {chosen.article.category.casefold() for chosen in selection.chosen}
    names = [name for name in sections(choices.preferences, issue.newsletter) if name.casefold() not in given]
    table = tables.articles.c
    query = select(table.category_key, func.max(table.published_at, type_=table.published_at.type))
    query = query.where(table.category_key.in_([name.casefold() for name in names]), table.published_at < issue.until)
    last = {category: at for category, at in connection.execute(query.group_by(table.category_key))}
    return tuple(Lack(name, last.get(name.casefold())) for name in names)


def presentation(explanation: Explanation) -> JsonObject:
    """Return the JSON object of `explain`."""
    chosen = [
        {
            "id": c.article.id,
            "title": c.article.title,
            "category": c.article.category,
            "position": c.position,
            "depth": c.depth,
            "wanted": explanation.wanted[c.article.id],
            "reason": c.reason,
        }
        for c in explanation.selection.chosen
    ]
    dropped = [
        {"id": d.article.id, "title": d.article.title, "category": d.article.category, "reason": d.reason}
        for d in explanation.selection.dropped
    ]
    lacking = [{"category": lack.category, "since": lack.since} for lack in explanation.lacking]
    return {"chosen": chosen, "dropped": dropped, "lacking": lacking}
