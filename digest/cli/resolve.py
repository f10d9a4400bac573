"""`digest resolve`: what nobody knew the end of, or what was refused for a fault of ours, decided by the operator."""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Connection

from digest import db, issues, ledger, relay_log
from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from digest.compose.headers import message_id
from digest.errors import NotFoundError, SourceError, UsageError
from digest.ledger import Resolution
from digest.model import Issue
from subscribers import store


@click.command()
@click.argument("name", metavar="ISSUE")
@click.argument("resolution", type=click.Choice(Resolution, case_sensitive=False), metavar="resend|accept")
@click.option("--email", metavar="E", help="Only this person’s delivery.")
@click.option(
    "--log",
    "logs",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="With accept: only what this log of your relay (Postfix or Exim) shows as taken. Several: the oldest first.",
)
@click.option("--refused", is_flag=True, help="With resend: what was rejected for a fault of yours that is mended now.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@now_option
@json_option
@pass_installation
def resolve(
    installation: Installation,
    *,
    name: str,
    resolution: Resolution,
    email: str | None,
    logs: tuple[Path, ...],
    refused: bool,
    yes: bool,
    now: datetime,
    as_json: bool,
) -> None:
    """Decide about deliveries whose fate is unknown: they did not arrive (resend), or they did (accept)."""
    if logs and resolution is not Resolution.ACCEPT:
        raise UsageError("--log goes with accept: a log shows what was taken, and that it was not is no proof")
    if refused and resolution is not Resolution.RESEND:
        raise UsageError("--refused goes with resend")
    with db.reading(installation.engine) as connection:
        issue = issues.find(connection, name)
        person = _person(connection, email)
        doubtful = ledger.in_doubt(connection, issue.id, subscriber_id=person)
    if logs:
        resolved = _accept_logged(installation, issue, doubtful, logs, now=now)
    elif refused:
        with db.transaction(installation.engine) as connection:
            resolved = ledger.replan_refused(connection, issue.id, subscriber_id=person, now=now)
    else:
        if resolution is Resolution.RESEND and not yes:
            _confirm_resending(issue, len(doubtful))
        with db.transaction(installation.engine) as connection:
            resolved = ledger.resolve(connection, issue.id, resolution, subscriber_id=person, now=now)
    with db.reading(installation.engine) as connection:
        left = len(ledger.in_doubt(connection, issue.id, subscriber_id=None))
    _tell(issue, resolution, resolved=resolved, left=left, as_json=as_json)


def _person(connection: Connection, email: str | None) -> int | None:
    if email is None:
        return None
    person = store.by_email(connection, email)
    if person is None:
        raise NotFoundError(f"there is no subscriber {email}")
    return person.id


def _accept_logged(
    installation: Installation, issue: Issue, doubtful: list[int], logs: tuple[Path, ...], *, now: datetime
) -> int:
    """Accept those that the relay's log shows as taken; return how many."""
    secret = installation.settings.secret
    people = {message_id(issue, subscriber_id, secret): subscriber_id for subscriber_id in doubtful}
    fates = relay_log.fates(_lines(logs), people)
    with db.transaction(installation.engine) as connection:
        resolved = sum(
            ledger.resolve(connection, issue.id, Resolution.ACCEPT, subscriber_id=people[taken], now=now)
            for taken in fates
        )
    if fates:
        say("in the log: " + ", ".join(f"{count:,} {fate}" for fate, count in sorted(Counter(fates.values()).items())))
    return resolved


def _lines(logs: tuple[Path, ...]) -> Iterator[str]:
    for path in logs:
        try:
            with path.open("rb") as log:
                yield from relay_log.lines(log)
        except OSError as error:
            raise SourceError(f"{path}: the log cannot be read: {error.strerror}") from error


def _confirm_resending(issue: Issue, doubtful: int) -> None:
    """Ask on a terminal: whoever did get the first message will get it twice."""
    if doubtful and sys.stdin.isatty():
        click.confirm(
            f"Up to {doubtful:,} people may get {issue.name} twice; most such messages had arrived. Resend?",
            abort=True,
            err=True,
        )


def _tell(issue: Issue, resolution: Resolution, *, resolved: int, left: int, as_json: bool) -> None:
    if as_json:
        print_json({"resolved": resolved, "left": left})
        return
    if resolution is Resolution.RESEND:
        say(f"{resolved:,} planned again: `digest send {issue.name}` delivers them")
    else:
        say(f"{resolved:,} accepted")
    if left:
        say(f"{left:,} still unknown")
