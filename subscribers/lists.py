"""Lists: who is on which, joining and leaving them, and how many people each has."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, case, delete, func, select

from digest.model import Newsletter
from digest.tables import consent_events, subscribers, subscriptions
from subscribers import record, store
from subscribers.model import Status, Subscriber
from subscribers.record import Event


class Size(NamedTuple):
    """How many people are on a list, and how many of them have confirmed."""

    people: int
    confirmed: int


def sizes(connection: Connection) -> dict[str, Size]:
    """Return the size of every list that somebody is on, by name, in order of name."""
    confirmed = func.sum(case((subscribers.c.status == Status.CONFIRMED, 1), else_=0))
    query = select(subscriptions.c.list, func.count(), confirmed).join(
        subscribers, subscribers.c.id == subscriptions.c.subscriber_id
    )
    rows = connection.execute(query.group_by(subscriptions.c.list).order_by(subscriptions.c.list))
    return {name: Size(people, int(confirmed)) for name, people, confirmed in rows}


def move(
    connection: Connection,
    person: Subscriber,
    newsletters: Sequence[Newsletter],
    *,
    join: Collection[str],
    leave: Collection[str],
    source: str,
    now: datetime,
) -> None:
    """Put somebody on lists, and take them off others; a list that is in both is left.

    Recorded where other newsletters come of it. It never brings back what they left: neither a newsletter that they
    unsubscribed from nor, for somebody who left everything, any.
    """
    joining = [name for name in join if name not in leave]
    store.join(connection, {person.id: joining}, now=now)
    off = delete(subscriptions).where(subscriptions.c.subscriber_id == person.id, subscriptions.c.list.in_(leave))
    connection.execute(off)
    after = (set(person.lists) | set(joining)) - set(leave)
    before, got = _given(person.lists, newsletters), _given(after, newsletters)
    if person.status is Status.UNSUBSCRIBED or before - set(person.left) == got - set(person.left):
        return
    detail = json.dumps({"lists": sorted(after)}, ensure_ascii=False, separators=(",", ":"))
    store.add(connection, consent_events, [record.event(person.id, Event.CHANGED, source, now, detail)])


def _given(lists: Collection[str], newsletters: Sequence[Newsletter]) -> set[str]:
    """Name the newsletters that these lists give."""
    return {newsletter.slug for newsletter in newsletters if not set(newsletter.lists).isdisjoint(lists)}
