"""`digest ingest`."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

import click
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from digest import articles as library
from digest import db, feeds
from digest.cli.installation import Installation, json_option, pass_installation, print_json, say
from digest.config import Settings
from digest.errors import SourceError, UsageError
from digest.ingest import fetching, records
from digest.ingest import sources as reading
from digest.ingest.documents import Rejection
from digest.ingest.sources import Fetched, Found, NotModified
from digest.model import Article
from digest.source_settings import Source

ARTICLES_IN_A_TRANSACTION = 500


@dataclass
class _Outcome:
    """What one run of `ingest` did so far."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    not_modified: int = 0  #: feeds whose servers said so
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


def _store(engine: Engine, some: Iterable[Found], outcome: _Outcome, *, now: datetime) -> None:
    """Store what is good of a batch, and with it what the servers of its feeds said, and collect what is not good."""
    batch: list[Article] = []
    undated: set[str] = set()
    fetched: list[Fetched] = []
    for one in some:
        match one:
            case Rejection():
                outcome.rejected.append(one)
            case NotModified():
                outcome.not_modified += 1
                outcome.unchanged += one.articles
            case Fetched():
                fetched.append(one)
            case records.Accepted():
                _warn_of_repetition(outcome, one)
                batch.append(one.article)
                (undated.discard if one.dated else undated.add)(one.article.id)
    with db.transaction(engine) as connection:
        stored = library.store(connection, batch, undated=undated, now=now)
        for feed in fetched:
            feeds.remember(connection, feed.url, feed.visit, now=now)
    outcome.add(stored)


def _take_in(engine: Engine, found: Iterator[Found], *, now: datetime) -> _Outcome:
    """Store what comes in, in transactions of a few hundred."""
    outcome = _Outcome()
    while some := list(islice(found, ARTICLES_IN_A_TRANSACTION)):
        _store(engine, some, outcome, now=now)
    return outcome


def _group(engine: Engine) -> None:
    """Find out which stories the new articles tell; say so on a terminal, since among many it takes seconds."""
    console = Console(stderr=True)
    saying = console.status("finding the same stories") if console.is_terminal else nullcontext()
    with saying, db.reading(engine) as connection:
        found = library.ungrouped_stories(connection)
    with db.transaction(engine) as connection:
        library.file_stories(connection, found)


def _typed(locations: Iterable[str], settings: Settings, category: str) -> list[Source]:
    """Return what was typed as sources; one that the settings know is read as they say."""
    known = {source.location: source for source in settings.sources}
    try:
        typed = [known.get(location) or Source(location=location) for location in locations]
    except ValidationError as error:
        raise SourceError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None
    return [source.model_copy(update={"category": category}) if category else source for source in typed]


def _configured(settings: Settings, category: str) -> list[Source]:
    """Return the sources of the settings; raises UsageError where there are none, or the command names none."""
    if category:
        raise UsageError("--category goes with a SOURCE; those of the settings have their own “category”")
    if not settings.sources:
        raise UsageError(
            "nothing to read: name a file, folder or web address, or write [[sources]] with "
            'location = "https://…" into the settings'
        )
    return list(settings.sources)


def _known(engine: Engine, sources: Iterable[Source]) -> dict[str, feeds.Visit]:
    """Return what was found when those of the sources that are on the web were read last."""
    with db.reading(engine) as connection:
        return feeds.known(connection, [fetching.shown(source.location) for source in sources if source.is_web])


def _tell(outcome: _Outcome) -> None:
    """Say what happened to a person at a terminal."""
    for rejection in outcome.rejected:
        line = f", line {rejection.line}" if rejection.line != reading.WHOLE else ""
        say(f"{rejection.source}{line}: {rejection.reason}")
    if outcome.not_modified:
        say(f"not changed since they were read last: {outcome.not_modified:,} of the feeds")
    counts = {"added": outcome.added, "updated": outcome.updated, "unchanged": outcome.unchanged}
    say(", ".join(f"{number:,} {what}" for what, number in {**counts, "rejected": len(outcome.rejected)}.items()))


@click.command()
@click.argument("locations", nargs=-1, metavar="[SOURCE]...")
@click.option("--category", default="", help="The category of all that is read, whatever the items say.")
@click.option("--refresh", is_flag=True, help="Read feeds again even where their servers say that nothing is new.")
@json_option
@pass_installation
def ingest(installation: Installation, locations: tuple[str, ...], category: str, refresh: bool, as_json: bool) -> None:
    """Take articles in; the same ones again change nothing.

    A SOURCE is an RSS, Atom or JSON Feed, or JSON records (one, an array, or a line each): a file, a folder of files,
    an address with https://, or “-” for JSON lines on stdin. Without any, the [[sources]] of the settings are read.
    What cannot be used is named with its line; the rest is stored, and the exit code is 3.
    """
    settings, now = installation.settings, datetime.now(UTC)
    sources = _typed(locations, settings, category) if locations else _configured(settings, category)
    known = {} if refresh or category else _known(installation.engine, sources)
    terms = reading.Terms(now, settings.categories, settings.fetching, known)
    walk = reading.walk(sources, sys.stdin.buffer, terms) if locations else reading.walk_patiently(sources, terms)
    with _counting(walk) as counted:
        wanted = (one for one in counted if not (category and isinstance(one, Fetched)))
        outcome = _take_in(installation.engine, wanted, now=now)
    _group(installation.engine)
    if as_json:
        counts = {"added": outcome.added, "updated": outcome.updated, "unchanged": outcome.unchanged}
        print_json({**counts, "rejected": [rejection._asdict() for rejection in outcome.rejected]})
    else:
        _tell(outcome)
    click.get_current_context().exit(3 if outcome.rejected else 0)
