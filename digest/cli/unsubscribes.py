"""`digest unsubscribes`: mails to the address for unsubscribing, from files."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from subscribers import mail_departures, mail_files
from subscribers.mail_departures import Summary
from subscribers.mail_files import Mail

SHOWN = 20  # mails that somebody should look at


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE…|DIR", type=click.Path(exists=True, path_type=Path))
@now_option
@json_option
@pass_installation
def unsubscribes(installation: Installation, paths: tuple[Path, ...], now: datetime, as_json: bool) -> None:
    """Unsubscribe those whose mails to `unsubscribe_address` lie in files: .eml, mbox, a Maildir, or a folder of .eml.

    What counts is the signed token that the mail’s List-Unsubscribe puts into the subject, never the sender, who can be
    forged: a mail without a token is `unmatched`, for you to look at. Automatic answers, reports and newsletters are
    `ignored`. The files stay as they are; reading them again changes nothing.
    """

    def mails() -> Iterator[Mail]:
        for path in paths:
            yield from mail_files.mails(path)

    summary = mail_departures.take(installation.engine, installation.settings, mails(), now=now)
    _advise(summary)
    if as_json:
        print_json({str(outcome): number for outcome, number in summary.counts.items()})
    else:
        click.echo(", ".join(f"{number:,} {outcome}" for outcome, number in summary.counts.items()))


def _advise(summary: Summary) -> None:
    """Say which mails somebody should look at, without whose they are."""
    if not summary.unmatched:
        return
    for where in summary.unmatched[:SHOWN]:
        say(f"no token in {where}")
    if len(summary.unmatched) > SHOWN:
        say(f"… and in {len(summary.unmatched) - SHOWN:,} more")
    say("if one of them asks to leave and you trust its sender: `digest subscribers unsubscribe EMAIL`")
