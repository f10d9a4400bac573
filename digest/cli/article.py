"""`digest article`: one article as the product understands it, and what an editor says of it."""

from collections.abc import Iterable
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from digest import articles as library
from digest import corrections, db
from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from digest.errors import NotFoundError, UsageError
from digest.ingest.text import one_line
from digest.model import CorrectionKind, RichText


def _print_section(console: Console, heading: str, passages: Iterable[RichText], *, bullet: str) -> None:
    """Show a section, its lines indented behind the bullet, or nothing when it is empty."""
    rows = Table.grid(padding=(0, 1) if bullet else 0)
    for passage in passages:
        rows.add_row(bullet, Text(passage.plain))
    if rows.row_count:
        console.print(Text(f"\n{heading}", style="bold"))
        console.print(rows)


def _print_article(console: Console, filed: library.Filed) -> None:
    """Show an article to a person at a terminal."""
    article = filed.article
    day = article.published_at.strftime("%-d %B %Y, %H:%M UTC")
    console.print(Text(article.title, style="bold"))
    console.print(Text(f"{article.category} · {article.domain} · {day} · {article.language}", style="dim"))
    console.print(Text(article.url, style="dim"), soft_wrap=True)
    if filed.is_pinned or filed.is_withdrawn:
        console.print(Text("Withdrawn" if filed.is_withdrawn else "Pinned", style="bold"))
    if article.description:
        console.print(Text(f"\n{article.description}"))
    _print_section(console, "TL;DR", article.tldr, bullet="•")
    _print_section(console, "Why it matters", [article.why_it_matters] if article.why_it_matters else [], bullet="")
    _print_section(console, "Key points", article.key_points, bullet="•")
    _print_section(console, "Quotes", article.quotes, bullet="”")
    _print_section(console, "Details", article.details, bullet="")
    if article.sources:
        console.print(Text("\nSources", style="bold"))
    for source in article.sources:
        console.print(Text(f"{source.number}. {source.title} {source.url}".replace("  ", " ")), soft_wrap=True)
    if article.hashtags:
        console.print(Text(f"\n{' '.join(article.hashtags)}", style="dim"))


def _find(connection: Connection, article_id: str) -> library.Filed:
    """Return the article; raises NotFoundError."""
    found = library.fetch(connection, article_id)
    if found is None:
        raise NotFoundError(f"there is no article “{article_id}”: `digest articles` lists those that are there")
    return found


def _correct(connection: Connection, article_id: str, kind: CorrectionKind, note: str, now: datetime) -> None:
    correction, changed = corrections.correct(connection, article_id, kind, note, now=now)
    deliveries = "one delivery" if changed == 1 else f"{changed:,} deliveries"
    say(
        f"{correction.kind}: taken out of {deliveries} to come; those who had “{correction.title}” are told "
        "in their next issue"
    )


def _mark(
    connection: Connection,
    article_id: str,
    now: datetime,
    *,
    pin: bool | None,
    correct: str | None,
    withdraw: str | None,
) -> None:
    """Do what was asked for."""
    if pin is not None:
        library.pin(connection, article_id, at=now if pin else None)
    if correct is not None:
        _correct(connection, article_id, CorrectionKind.CORRECTED, correct, now)
    if withdraw is not None:
        _correct(connection, article_id, CorrectionKind.WITHDRAWN, withdraw, now)


@click.command()
@click.argument("article_id", metavar="ID")
@click.option("--pin/--unpin", default=None, help="To the top of its section in issues planned from now on, or not.")
@click.option("--correct", metavar="NOTE", help="It was wrong: this is told to those who received it.")
@click.option("--withdraw", metavar="NOTE", help="As --correct; and nobody gets it any more.")
@now_option
@json_option
@pass_installation
def article(
    installation: Installation,
    *,
    article_id: str,
    pin: bool | None,
    correct: str | None,
    withdraw: str | None,
    now: datetime,
    as_json: bool,
) -> None:
    """Show one article as the product understands it; pin, correct or withdraw it.

    A corrected or withdrawn article disappears from what is not delivered yet. Take the corrected version in with
    `digest ingest`.
    """
    if correct is not None and withdraw is not None:
        raise UsageError("--correct and --withdraw exclude each other")
    wanted = one_line(article_id)
    if (pin, correct, withdraw) != (None, None, None):
        with db.transaction(installation.engine) as connection:
            _find(connection, wanted)
            _mark(connection, wanted, now, pin=pin, correct=correct, withdraw=withdraw)
    with db.reading(installation.engine) as connection:
        found = _find(connection, wanted)
    if as_json:
        print_json(library.presentation(found))
    else:
        _print_article(Console(highlight=False), found)
