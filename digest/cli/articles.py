"""`digest ingest`, `digest articles` and `digest article`."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from digest import articles as library
from digest import db
from digest.cli.installation import Installation, Instant, json_option, pass_installation, print_json, say
from digest.errors import NotFoundError
from digest.ingest import records
from digest.ingest.documents import Rejection
from digest.ingest.text import one_line
from digest.model import Article, RichText

ARTICLES_IN_A_TRANSACTION = 500

Found = records.Accepted | Rejection


@dataclass
class _Outcome:
    """What one run of `ingest` did so far."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    seen: dict[str, tuple[str, int]] = field(default_factory=dict)  #: id -> where this run met it and hash of content

    def add(self, stored: library.Stored) -> None:
        """Count a batch that is committed."""
        self.added += stored.added
        self.updated += stored.updated
        self.unchanged += stored.unchanged


def _warn_of_repetition(outcome: _Outcome, found: records.Accepted) -> None:
    """Say so when a run holds two different records of one id; the later one is kept."""
    place = f"{found.source}, line {found.line}"
    content = hash(found.article)
    earlier = outcome.seen.get(found.article.id)
    if earlier is not None and earlier[1] != content:
        say(f"digest: “{found.article.id}” comes twice and differs: {earlier[0]}, and {place}, which is kept")
    outcome.seen[found.article.id] = place, content


def _each(found: Iterable[Found], then: Callable[[], None]) -> Iterator[Found]:
    for one in found:
        then()
        yield one


@contextmanager
def _counting(found: Iterable[Found]) -> Iterator[Iterator[Found]]:
    """Count records on a terminal's stderr while they are read; show nothing in a pipe."""
    console = Console(stderr=True)
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TextColumn("records"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None)
        yield _each(found, lambda: progress.advance(task))


def _take_in(engine: Engine, found: Iterator[Found], *, now: datetime) -> _Outcome:
    """Store what is good in transactions of a few hundred, and collect what is not."""
    outcome = _Outcome()
    while some := list(islice(found, ARTICLES_IN_A_TRANSACTION)):
        batch: list[Article] = []
        for one in some:
            if isinstance(one, Rejection):
                outcome.rejected.append(one)
                continue
            _warn_of_repetition(outcome, one)
            batch.append(one.article)
        with db.transaction(engine) as connection:
            stored = library.store(connection, batch, now=now)
        outcome.add(stored)
    return outcome


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@json_option
@pass_installation
def ingest(installation: Installation, sources: tuple[str, ...], as_json: bool) -> None:
    """Take articles in; the same ones again change nothing.

    A SOURCE is a .json file (one record or an array of them), a .jsonl file, a folder of those, or “-” for JSON lines
    on stdin. Records that cannot be used are named with their line; the others are stored, and the exit code is 3.
    """
    with _counting(records.walk(sources, sys.stdin.buffer)) as found:
        outcome = _take_in(installation.engine, found, now=datetime.now(UTC))
    counts = {"added": outcome.added, "updated": outcome.updated, "unchanged": outcome.unchanged}
    if as_json:
        print_json({**counts, "rejected": [rejection._asdict() for rejection in outcome.rejected]})
    else:
        for rejection in outcome.rejected:
            say(f"{rejection.source}, line {rejection.line}: {rejection.reason}")
        say(", ".join(f"{number:,} {what}" for what, number in {**counts, "rejected": len(outcome.rejected)}.items()))
    click.get_current_context().exit(3 if outcome.rejected else 0)


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


def _print_section(console: Console, heading: str, passages: Iterable[RichText], *, bullet: str) -> None:
    """Show a section, its lines indented behind the bullet, or nothing when it is empty."""
    rows = Table.grid(padding=(0, 1) if bullet else 0)
    for passage in passages:
        rows.add_row(bullet, Text(passage.plain))
    if rows.row_count:
        console.print(Text(f"\n{heading}", style="bold"))
        console.print(rows)


def _print_article(console: Console, article: Article) -> None:
    """Show an article to a person at a terminal."""
    day = article.published_at.strftime("%-d %B %Y, %H:%M UTC")
    console.print(Text(article.title, style="bold"))
    console.print(Text(f"{article.category} · {article.domain} · {day} · {article.language}", style="dim"))
    console.print(Text(article.url, style="dim"), soft_wrap=True)
    if article.description:
        console.print(Text(f"\n{article.description}"))
    _print_section(console, "TL;DR", article.tldr, bullet="•")
    _print_section(console, "Why it matters", [article.why_it_matters] if article.why_it_matters else [], bullet="")
    _print_section(console, "Key points", article.key_points, bullet="•")
    if article.sources:
        console.print(Text("\nSources", style="bold"))
    for source in article.sources:
        console.print(Text(f"{source.number}. {source.title} {source.url}".replace("  ", " ")), soft_wrap=True)
    if article.hashtags:
        console.print(Text(f"\n{' '.join(article.hashtags)}", style="dim"))


@click.command()
@click.argument("article_id", metavar="ID")
@json_option
@pass_installation
def article(installation: Installation, article_id: str, as_json: bool) -> None:
    """Show one article as the product understands it."""
    wanted = one_line(article_id)
    with db.reading(installation.engine) as connection:
        found = library.fetch(connection, wanted)
    if found is None:
        raise NotFoundError(f"there is no article “{wanted}”: `digest articles` lists those that are there")
    if as_json:
        print_json(library.presentation(found))
    else:
        _print_article(Console(highlight=False), found)
