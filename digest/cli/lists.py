"""`digest lists`: the lists that people are on or newsletters go to."""

import click

from digest import db
from digest.cli.installation import Installation, pass_installation, print_json
from subscribers.lists import Size, sizes


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the output is JSON lines in any case.")
@pass_installation
def lists(installation: Installation, as_json: bool) -> None:
    """Print each list as a JSON line: how many people are on it, how many confirmed, and which newsletters it gives.

    `digest subscribers set EMAIL --join LIST` puts somebody on one. A newsletter's test list gets `digest send --test`.
    """
    del as_json
    newsletters = installation.settings.newsletters
    named = {name for newsletter in newsletters for name in (*newsletter.lists, newsletter.test_list) if name}
    with db.reading(installation.engine) as connection:
        found = sizes(connection)
    for name in sorted(named | found.keys()):
        size = found.get(name, Size(0, 0))
        print_json(
            {
                "name": name,
                **size._asdict(),
                "newsletters": [newsletter.slug for newsletter in newsletters if name in newsletter.lists],
                "test_list_of": [newsletter.slug for newsletter in newsletters if name == newsletter.test_list],
            }
        )
