"""`digest check`: an issue's mails measured against the limits of docs/quality.md before they go out."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from digest import db, issues
from digest.cli.installation import Installation, json_option, pass_installation, print_json, say
from digest.cli.issues import delivery_or_reason, print_table
from digest.cli.progress import counting
from digest.errors import NotFoundError
from digest.messages import Messages
from digest.model import Delivery, Issue
from digest.quality import editions, report, shots
from digest.quality import mail as mails
from digest.quality.examination import Examination, examine, no_pictures
from digest.quality.finding import Finding
from digest.quality.subject import repeated

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def chosen(installation: Installation, issue_name: str, email: str | None) -> tuple[Issue, list[tuple[str, Delivery]]]:
    """Return the deliveries to check, each with its name: one reader's, or those of the editions that stand for all.

    Raises NotFoundError where there is none.
    """
    if email is not None:
        issue, delivery = delivery_or_reason(installation, issue_name, email)
        return issue, [(f"the mail of {delivery.recipient}", delivery)]
    with db.reading(installation.engine) as connection:
        issue = issues.find(connection, issue_name)
        samples = editions.choose(issues.editions(connection, issue), issues.edition_readers(connection, issue))
        if not samples:
            raise NotFoundError(f"{issue.name} has no mail to check, since nobody gets one; `digest explain` says why")
        return issue, [(one.why, editions.delivery_in(connection, issue, one.edition)) for one in samples]


def subjects_finding(connection: Connection, issue: Issue) -> Finding:
    """Compare the subjects of all the issue's editions with those of the newsletter's earlier issues."""
    named = {f"edition {edition.number}": edition.subject for edition in issues.editions(connection, issue)}
    return repeated(named, editions.earlier_subjects(connection, issue, named.values()))


class Row(NamedTuple):
    """One line of results: a gate's finding, and the mail that it is about."""

    finding: Finding
    mail: str


def worst(rows: Sequence[Row]) -> list[Row]:
    """Return for each gate the finding that is farthest beyond its limit, or nearest to it; in the gates' order."""
    found: dict[str, Row] = {}
    for row in rows:
        held = found.get(row.finding.name)
        if held is None or _badness(row.finding) > _badness(held.finding):
            found[row.finding.name] = row
    return list(found.values())


def _badness(finding: Finding) -> tuple[bool, float]:
    return not finding.passed, finding.strain


@click.command()
@click.argument("issue_name", metavar="ISSUE")
@click.option("--as", "email", help="Check this reader's mail only.")
@click.option(
    "--report",
    "report_file",
    metavar="FILE.html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a report with pictures of each mail, in light and dark, on phone and desktop.",
)
@json_option
@pass_installation
def check(
    installation: Installation, issue_name: str, email: str | None, report_file: Path | None, as_json: bool
) -> None:
    """Measure an issue's mails: size, clients, accessibility, dark mode, spam, links, text part. Fails beyond a limit.

    Without --as, the smallest, the largest and the odd editions stand for all. Some gates need Chromium or
    SpamAssassin; where they are missing, it says how to get them.
    """
    issue, deliveries = chosen(installation, issue_name, email)
    messages = Messages(installation.engine, issue, installation.settings)
    read = [mails.read(name, messages.one(delivery)) for name, delivery in deliveries]
    with counting("checking", len(read), "mails") as done:
        found = examine(read, photograph=shots.take if report_file else no_pictures, done=done)
    with db.reading(installation.engine) as connection:
        rows = [Row(subjects_finding(connection, issue), "all editions")]
    rows += [Row(finding, result.title) for result in found.checked for finding in result.findings]
    passed = all(row.finding.passed for row in rows)
    if report_file:
        written = report.render(found.checked, title=issue.name, missing=found.missing, made_at=datetime.now(UTC))
        report_file.write_text(written, encoding="utf-8")
    if as_json:
        print_json(presentation(issue, passed, found, rows))
    else:
        _show(issue, len(read), rows)
    for part in found.missing:
        say(f"not everything was checked: {part}")
    click.get_current_context().exit(0 if passed else 1)


def presentation(issue: Issue, passed: bool, found: Examination, rows: Sequence[Row]) -> dict[str, object]:
    """Return the JSON object of `check`: one entry for each gate and mail."""
    return {
        "passed": passed,
        "issue": issue.name,
        "mails": [result.title for result in found.checked],
        "missing": [{"part": part.part, "how": part.how} for part in found.missing],
        "checks": [
            {
                "name": row.finding.name,
                "passed": row.finding.passed,
                "value": row.finding.value,
                "limit": row.finding.limit,
                "detail": row.finding.detail,
                "mail": row.mail,
            }
            for row in rows
        ],
    }


def visible(text: str) -> str:
    """Return what a mail says, safe for a terminal: characters that control colours or directions become �."""
    return _CONTROL.sub("\ufffd", text)


def _show(issue: Issue, count: int, rows: Sequence[Row]) -> None:
    """Print each gate at its worst, then what to do about those that failed."""
    table = Table("", "Gate", "Value", "Limit", box=None, pad_edge=False, header_style="bold")
    shown = worst(rows)
    for finding, _ in shown:
        mark = "✓ passed" if finding.passed else "✗ failed"
        table.add_row(*(Text(visible(cell)) for cell in (mark, finding.name, finding.value, finding.limit)))
    print_table(table)
    failed = [row for row in shown if not row.finding.passed]
    for finding, mail in failed:
        where = [row.mail for row in rows if row.finding.name == finding.name and not row.finding.passed]
        others = f", and {len(where) - 1} more" if len(where) > 1 else ""
        click.echo(f"\n✗ {finding.name} ({visible(mail)}{others})\n  {visible(finding.detail)}")
    mails_checked = "1 mail" if count == 1 else f"{count} mails"
    if failed:
        say(f"{issue.name}: {len(failed)} of {len(shown)} gates failed, in {mails_checked}.")
    else:
        say(f"{issue.name}: all {len(shown)} gates passed, in {mails_checked}.")
