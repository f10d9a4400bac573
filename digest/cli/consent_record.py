"""`digest subscribers record`: what proves somebody’s consent."""

import click

from digest import db
from digest.cli.installation import Installation, pass_installation, print_json
from digest.errors import NotFoundError
from subscribers import exporting, fields, store


@click.command()
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the output is JSON lines in any case.")
@pass_installation
def record(installation: Installation, email: str, as_json: bool) -> None:
    """Print the record of one person’s consent as JSON lines, the oldest first.

    Each line says what happened, when, through which door, and, where it was a page of ours, which page, from which
    network, in which language, and the exact words that were shown.
    """
    del as_json
    with db.reading(installation.engine) as connection:
        person = store.by_email(connection, email)
        if person is None:
            raise NotFoundError(
                f"there is no subscriber {fields.quote(email)}: `digest subscribers list` prints those that are there"
            )
        for event in exporting.consent_record(connection, person):
            print_json(event)
