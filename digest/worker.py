"""What a worker does each minute: plan the issues whose slot has come, release them, and deliver what is released.

Everything it decides on is in the database, so a worker can be killed, restarted, run twice at once or live through a
change of the clock: a slot makes one issue (`planning.plan`, and the database's unique key of newsletter and slot), and
the ledger mails nobody twice.
"""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, and_, exists, func, or_, select

from digest import db, issues, ledger, pause, planning
from digest import engine as delivery
from digest.config import Settings
from digest.engine import Clock, Stop
from digest.errors import DigestError, SettingsError
from digest.ledger import Counts
from digest.model import DeliveryStatus, Issue, Newsletter
from digest.schedule import Slot, due
from digest.tables import deliveries
from digest.tables import issues as issue_table

Tell = Callable[[str], None]

_NOT_ACCEPTED = (DeliveryStatus.DEFERRED, DeliveryStatus.REJECTED, DeliveryStatus.UNKNOWN, DeliveryStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one run left undone."""

    complaints: tuple[str, ...] = ()  #: one line each: what failed, and is tried again by the next run
    not_accepted: int = 0  #: deliveries, of the issues that were delivered, that no server accepted


def _is_settled(connection: Connection, newsletter: Newsletter, slot: Slot) -> bool:
    """Tell whether a slot needs nothing more: its issue is released, or a later slot has an issue already.

    The latter happens when the schedule, the zone or the clock was put back: what is past by then is not repeated.
    """
    table = issue_table
    scheduled = and_(table.c.newsletter == newsletter.slug, table.c.slot.is_not(None))
    own = select(table.c.released_at).where(scheduled, table.c.slot == slot.local)
    if (row := connection.execute(own).one_or_none()) is not None:
        return row.released_at is not None
    latest = connection.execute(select(func.max(table.c.until, type_=table.c.until.type)).where(scheduled)).scalar()
    return latest is not None and latest >= slot.at


def _check_address(newsletter: Newsletter) -> None:
    """Raise before an issue is frozen that could never be sent."""
    if not newsletter.postal_address.strip():
        raise SettingsError(
            f"nothing is planned: set postal_address of “{newsletter.slug}”, which bulk mail must carry"
        )


def _plan_due(engine: Engine, settings: Settings, newsletter: Newsletter, *, clock: Clock, tell: Tell) -> None:
    """Plan and release the issue of the newsletter's latest slot, unless that has been done."""
    slot = due(newsletter.schedule, newsletter.timezone, clock())
    if slot is None:
        return
    with db.reading(engine) as connection:
        if _is_settled(connection, newsletter, slot):
            return
    _check_address(newsletter)
    plan = planning.plan(engine, settings, newsletter, now=slot.at, slot=slot.local)
    with db.transaction(engine) as connection:
        ledger.release(connection, plan.issue.id, clock())
    missing = f"; pictures missing: {len(plan.picture_failures)}" if plan.picture_failures else ""
    said = f"planned for {slot.local}; articles: {plan.articles}, deliveries: {plan.deliveries}{missing}"
    tell(f"{plan.issue.name}: {said}")


def _open_issues(connection: Connection, clock: Clock) -> list[Issue]:
    """Return the released issues that have something to deliver now, or that a dead worker left; the oldest first.

    A paused one waits for its time, or for a person, who says `digest send`.
    """
    waiting = or_(
        deliveries.c.status.in_((DeliveryStatus.PLANNED, DeliveryStatus.SENDING)),
        and_(deliveries.c.status == DeliveryStatus.DEFERRED, deliveries.c.next_at <= clock()),
    )
    unfinished = exists().where(deliveries.c.issue_id == issue_table.c.id, waiting)
    going = and_(issue_table.c.released_at.is_not(None), pause.going(clock()))
    query = select(issue_table.c.id).where(going, unfinished)
    ids = list(connection.execute(query.order_by(issue_table.c.id)).scalars())
    return [issue for one in ids if (issue := issues.with_id(connection, one)) is not None]


def _deliver(
    engine: Engine, settings: Settings, issue: Issue, *, clock: Clock, stop: Stop, tell: Tell, standing: list[Counts]
) -> None:
    """Deliver what is due of an issue, and add to `standing` how it stands then."""
    before = delivery.counts(engine, issue)
    after = delivery.send(engine, settings, issue, clock=clock, stop=stop)
    standing.append(after)
    if after != before:
        tell(f"{issue.name}: {', '.join(f'{count} {status}' for status, count in after.items() if count)}")


def _attempt(where: str, step: Callable[[], None]) -> Iterator[str]:
    """Do one step; what goes wrong becomes a line without addresses, and spoils no other step."""
    try:
        step()
    except DigestError as error:
        yield " ".join(f"{where}: {error}".split())
    except Exception as error:  # the worker's edge: a fault in one issue must not keep the others from going out
        place = traceback.extract_tb(error.__traceback__)[-1]
        where_it_was = f"{Path(place.filename).name}:{place.lineno}"
        yield f"{where}: this is a fault of the program: {type(error).__name__} at {where_it_was}"


def tick(engine: Engine, settings: Settings, *, clock: Clock, stop: Stop, tell: Tell) -> Tick:
    """Plan and release the issues whose slot has come, and deliver what is due of every released issue.

    Issues that were planned by hand and not yet sent are left alone. May run at any time, in several processes.
    """
    complaints: list[str] = []
    standing: list[Counts] = []
    for newsletter in settings.newsletters:
        if not stop.is_requested:
            step = partial(_plan_due, engine, settings, newsletter, clock=clock, tell=tell)
            complaints.extend(_attempt(newsletter.slug, step))

    def deliver_all() -> None:
        with db.reading(engine) as connection:
            waiting = _open_issues(connection, clock)
        for issue in waiting:
            if not stop.is_requested:
                step = partial(_deliver, clock=clock, stop=stop, tell=tell, standing=standing)
                complaints.extend(_attempt(issue.name, partial(step, engine, settings, issue)))

    complaints.extend(_attempt("deliveries", deliver_all))
    return Tick(tuple(complaints), sum(counts[status] for counts in standing for status in _NOT_ACCEPTED))


def work(engine: Engine, settings: Settings, *, clock: Clock, stop: Stop, tell: Tell) -> None:
    """Run `tick` now and at each full minute until the end is asked for; a complaint that lasts is told once."""
    former: tuple[str, ...] = ()
    while not stop.is_requested:
        complaints = tick(engine, settings, clock=clock, stop=stop, tell=tell).complaints
        for complaint in complaints:
            if complaint not in former:
                tell(complaint)
        former = complaints
        now = clock()
        stop.wait(60 - now.second - now.microsecond / 1e6)
