"""`digest doctor`: what is wrong, and how to mend it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from digest.cli.installation import Installation, json_option, pass_installation, print_json, say
from digest.doctor.checkup import examine
from digest.doctor.problem import Problem


@click.command()
@click.option(
    "--message",
    "file",
    metavar="FILE.eml",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A newsletter's mail as it arrived in your own mailbox: looks at what the relay made of its header.",
)
@json_option
@pass_installation
@click.pass_context
def doctor(context: click.Context, installation: Installation, *, file: Path | None, as_json: bool) -> None:
    """Look for what is wrong: settings, database, SMTP log-in, DKIM keys, DNS, headers. Sends and changes nothing.

    The exit code is 1 when something keeps mail from going out or makes it arrive broken. Notes do not count.
    """
    settings, mail = installation.settings, file.read_bytes() if file else None
    with Console(stderr=True).status("Asking the server and the name service …"):
        found = examine(settings, installation.path, mail=mail)
    problems, notes = [one for one in found if not one.is_note], [one for one in found if one.is_note]
    if as_json:
        print_json({"problems": [_shown(one) for one in problems], "notes": [_shown(one) for one in notes]})
    else:
        _print("✗", problems)
        _print("•", notes)
        say(f"{_count(problems, 'problem')}, {_count(notes, 'note')}")
    context.exit(1 if problems else 0)


def _shown(one: Problem) -> dict[str, str]:
    return {name: value for name, value in asdict(one).items() if name != "is_note"}


def _print(mark: str, found: Sequence[Problem]) -> None:
    for one in found:
        click.echo(f"{mark} {one.where}: {one.what}\n  {one.fix}\n")


def _count(found: Sequence[Problem], noun: str) -> str:
    return f"{len(found) or 'no'} {noun}{'' if len(found) == 1 else 's'}"
