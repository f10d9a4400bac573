"""`digest plan`, `explain`, `editions` and `render`: an issue frozen, and looked at before it goes out."""

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from digest import coverage, db, explanation, issues, planning
from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from digest.cli.progress import counting
from digest.errors import NotFoundError, UsageError
from digest.messages import Messages
from digest.model import Delivery, Depth, Edition, Issue
from subscribers import segments
from subscribers.segment import in_words

NAMED = 5  # articles whose pictures are missing: enough to see what is wrong


def plan_presentation(plan: planning.Plan) -> dict[str, object]:
    """Return the JSON object of `plan`."""
    return {
        "issue": plan.issue.name,
        "segment": plan.issue.segment or None,
        "filters": plan.segment.presentation() if plan.segment else None,
        "subject": plan.subject,
        "since": plan.issue.since,
        "until": plan.issue.until,
        "articles": plan.articles,
        "pictures": {"ready": plan.pictures, "failed": len(plan.picture_failures)},
        "editions": plan.editions,
        "deliveries": plan.deliveries,
        "skipped": dict(plan.skipped),
        "coverage": coverage.presentation(plan.coverage),
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _skipped(skipped: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in skipped.items()) or "nobody"


def _without_picture(failures: Mapping[str, str]) -> Iterator[str]:
    """Say which stories have no picture, and why; the first few by name."""
    if failures:
        yield f"The pictures of {_count(len(failures), 'article')} could not be had; their cards have none."
    for article_id, reason in list(failures.items())[:NAMED]:
        yield f"  {article_id}: {reason}"
    if len(failures) > NAMED:
        yield f"  and {len(failures) - NAMED} more"


def _for_whom(plan: planning.Plan) -> str:
    """Say for which part of the readers an issue is, on a line; nothing where it is for all."""
    if plan.segment is None:
        return ""
    return f"For “{plan.segment.name}” only: readers {in_words(plan.segment)}\n"


@click.command()
@click.argument("newsletter")
@click.option("--segment", "name", metavar="NAME", help="Only for those of its readers who are in this segment.")
@now_option
@json_option
@pass_installation
def plan(installation: Installation, newsletter: str, name: str | None, now: datetime, as_json: bool) -> None:
    """Freeze the next issue: its articles, its editions, one delivery per subscriber. Nothing is mailed."""
    settings, engine = installation.settings, installation.engine
    wanted = settings.newsletter(newsletter)
    with db.reading(engine) as connection:
        segment = None if name is None else segments.find(connection, name)
    with counting("planning", planning.audience_size(engine, wanted, segment), "readers") as drafted:
        made = planning.plan(engine, settings, wanted, now=now, segment=segment, drafted=drafted)
    if as_json:
        print_json(plan_presentation(made))
        return
    click.echo(
        f"{made.issue.name} is planned: {_count(made.articles, 'article')}, {_count(made.editions, 'edition')}, "
        f"{made.deliveries} {'delivery' if made.deliveries == 1 else 'deliveries'}.\n"
        f"{_for_whom(made)}"
        f"Subject: {made.subject or 'none, since nobody gets mail'}\nNo mail this time: {_skipped(made.skipped)}"
    )
    for line in _without_picture(made.picture_failures):
        say(line)
    if made.deliveries:
        for line in coverage.sentences(made.coverage):
            click.echo(line)
        say(f"Look at it with `digest serve`, then `digest send {made.issue.name}`.")


@click.command()
@click.argument("issue_name", metavar="ISSUE")
@click.argument("email")
@json_option
@pass_installation
def explain(installation: Installation, issue_name: str, email: str, as_json: bool) -> None:
    """Say why this reader gets each article, and why not each other candidate."""
    with db.reading(installation.engine) as connection:
        issue = issues.find(connection, issue_name)
        found = explanation.explain(connection, issue, email)
    if as_json:
        print_json({**explanation.presentation(found), "skipped": found.skipped})
        return
    if found.skipped:
        say(f"{email} gets no mail of {issue.name}: {found.skipped.replace('_', ' ')}")
    table = Table("", "Category", "Title", "Depth", "Why", box=None, pad_edge=False, header_style="bold")
    for chosen in found.selection.chosen:
        article = chosen.article
        depth = _depth(chosen.depth, found.wanted[article.id])
        table.add_row(str(chosen.position), Text(article.category), Text(article.title), depth, chosen.reason)
    for dropped in found.selection.dropped:
        table.add_row("–", Text(dropped.article.category), Text(dropped.article.title), "", dropped.reason, style="dim")
    print_table(table)
    for lack in found.lacking:
        click.echo(f"{lack.category}: {_since(lack.since, issue.newsletter.timezone)}")


def _depth(depth: Depth, wanted: Depth) -> str:
    """Name the depth, and the one that the size limit took it from."""
    return depth if depth is wanted else f"{depth} (wanted {wanted}; the mail is full)"


def _since(at: datetime | None, timezone: str) -> str:
    """Say since when a category has brought nothing."""
    if at is None:
        return "no article yet"
    local = at.astimezone(ZoneInfo(timezone))
    return f"nothing new for this reader; its newest article is of {local:%A} {local.day} {local:%B}"


@click.command()
@click.argument("issue_name", metavar="ISSUE")
@json_option
@pass_installation
def editions(installation: Installation, issue_name: str, as_json: bool) -> None:
    """List every distinct version that will go out; the head-counts add up to the deliveries."""
    with db.reading(installation.engine) as connection:
        issue = issues.find(connection, issue_name)
        found = list(issues.editions(connection, issue))
        readers = issues.edition_readers(connection, issue)
    rows = [_edition_row(edition, readers.get(edition.number, 0)) for edition in found]
    if as_json:
        print_json(rows)
        return
    table = Table("Edition", "Subscribers", "Articles", "KB", "Subject", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        kilobytes = f"{row['bytes'] / 1000:.1f}"
        cells = (row["edition"], row["subscribers"], len(row["articles"]), kilobytes, row["subject"])
        table.add_row(*(Text(str(cell)) for cell in cells))
    print_table(table)


def _edition_row(edition: Edition, subscribers: int) -> dict[str, Any]:  # Any: JSON of several kinds
    depths = {str(placement.depth) for placement in edition.placements}
    return {
        "edition": edition.number,
        "subscribers": subscribers,
        "articles": [placement.article_id for placement in edition.placements],
        "bytes": edition.html_bytes,
        "subject": edition.subject,
        "depths": {
            depth: sum(placement.depth == depth for placement in edition.placements) for depth in sorted(depths)
        },
    }


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal, or unwrapped into a pipe."""
    console = Console(highlight=False)
    console.print(table) if console.is_terminal else Console(highlight=False, width=240).print(table)


def delivery_or_reason(installation: Installation, issue_name: str, email: str) -> tuple[Issue, Delivery]:
    """Return the issue and this reader's delivery of it; raises NotFoundError that says why there is none."""
    with db.reading(installation.engine) as connection:
        issue = issues.find(connection, issue_name)
        delivery = issues.delivery_for(connection, issue, email)
        if delivery is None:
            reason = explanation.explain(connection, issue, email).skipped or "not in its audience"
            raise NotFoundError(f"{email} gets no mail of {issue.name}: {reason.replace('_', ' ')}")
    return issue, delivery


@click.command()
@click.argument("issue_name", metavar="ISSUE")
@click.option("--as", "email", required=True, help="The reader whose mail to render.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="FILE.eml, .html or .txt; else stdout."
)
@pass_installation
def render(installation: Installation, issue_name: str, email: str, output: Path | None) -> None:
    """Write the very bytes that would be sent to that reader, or their HTML or text part."""
    kind = output.suffix.lower() if output else ".eml"
    if kind not in (".eml", ".html", ".txt"):
        raise UsageError(f"{output}: the name must end in .eml, .html or .txt")
    issue, delivery = delivery_or_reason(installation, issue_name, email)
    messages = Messages(installation.engine, issue, installation.settings)
    if kind == ".eml":
        content = messages.one(delivery)
    else:
        content = (messages.html(delivery) if kind == ".html" else messages.text(delivery)).encode()
    if output:
        output.write_bytes(content)
        say(f"wrote {output} ({len(content):,} bytes)")
    else:
        sys.stdout.buffer.write(content)
