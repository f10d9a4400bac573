"""What a worker does each minute: read who leaves by mail, send letters, plan and release what is due, and deliver it.

It also ends the breaks that are over. Then it tells other programs what happened to subscribers (`webhooks`).

Everything it decides on is in the database, so a worker can be killed, restarted, run twice at once or live through a
change of the clock: a slot makes one issue (`planning.plan`, and the database's unique key of newsletter and slot), and
the ledger mails nobody twice.
"""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, and_, exists, func, or_, select

from digest import db, issues, ledger, pause, planning, post_office
from digest import engine as delivery
from digest.config import Settings
from digest.engine import Clock, Stop
from digest.errors import DigestError, SettingsError
from digest.ledger import Counts
from digest.model import DeliveryStatus, Issue, Newsletter
from digest.schedule import CATCH_UP, FIRST_ZONE, ROUND_THE_WORLD, Slot, due, due_somewhere
from digest.tables import deliveries, subscribers
from digest.tables import issues as issue_table
from digest.webhooks import announcing, telling
from subscribers import consent, mail_departures, signup_circuit, store, unsubscribe_mailbox
from subscribers.model import Status

Tell = Callable[[str], None]

_AT_ONCE = 200  # breaks that end in one transaction
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
    if (is_released := _is_released(connection, newsletter, slot)) is not None:
        return is_released
    table = issue_table
    scheduled = and_(table.c.newsletter == newsletter.slug, table.c.slot.is_not(None))
    latest = connection.execute(select(func.max(table.c.until, type_=table.c.until.type)).where(scheduled)).scalar()
    return latest is not None and latest >= slot.at


def _is_released(connection: Connection, newsletter: Newsletter, slot: Slot) -> bool | None:
    """Tell whether a slot's issue is released; None where it has no issue."""
    table = issue_table.c
    query = select(table.released_at).where(table.newsletter == newsletter.slug, table.slot == slot.local)
    row = connection.execute(query).one_or_none()
    return None if row is None else row.released_at is not None


def _check_address(newsletter: Newsletter) -> None:
    """Raise before an issue is frozen that could never be sent."""
    if not newsletter.postal_address.strip():
        raise SettingsError(
            f"nothing is planned: set postal_address of “{newsletter.slug}”, which bulk mail must carry"
        )


def _due_slot(engine: Engine, newsletter: Newsletter, now: datetime) -> Slot | None:
    """Return the newsletter's latest slot that has come; for one in its readers' own time, where the first of them is.

    Who lives where is asked only between the slot's coming in the first zone of the world and its release.
    """
    if not newsletter.local_time:
        return due(newsletter.schedule, newsletter.timezone, now)
    begun = due_somewhere(newsletter.schedule, [FIRST_ZONE], now, catch_up=CATCH_UP + ROUND_THE_WORLD)
    if begun is None:
        return None
    with db.reading(engine) as connection:
        if _is_released(connection, newsletter, begun):
            return None
        zones = store.timezones(connection, newsletter, now)
    return due_somewhere(newsletter.schedule, zones or [newsletter.timezone], now)


def _plan_due(engine: Engine, settings: Settings, newsletter: Newsletter, *, clock: Clock, tell: Tell) -> None:
    """Plan and release the issue of the newsletter's latest slot, unless that has been done."""
    slot = _due_slot(engine, newsletter, clock())
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
    to_do = or_(deliveries.c.status == DeliveryStatus.SENDING, ledger.is_due_now(clock()))
    unfinished = exists().where(deliveries.c.issue_id == issue_table.c.id, to_do)
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


def _read_mailbox(engine: Engine, settings: Settings, clock: Clock, tell: Tell) -> None:
    """Unsubscribe those whose mails came in, before anything is planned or sent."""
    if settings.unsubscribe_mailbox is None:
        return
    take = partial(mail_departures.take, engine, settings, now=clock())
    summary = unsubscribe_mailbox.read(settings.unsubscribe_mailbox, take)
    if any(summary.counts.values()):
        tell("mails for unsubscribing: " + ", ".join(f"{n} {word}" for word, n in summary.counts.items() if n))


def _look_after_signups(engine: Engine, clock: Clock) -> None:
    """Forget what nobody confirmed and what is not needed any more; raise where sign-ups look like abuse."""
    post_office.forget(engine, now=clock())
    with db.reading(engine) as connection:
        standing = signup_circuit.standing(connection, now=clock())
    if standing.is_abuse:
        raise DigestError(signup_circuit.complaint(standing))


def _end_breaks(engine: Engine, clock: Clock) -> None:
    """Say of everybody whose break is over that it is, so that lists and webhooks know; mail comes again anyway."""
    now, last = clock(), 0
    is_over = and_(subscribers.c.status == Status.PAUSED, subscribers.c.paused_until <= now)
    while True:
        with db.transaction(engine) as connection:
            found = store.those(connection, is_over, after_id=last, limit=_AT_ONCE)
            for person in found:
                held = store.hold(connection, person.id)
                if held and held.paused_until and held.paused_until <= now:  # not chosen anew a moment ago
                    consent.resume(connection, held, source="worker", now=now)
        if len(found) < _AT_ONCE:
            return
        last = found[-1].id


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
    """Read who leaves, send letters, plan and release the issues whose slot has come, deliver, and call webhooks.

    Issues that were planned by hand and not yet sent are left alone. May run at any time, in several processes.
    """
    complaints: list[str] = []
    standing: list[Counts] = []
    complaints.extend(_attempt("mails for unsubscribing", partial(_read_mailbox, engine, settings, clock, tell)))

    def send_letters() -> None:
        post_office.send_due(engine, settings, clock=clock, stop=stop)

    complaints.extend(_attempt("letters", send_letters))
    complaints.extend(_attempt("sign-ups", partial(_look_after_signups, engine, clock)))
    complaints.extend(_attempt("breaks", partial(_end_breaks, engine, clock)))
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

    def call_webhooks() -> None:
        announcing.announce(engine, settings.webhooks, now=clock())
        told = telling.tell(engine, settings.webhooks, clock=clock, is_stopped=lambda: stop.is_requested)
        complaints.extend(told)

    complaints.extend(_attempt("deliveries", deliver_all))
    complaints.extend(_attempt("webhooks", call_webhooks))  # last, and for a bounded time: mail does not wait for it
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
