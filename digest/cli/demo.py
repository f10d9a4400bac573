"""`digest demo`."""

import os
import socket
import sys
import webbrowser
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from sqlalchemy import Engine

from digest import db
from digest.config import Settings
from digest.demo import table, workplace
from digest.demo.catcher import HOST, Catcher
from digest.demo.mailbox import Mailbox
from digest.demo.run import run
from digest.demo.workplace import Workplace
from digest.engine import Stop
from digest.errors import DigestError

PORTS = (*range(8000, 8010), 0)  # 0: any that is free
BACKLOG = 128


@click.command()
@click.option("--no-serve", is_flag=True, help="Stop after the table of who received what.")
@click.option(
    "--dir",
    "folder",
    metavar="D",
    type=click.Path(file_okay=False, path_type=Path),
    default="digest-demo",
    show_default=True,
    help="Where settings, database and caught mails go; each run begins anew in it.",
)
@click.pass_context
def demo(context: click.Context, folder: Path, no_serve: bool) -> None:
    """Do the whole job on sample data: ingest, import readers, plan, send to a mail catcher, show who received what.

    Then serve the studio and the caught mail until Ctrl-C. Nothing leaves this machine.
    """
    now = datetime.now(UTC)
    with workplace.claimed(folder) as place, closing(_listen()) as listener:
        mailbox = Mailbox(place.mailbox)
        with Catcher(mailbox) as catcher:
            base_url = "http://{}:{}".format(*listener.getsockname())
            settings = workplace.prepare(place, base_url=base_url, smtp_port=catcher.port, now=now)
            database = db.connect(settings.database_url)
            try:
                code = _do_the_job(database, settings, place, now)
                if code == 0 and not no_serve:
                    _serve(database, settings, mailbox, listener)
            finally:
                database.dispose()
    context.exit(code)


def _listen() -> socket.socket:
    """Take port 8000 or the next free one: the links in mails begin with it."""
    for port in PORTS:
        try:
            return socket.create_server((HOST, port), backlog=BACKLOG)
        except OSError:
            continue
    raise DigestError(f"no port on {HOST} is free for the studio: stop some servers, and try again")


def _do_the_job(database: Engine, settings: Settings, place: Workplace, now: datetime) -> int:
    """Run, print, and return the exit code."""
    screen, stop = table.console(), Stop()
    table.title(screen, place.folder)
    with stop.listening():
        outcome = run(database, settings, place, now=now, stop=stop, tell=partial(table.tell, screen))
    if stop.is_requested:
        return stop.exit_code
    table.show(screen, outcome)
    table.invite(screen, [("Caught mails", f"{place.mailbox}/"), ("Settings", str(place.settings_file))])
    return 0 if outcome.is_complete else 3


def _serve(database: Engine, settings: Settings, mailbox: Mailbox, listener: socket.socket) -> None:
    """Serve the application with the demonstration's own pages, until Ctrl-C."""
    from digest import post_office, web  # the table should not wait for these
    from digest.cli import serve
    from digest.demo import pages

    app = web.app(database, settings)
    app.include_router(pages.router(mailbox, settings))
    inbox, (studio, *_) = f"{settings.base_url}/demo/mail", serve.studio_addresses(settings, listener)
    screen = table.console()
    table.invite(screen, [("Read the mails", inbox), ("See the studio", studio)])
    screen.print("\n  Ctrl-C ends it.", style="dim")
    if sys.stdout.isatty() and _has_screen():
        webbrowser.open(inbox)
    with post_office.PostOffice(database, settings):
        serve.run(app, listener)


def _has_screen() -> bool:
    """Tell whether a browser would open a window; in a terminal it would get in the way."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
