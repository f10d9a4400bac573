"""`digest articles`."""

from datetime import datetime

import click

from digest import articles as library
from digest import db
from digest.cli.installation import Installation, Instant, pass_installation, print_json


@click.command()
@click.option("--category", help="Only this category, however it is spelled.")
@click.option("--since", type=Instant(), help="Only what was published at this instant or later.")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the output is JSON lines in any case.")
@pass_installation
def articles(installation: Installation, category: str | None, since: datetime | None, as_json: bool) -> None:
    """Print the stored articles as JSON lines, newest first."""
    del as_json
    with db.reading(installation.engine) as connection:
        for stored in library.listing(connection, category=category, since=since):
            print_json(library.presentation(stored))
