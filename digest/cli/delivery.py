"""`digest send`, `report` and `deliveries`: mail out, and what became of it."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import click
from email_validator import EmailNotValidError, validate_email
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from digest import coverage, db, engine, issues, ledger, quota
from digest import report as reports
from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from digest.cli.issues import delivery_or_reason
from digest.compose.headers import message_id
from digest.errors import DigestError, ServerError, UsageError
from digest.ledger import Counts, OwnTimes
from digest.model import DeliveryStatus, Issue
from digest.smtp.throttle import Waiting
from digest.smtp.verdict import Verdict

NOT_ACCEPTED = (DeliveryStatus.DEFERRED, DeliveryStatus.REJECTED, DeliveryStatus.UNKNOWN, DeliveryStatus.EXPIRED)
DOMAINS_SHOWN = 20


def _find(installation: Installation, name: str) -> Issue:
    with db.reading(installation.engine) as connection:
        return issues.find(connection, name)


def _running_clock(now: datetime) -> engine.Clock:
    """Return a clock that shows `now` at this moment and goes on from there."""
    start = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - start)


def _by_word(counts: Counts) -> dict[str, Any]:  # Any: JSON of several kinds stands beside it
    return {str(status): number for status, number in counts.items()}


def _in_words(counts: Counts) -> str:
    return ", ".join(f"{number:,} {status}" for status, number in counts.items() if number) or "no deliveries"


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[str | Waiting], None]]:
    """Show progress on a terminal, and nothing in a pipe: call back with the word under which to count one more."""
    seen: dict[str, int] = {}
    start = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, TextColumn("{task.fields[told]}"), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total, told="")

        def count(word: str | Waiting) -> None:
            if isinstance(word, Waiting):
                bar.update(task, told=f"{word.why}: going on in {word.seconds:,.0f} s")
                return
            seen[word] = seen.get(word, 0) + 1
            rate = sum(seen.values()) / max(time.monotonic() - start, 0.001)
            told = ", ".join(f"{number:,} {name}" for name, number in seen.items())
            bar.update(task, advance=1, told=f"{rate:,.0f} a second: {told}")

        yield count


def _open(installation: Installation, issue: Issue) -> int:
    """Return how many deliveries are to come, those that wait for their readers' own times included."""
    counts = engine.counts(installation.engine, issue)
    return sum(counts[status] for status in ledger.OPEN)


def _waiting(installation: Installation, issue: Issue, now: datetime) -> OwnTimes:
    with db.reading(installation.engine) as connection:
        return ledger.waiting(connection, issue.id, now=now)


@click.command()
@click.argument("name", metavar="ISSUE")
@click.option("--dry-run", is_flag=True, help="Compose every message, send none, change nothing.")
@click.option(
    "--test", "is_test", is_flag=True, help="Send a copy marked [TEST] to each on the newsletter's test list."
)
@click.option("--test-to", metavar="ADDRESS", help="Send one copy marked [TEST] there; the ledger knows nothing of it.")
@click.option("--as", "email", metavar="EMAIL", help="With --test-to: the reader whose mail to copy.")
@now_option
@json_option
@pass_installation
@click.pass_context
def send(
    context: click.Context,
    installation: Installation,
    *,
    name: str,
    dry_run: bool,
    is_test: bool,
    test_to: str | None,
    email: str | None,
    now: datetime,
    as_json: bool,
) -> None:
    """Deliver what is not delivered yet; run again, it goes on where it stopped.

    Ctrl-C ends it after the messages in flight. The exit code is 3 when some deliveries were not accepted.
    """
    if (test_to is None) != (email is None):
        raise UsageError("--test-to ADDRESS and --as EMAIL belong together: a copy to the one of the other’s mail")
    if dry_run + is_test + (test_to is not None) > 1:
        raise UsageError("--dry-run, --test and --test-to are three ways of trying it: choose one")
    if is_test:
        context.exit(_send_trial(installation, _find(installation, name), now=now, as_json=as_json))
    elif test_to is not None and email is not None:
        _send_test(installation, name, to=test_to, email=email, as_json=as_json)
    elif dry_run:
        _rehearse(installation, _find(installation, name), as_json=as_json)
    else:
        context.exit(_send(installation, _find(installation, name), now=now, as_json=as_json))


