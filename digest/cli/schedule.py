"""`digest schedule`, the coming slots of a newsletter, and `digest worker`, which does what is due."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, exists, func, select

from digest import db
from digest.cli.installation import Installation, Instant, json_option, now_option, pass_installation, print_json, say
from digest.errors import UsageError
from digest.model import Newsletter
from digest.schedule import Slot, slots
from digest.tables import subscribers, subscriptions
from subscribers import store

if TYPE_CHECKING:
    from digest.engine import Stop
    from digest.worker import Tick

LOOK_AHEAD = timedelta(days=28)


def _count_readers(connection: Connection, newsletter: Newsletter, now: datetime) -> int:
    """Return how many people on the newsletter's lists may be mailed now."""
    listed = exists().where(
        subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.list.in_(newsletter.lists)
    )
    query = select(func.count()).select_from(subscribers).where(store.mailable(newsletter.slug, now), listed)
    return int(connection.execute(query).scalar_one())


def _print_table(coming: list[Slot], newsletter: Newsletter, readers: int) -> None:
    """Show the slots to a person."""
    table = Table("Local time", newsletter.timezone, "UTC", "Readers now", box=None, pad_edge=False)
    for slot in coming:
        local = datetime.fromisoformat(slot.local)
        table.add_row(f"{local:%a %d %b %Y}", f"{local:%H:%M}", f"{slot.at:%Y-%m-%d %H:%M}", f"{readers:,}")
    Console(highlight=False).print(table)


@click.command()
@click.argument("slug", metavar="NEWSLETTER")
@click.option("--from", "start", type=Instant(), help="The first instant to look at.  [default: now]")
@click.option("--to", "end", type=Instant(), help="The first instant not to look at.  [default: four weeks later]")
@now_option
@json_option
@pass_installation
def schedule(
    installation: Installation, *, slug: str, start: datetime | None, end: datetime | None, now: datetime, as_json: bool
) -> None:
    """Show the coming slots of a newsletter's schedule. Nothing is planned or mailed."""
    newsletter = installation.settings.newsletter(slug)
    start = start or now
    end = end or start + LOOK_AHEAD
    if end <= start:
        raise UsageError("--to must be later than --from")
    coming = list(slots(newsletter.schedule, newsletter.timezone, start, end))
    with db.reading(installation.engine) as connection:
        readers = _count_readers(connection, newsletter, now)
    if as_json:
        zone = {"timezone": newsletter.timezone, "subscribers": readers}
        print_json([{**slot._asdict(), **zone} for slot in coming])
    elif coming:
        _print_table(coming, newsletter, readers)
    elif newsletter.schedule:
        say(f"{newsletter.slug} has no slot in this time; its schedule is “{newsletter.schedule}”")
    else:
        say(f"{newsletter.slug} has no schedule: its issues are planned by hand, with `digest plan {newsletter.slug}`")


def _exit_code(done: "Tick", stop: "Stop") -> int:
    """Return how a single run ends."""
    return stop.exit_code or (1 if done.complaints else 3 if done.not_accepted else 0)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@now_option
@pass_installation
def worker(installation: Installation, *, once: bool, now: datetime) -> None:
    """Do what is due: plan scheduled issues, deliver them, try deferred deliveries again.

    Runs until it is interrupted, and then finishes what is in flight. Issues that are planned by hand go out when
    `digest send` asks for it the first time; what that leaves deferred is tried again here.
    """
    from digest.engine import Stop
    from digest.worker import tick, work

    engine, settings, stop = installation.engine, installation.settings, Stop()
    ahead = now - datetime.now(UTC)

    def clock() -> datetime:
        return now if once else datetime.now(UTC) + ahead

    def tell(message: str) -> None:
        say(f"{clock():%Y-%m-%dT%H:%M:%SZ} {message}")

    with stop.listening():
        if once:
            done = tick(engine, settings, clock=clock, stop=stop, tell=tell)
            for complaint in done.complaints:
                tell(complaint)
            code = _exit_code(done, stop)
        else:
            work(engine, settings, clock=clock, stop=stop, tell=tell)
            code = stop.exit_code
    click.get_current_context().exit(code)
