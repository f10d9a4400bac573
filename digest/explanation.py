"""Why a reader gets each article of an issue, and why not the others: the selection, replayed on what was frozen."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from digest import issues, tables
from digest.errors import NotFoundError
from digest.model import Issue, JsonObject
from digest.selection import Selection
from digest.selection import select as select_articles
from subscribers import store
from subscribers.model import Preferences, Subscriber


@dataclass(frozen=True, slots=True)
class Explanation:
    """The selection for one reader. `skipped` says why they get no mail at all, when that is so."""

    selection: Selection
    skipped: str | None


def explain(connection: Connection, issue: Issue, email: str) -> Explanation:
    """Explain an issue to a reader: from the choices frozen with it, or their present ones where none were frozen.

    Raises NotFoundError when nobody has that address.
    """
    person = store.by_email(connection, email)
    if person is None:
        raise NotFoundError(f"there is no subscriber {email}")
    skipped = issues.skip_reason(connection, issue.id, person.id)
    number = _choices_number(connection, issue, person)
    if number is None:
        preferences, received = person.preferences, ()
        skipped = skipped or "not_in_audience"
    else:
        frozen, had = issues.preferences_of(connection, issue.id, [number])[number]
        preferences, received = Preferences.from_json(frozen), tuple(json.loads(had))
    pool = list(issues.pool(connection, issue).values())
    return Explanation(select_articles(pool, preferences, issue.newsletter, received=received), skipped)


def _choices_number(connection: Connection, issue: Issue, person: Subscriber) -> int | None:
    """Return the number of the choices that were frozen for a person, with a delivery or without."""
    for table in (tables.deliveries, tables.skips):
        query = select(table.c.choices).where(table.c.issue_id == issue.id, table.c.subscriber_id == person.id)
        if (number := connection.execute(query).scalar_one_or_none()) is not None:
            return int(number)
    return None


def presentation(explanation: Explanation) -> JsonObject:
    """Return the JSON object of `explain`."""
    chosen = [
        {
            "id": c.article.id,
            "title": c.article.title,
            "category": c.article.category,
            "position": c.position,
            "depth": c.depth,
            "reason": c.reason,
        }
        for c in explanation.selection.chosen
    ]
    dropped = [
        {"id": d.article.id, "title": d.article.title, "category": d.article.category, "reason": d.reason}
        for d in explanation.selection.dropped
    ]
    return {"chosen": chosen, "dropped": dropped}