def _send_test(installation: Installation, name: str, *, to: str, email: str, as_json: bool) -> None:
    try:
        validate_email(to, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise UsageError(f"--test-to: “{to}” is not an address: {error}") from error
    issue, delivery = delivery_or_reason(installation, name, email)
    verdict = engine.send_test(installation.engine, installation.settings, issue, delivery, to=to)
    if verdict.status is not DeliveryStatus.ACCEPTED:
        raise DigestError(f"the copy for {to} was not accepted: {verdict.code or verdict.stage} {verdict.text}")
    if as_json:
        print_json({"accepted": True})
    else:
        say(f"the server accepted a copy of {email}’s {issue.name} for {to}")


def _send_trial(installation: Installation, issue: Issue, *, now: datetime, as_json: bool) -> int:
    """Send copies to the test list and return the exit code."""
    found: dict[str, Verdict | None] = {}
    try:
        found.update(engine.send_trial(installation.engine, installation.settings, issue, now=now))
    except ServerError:
        if found:
            _tell_trial(issue, found, as_json=as_json)  # whoever tries again is to know who has a copy already
        raise
    _tell_trial(issue, found, as_json=as_json)
    is_refused = (verdict is not None and verdict.status is not DeliveryStatus.ACCEPTED for verdict in found.values())
    return 3 if any(is_refused) else 0


def _tell_trial(issue: Issue, found: Mapping[str, Verdict | None], *, as_json: bool) -> None:
    """Print what became of each copy that was tried."""
    accepted, failed, without = [], [], []
    for email, verdict in found.items():
        if verdict is None:
            without.append(email)
        elif verdict.status is DeliveryStatus.ACCEPTED:
            accepted.append(email)
        else:
            failed.append({"email": email, "code": verdict.code, "reply": verdict.text})
    if as_json:
        shown = {"issue": issue.name, "accepted": accepted, "not_accepted": failed, "without_stories": without}
        print_json(shown)
    else:
        say(f"{issue.name}: the server accepted copies for {', '.join(accepted) or 'nobody'}")
        for one in failed:
            say(f"the copy for {one['email']} was not accepted: {one['code'] or ''} {one['reply']}")
        for email in without:
            say(f"{email} chose topics of which the issue has no story: there is nothing to send")


def _rehearse(installation: Installation, issue: Issue, *, as_json: bool) -> None:
    start = time.monotonic()
    engine.check_sendable(issue)
    total = 0
    with _bar("Composing", _open(installation, issue)) as count:
        for size in engine.sizes(installation.engine, installation.settings, issue):
            total += size
            count("composed")
    found = engine.counts(installation.engine, issue)
    _print_counts(issue, found, start=start, as_json=as_json, bytes=total)
    if not as_json:
        say(f"{_open(installation, issue):,} messages composed, {total:,} bytes; nothing was sent")


def _send(installation: Installation, issue: Issue, *, now: datetime, as_json: bool) -> int:
    """Send and return the exit code. The counts are printed, too, when the server is in the way."""
    start, stop, clock = time.monotonic(), engine.Stop(), _running_clock(now)
    due = _open(installation, issue) - _waiting(installation, issue, now).deliveries
    try:
        with stop.listening(), _bar("Sending", due) as count:
            found = engine.send(
                installation.engine,
                installation.settings,
                issue,
                clock=clock,
                stop=stop,
                progress=count,
            )
    except ServerError:
        _print_counts(issue, engine.counts(installation.engine, issue), start=start, as_json=as_json)
        raise
    waiting = _waiting(installation, issue, clock())
    _print_counts(issue, found, start=start, as_json=as_json, waiting=waiting.deliveries)
    _advise(installation, issue, found, waiting, stop=stop, now=clock())
    return stop.exit_code or (3 if _is_partial(installation, issue, found, waiting) else 0)


def _print_counts(issue: Issue, counts: Counts, *, start: float, as_json: bool, **more: int) -> None:
    seconds = round(time.monotonic() - start, 3)
    if as_json:
        print_json({"issue": issue.name, **_by_word(counts), "seconds": seconds, **more})
    else:
        click.echo(f"{issue.name}: {_in_words(counts)} ({seconds:.1f} s)")


def _is_partial(installation: Installation, issue: Issue, counts: Counts, waiting: OwnTimes) -> bool:
    """Tell whether something was not accepted that could have been.

    What waits for its reader's own time is not counted, nor what another running `send` still works on.
    """
    if any(counts[status] for status in NOT_ACCEPTED):
        return True
    return counts[DeliveryStatus.PLANNED] > waiting.deliveries and not _others_work(installation, issue)


def _others_work(installation: Installation, issue: Issue) -> bool:
    with db.reading(installation.engine) as connection:
        return bool(ledger.claims(connection, issue.id))


def _why_some_are_left(installation: Installation, issue: Issue, now: datetime) -> str:
    if _others_work(installation, issue):
        return f"another `send` works on the rest of {issue.name}"
    allowed = installation.settings.smtp.messages_per_day
    with db.reading(installation.engine) as connection:
        free_at = quota.free_at(connection, allowed, now)
    if free_at > now:
        return (
            f"the {allowed:,} messages of this day are used up (messages_per_day): `digest worker` goes on by itself, "
            f"from {free_at:%Y-%m-%d %H:%M} UTC on"
        )
    return f"some are left: `digest send {issue.name}` tries them again"


def _who_waits(waiting: OwnTimes) -> str:
    """Say how many deliveries wait for their readers' own times, and until when."""
    assert waiting.first_at and waiting.last_at  # noqa: S101 - somebody waits
    first, last = f"{waiting.first_at:%Y-%m-%d %H:%M}", f"{waiting.last_at:%Y-%m-%d %H:%M}"
    when = f"at {first}" if first == last else f"between {first} and {last}"
    who = "one reader wants" if waiting.deliveries == 1 else f"{waiting.deliveries:,} readers want"
    return f"{who} it at a time of their own, {when} UTC"


def _advise(
    installation: Installation, issue: Issue, counts: Counts, waiting: OwnTimes, *, stop: engine.Stop, now: datetime
) -> None:
    """Say what is left to do, and how."""
    again = f"`digest send {issue.name}`"
    if stop.is_requested:
        say(f"interrupted, after what was in flight: {again} goes on from here")
    elif counts[DeliveryStatus.PLANNED] > waiting.deliveries or counts[DeliveryStatus.SENDING]:
        say(_why_some_are_left(installation, issue, now))
    if waiting.deliveries:
        say(f"{_who_waits(waiting)}: `digest worker` delivers it then, or {again}")
    if counts[DeliveryStatus.DEFERRED]:
        say(f"the server put {counts[DeliveryStatus.DEFERRED]:,} off: {again} tries them again after some minutes")
    if counts[DeliveryStatus.UNKNOWN]:
        say(
            f"{counts[DeliveryStatus.UNKNOWN]:,} may or may not have arrived, and are not sent again by themselves: "
            f"look them up in the server’s log by Message-ID (`digest deliveries {issue.name}`), then "
            f"`digest resolve {issue.name} resend` or `accept`"
        )
    if counts[DeliveryStatus.REJECTED]:
        say(f"`digest deliveries {issue.name}` tells why {counts[DeliveryStatus.REJECTED]:,} were rejected")


@click.command()
@click.argument("name", metavar="ISSUE")
@now_option
@json_option
@pass_installation
def report(installation: Installation, name: str, now: datetime, as_json: bool) -> None:
    """Show what happened to an issue: by status, recipients' domain and category, and what readers did since."""
    with db.reading(installation.engine) as connection:
        issue = issues.find(connection, name)
        found = reports.report(connection, issue, now=now)
    if as_json:
        print_json(reports.presentation(issue, found))
    else:
        _print_report(issue, found)


def _print_report(issue: Issue, found: reports.Report) -> None:
    released = f"released {issue.released_at:%Y-%m-%d %H:%M} UTC" if issue.released_at else "not released yet"
    console = Console(highlight=False)
    console.print(f"[bold]{issue.name}[/bold]  {released}\n{_in_words(found.counts)}\n")
    if issue.segment:
        console.print(Text(f"for the segment “{issue.segment}” only\n"))
    if found.waiting.deliveries:
        console.print(Text(f"{_who_waits(found.waiting)}\n"))
    if issue.paused_at:
        until = f" until {issue.paused_until:%H:%M}" if issue.paused_until else ""
        console.print(Text(f"paused since {issue.paused_at:%Y-%m-%d %H:%M}{until} UTC: {issue.pause_reason}\n"))
    console.print(_domain_table(found))
    if len(found.by_domain) > DOMAINS_SHOWN:
        console.print(f"… and {len(found.by_domain) - DOMAINS_SHOWN:,} more domains; --json names them all")
    categories = _table("Category", "Articles", "Deliveries")
    for category, reach in found.by_category.items():
        categories.add_row(Text(category), f"{reach.articles:,}", f"{reach.deliveries:,}")
    console.print("", categories, sep="\n")
    for line in coverage.sentences(found.coverage):
        console.print(Text(line))
    if found.events:
        console.print("\nSince its release: " + ", ".join(f"{count:,} {kind}" for kind, count in found.events.items()))


def _domain_table(found: reports.Report) -> Table:
    """Return the largest domains, with a column for each status that any delivery has."""
    statuses = [status for status, number in found.counts.items() if number]
    table = _table("Domain", *(status.capitalize() for status in statuses))
    for domain, numbers in islice(found.by_domain.items(), DOMAINS_SHOWN):
        table.add_row(Text(domain), *(f"{numbers.get(status, 0):,}" for status in statuses))
    return table


def _table(name: str, *numbers: str) -> Table:
    """Return a table of names, each with numbers."""
    table = Table(name, box=None, pad_edge=False, header_style="bold")
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


@click.command()
@click.argument("name", metavar="ISSUE")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the output is JSON lines in any case.")
@pass_installation
def deliveries(installation: Installation, name: str, as_json: bool) -> None:
    """Print the ledger of an issue as JSON lines, one delivery each."""
    del as_json
    secret = installation.settings.secret
    with db.reading(installation.engine) as connection:
        issue = issues.find(connection, name)
        for delivery in issues.deliveries(connection, issue):
            print_json(
                {
                    "email": delivery.recipient,
                    "status": delivery.status,
                    "message_id": message_id(issue, delivery.subscriber_id, secret),
                    "code": delivery.code,
                    "reply": delivery.reply,
                    "attempts": delivery.attempts,
                    "culprit": delivery.culprit,
                    "edition": delivery.edition,
                    "at": delivery.at,
                    "next_at": delivery.next_at,
                }
            )
