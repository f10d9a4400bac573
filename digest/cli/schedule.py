"""`digest schedule`, the coming slots of a newsletter, and `digest worker`, which does what is due."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import click
from rich.console import Console
from rich.table import Table

from digest import db
from digest.cli.installation import Installation, Instant, json_option, now_option, pass_installation, print_json, say
from digest.errors import UsageError
from digest.model import Newsletter
from digest.schedule import slots
from subscribers import store

if TYPE_CHECKING:
    from digest.engine import Stop
    from digest.worker import Tick

LOOK_AHEAD = timedelta(days=28)


class Row(NamedTuple):
    """A slot of a schedule, as it comes in one time zone, and how many readers it comes for."""

    at: datetime
    local: str
    timezone: str
    subscribers: int


def _rows(newsletter: Newsletter, zones: Mapping[str, int], start: datetime, end: datetime) -> list[Row]:
    """Return the slots in order: one row for each, or one for each of its readers' zones."""
    where = {newsletter.timezone: sum(zones.values())}
    if newsletter.local_time and zones:
        where = dict(zones)
    rows = (
        Row(slot.at, slot.local, zone, count)
        for zone, count in where.items()
        for slot in slots(newsletter.schedule, zone, start, end)
    )
    return sorted(rows)


def _print_table(rows: list[Row]) -> None:
    """Show the slots to a person."""
    table = Table("Local time", "", "Time zone", "UTC", "Readers now", box=None, pad_edge=False)
    for row in rows:
        local = datetime.fromisoformat(row.local)
        readers = f"{row.subscribers:,}"
        table.add_row(f"{local:%a %d %b %Y}", f"{local:%H:%M}", row.timezone, f"{row.at:%Y-%m-%d %H:%M}", readers)
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
    """Show the coming slots of a newsletter's schedule; with `local_time`, for each time zone. Nothing is mailed.

    Readers who chose a time of their own get it then.
    """
    newsletter = installation.settings.newsletter(slug)
    start = start or now
    end = end or start + LOOK_AHEAD
    if end <= start:
        raise UsageError("--to must be later than --from")
    with db.reading(installation.engine) as connection:
        zones = store.timezones(connection, newsletter, now)
    coming = _rows(newsletter, zones, start, end)
    if as_json:
        print_json([row._asdict() for row in coming])
    elif coming:
        _print_table(coming)
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
