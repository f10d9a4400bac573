"""`digest subscribers import`: people in, from our own columns or from another program's export."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import Connection

from digest import articles, db
from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from digest.model import JsonObject
from subscribers import archives, fields, importing, record, rehearsal, sheets
from subscribers.entries import Terms
from subscribers.exports import known
from subscribers.exports.program import Program

REJECTIONS_SHOWN = 20


def known_categories(installation: Installation, connection: Connection) -> fields.Categories:
    """Return the categories of stored articles and of the settings, whose spelling counts."""
    return fields.Categories([*sorted(articles.categories(connection)), *installation.settings.categories])


@contextmanager
def _bar(doing: str, total_bytes: int) -> Iterator[Callable[[int], object]]:
    """Show on a terminal how much of a file is read; yields a function that takes the number of bytes."""
    console = Console(stderr=True)
    columns = (TextColumn(doing), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(doing, total=total_bytes)
        yield lambda done: progress.update(task, completed=done)


def _program(sheet: sheets.Sheet, format_: str) -> Program | None:
    """Return the program that a sheet comes from, as --format says or by its columns; None: ours."""
    if format_ == "auto":
        return known.recognised(sheet)
    return None if format_ == "csv" else known.named(format_, sheet)


def _is_wanted(format_: str) -> Callable[[sheets.Sheet], bool]:
    """Return what tells whether a sheet of an archive is to be imported."""
    if format_ == "auto":
        return known.is_list_of_people
    if format_ == "csv":
        return lambda sheet: "email" in sheet.columns
    return lambda sheet: known.PROGRAMS[format_].is_origin(sheet.columns)


def _advance(progress: Callable[[int], object], before: int, done: int) -> None:
    """Tell how much of all sheets is read when so much of one is, and those before it are."""
    progress(before + done)


def _take(
    begin: importing.Begin, found: archives.Opened, terms: Terms, format_: str, progress: Callable[[int], object]
) -> importing.Result:
    """Take in every sheet of a file, and return what all of them came to; each is checked before any is taken."""
    programs = [_program(sheet, format_) for sheet in found.sheets]
    result = importing.Result(warnings=[*found.notes])
    before = 0
    for sheet, program in zip(found.sheets, programs, strict=True):
        if program is not None:
            result.warnings.append(f"{sheet.name} is read as an export of {program.name}")
        one = importing.take(begin, sheet, terms, program=program, progress=partial(_advance, progress, before))
        if len(found.sheets) > 1:
            one.rejected = [where._replace(reason=f"{sheet.name}: {where.reason}") for where in one.rejected]
        result.include(one)
        before += sheet.total_bytes
    return result


def _print(result: importing.Result, as_json: bool, is_rehearsal: bool) -> None:
    for warning in dict.fromkeys(result.warnings):
        say(f"digest: {warning}")
    counts = {outcome.value: result.outcomes[outcome] for outcome in importing.Outcome}
    if as_json:
        shown: JsonObject = {**counts, "rejected": [rejection._asdict() for rejection in result.rejected]}
        if is_rehearsal:
            shown |= {"dry_run": True, "examples": [example._asdict() for example in result.examples]}
        print_json(shown)
        return
    for rejection in result.rejected[:REJECTIONS_SHOWN]:
        say(f"line {rejection.line}: {rejection.reason}")
    if len(result.rejected) > REJECTIONS_SHOWN:
        say(f"… and {len(result.rejected) - REJECTIONS_SHOWN:,} more; --json names them all")
    for example in result.examples if is_rehearsal else ():
        say(f"{example.outcome}, for example {example.email}: {example.what}")
    said = ", ".join(f"{number:,} {what}" for what, number in {**counts, "rejected": len(result.rejected)}.items())
    say(f"nothing is stored; it would be: {said}" if is_rehearsal else said)


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--list", "list_", metavar="L", help="Put everybody in the file on this list too.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["auto", "csv", *known.PROGRAMS]),
    default="auto",
    show_default=True,
    help="Whose file it is; auto: told by its columns; csv: our own columns.",
)
@click.option("--dry-run", "is_rehearsal", is_flag=True, help="Only show what would happen; nothing is stored.")
@now_option
@json_option
@pass_installation
def import_(
    installation: Installation,
    *,
    path: Path,
    list_: str | None,
    format_: str,
    is_rehearsal: bool,
    now: datetime,
    as_json: bool,
) -> None:
    """Take people in from a CSV file, or a zip of them; the same file again changes nothing.

    Our columns: email,name,categories,frequency,timezone,language,list, and those that `export` writes after them. Only
    email is needed. “;” stands between categories, in the reader's order, and between lists. Exports of Mailchimp,
    Substack, listmonk, Ghost and Buttondown are read as they are; their groups, tags and labels become our categories
    where the names are the same. Everybody comes in as confirmed unless the file says otherwise, with the file recorded
    as where the consent came from. Nobody who unsubscribed, bounced or complained is brought back. Rows that cannot be
    used are named with their line; the others are stored, and the exit code is 3.
    """
    settings = installation.settings
    with db.reading(installation.engine) as connection:
        spelling = known_categories(installation, connection)
    terms = Terms(
        categories=spelling,
        newsletters=settings.newsletters,
        lists=fields.lists([list_] if list_ else []),
        source=f"{record.IMPORT}{fields.clean(path.name)}",
        secret=settings.secret,
        now=now,
    )
    gc.collect()
    gc.freeze()  # of thousands of rows at a time, none of what is loaded is garbage: looking through it took a sixth
    kept = nullcontext(importing.writing(installation.engine))
    with archives.opened(path, _is_wanted(format_)) as found:
        total_bytes = sum(sheet.total_bytes for sheet in found.sheets)
        with (
            rehearsal.rehearsing(installation.engine, settings.secret) if is_rehearsal else kept as begin,
            _bar("reading" if is_rehearsal else "importing", total_bytes) as progress,
        ):
            result = _take(begin, found, terms, format_, progress)
    _print(result, as_json, is_rehearsal)
    click.get_current_context().exit(3 if result.rejected else 0)
