"""The whole job on the sample data, step by step, by the functions that the commands call."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from digest import articles, db, engine, issues, pictures, planning
from digest.config import Settings
from digest.demo.mailbox import Mailbox
from digest.demo.workplace import DATA, Workplace, picture_url
from digest.errors import DigestError
from digest.ingest import picture_files, sources
from digest.ingest.documents import Rejection
from digest.ingest.records import Accepted
from digest.model import DeliveryStatus, Depth, Issue, Newsletter
from digest.selection import sections
from digest.source_settings import Source
from subscribers import fields, importing, sheets, store
from subscribers.entries import Terms
from subscribers.model import Subscriber

Tell = Callable[[str, str], None]  # a command, and what came of it


@dataclass(frozen=True, slots=True)
class Topic:
    """A section that a reader asked for."""

    category: str
    depth: Depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A reader, and the mail that was made for them."""

    reader: Subscriber
    topics: tuple[Topic, ...]
    status: DeliveryStatus
    reply: str
    edition: int
    stories: int
    minutes: int
    bytes: int | None  #: of the mail as it was caught; None where none was
    subject: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A reader who got nothing, and the reason, which is one of planning's."""

    reader: Subscriber
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the demonstration."""

    newsletter: Newsletter
    issue: Issue
    candidates: int
    received: list[Received]
    skipped: list[Skipped]
    seconds: float

    @property
    def is_complete(self) -> bool:
        """Tell whether every mail was accepted, and caught."""
        return all(row.status is DeliveryStatus.ACCEPTED and row.bytes is not None for row in self.received)


def run(
    database: Engine, settings: Settings, workplace: Workplace, *, now: datetime, stop: engine.Stop, tell: Tell
) -> Outcome:
    """Migrate, ingest, import, plan and send; `tell` hears of each step. Raises DigestError."""
    start = time.monotonic()
    newsletter = settings.newsletters[0]
    db.migrate(database)
    tell(f"ingest {workplace.articles.name}", _ingest(database, workplace, now))
    tell(f"subscribers import {workplace.subscribers.name}", _import(database, settings, workplace, now))
    _store_pictures(database, settings, now)
    plan = planning.plan(database, settings, newsletter, now=now)
    tell(
        f"plan {newsletter.slug}",
        f"{plan.articles} stories, {plan.editions} editions, {plan.deliveries} mails",
    )
    counts = engine.send(
        database,
        settings,
        plan.issue,
        clock=lambda: now + timedelta(seconds=time.monotonic() - start),
        stop=stop,
    )
    said = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    tell(f"send {plan.issue.name}", f"{said} by the mail catcher")
    seconds = time.monotonic() - start
    with db.reading(database) as connection:
        received, skipped = _readers(connection, plan.issue, Mailbox(workplace.mailbox))
    return Outcome(
        newsletter=newsletter,
        issue=plan.issue,
        candidates=plan.articles,
        received=received,
        skipped=skipped,
        seconds=seconds,
    )


def _ingest(database: Engine, workplace: Workplace, now: datetime) -> str:
    batch = []
    for found in sources.walk([Source(location=str(workplace.articles))], io.BytesIO(), sources.Terms(now)):
        if isinstance(found, Rejection):
            raise DigestError(f"{found.source}, line {found.line}: {found.reason}: run `digest demo` again")
        if isinstance(found, Accepted):
            batch.append(found.article)
    with db.transaction(database) as connection:
        stored = articles.store(connection, batch, now=now)
        articles.file_stories(connection, articles.ungrouped_stories(connection))
    weeks = -(-(now - min(article.published_at for article in batch)).days // 7)
    return f"{stored.added} articles of the last {weeks} weeks"


def _store_pictures(database: Engine, settings: Settings, now: datetime) -> None:
    """Store the sample pictures as if they had been fetched: nobody serves their addresses while the job is done."""
    with db.transaction(database) as connection:
        for path in sorted((DATA / "images").glob("*.jpg")):
            url = picture_url(settings.base_url, f"images/{path.name}")
            found = picture_files.made(path.read_bytes())
            pictures.keep(connection, url, found, secret=settings.secret, now=now)


def _import(database: Engine, settings: Settings, workplace: Workplace, now: datetime) -> str:
    terms = Terms(
        categories=fields.Categories(settings.categories),
        newsletters=settings.newsletters,
        lists=(),
        source=f"import:{workplace.subscribers.name}",
        secret=settings.secret,
        now=now,
    )
    with sheets.opened(workplace.subscribers) as sheet:
        result = importing.run(database, sheet, terms)
    for rejection in result.rejected:
        raise DigestError(
            f"{workplace.subscribers}, line {rejection.line}: {rejection.reason}: run `digest demo` again"
        )
    return f"{result.outcomes[importing.Outcome.ADDED]} readers"


def _readers(connection: Connection, issue: Issue, mailbox: Mailbox) -> tuple[list[Received], list[Skipped]]:
    """Return who got what, and who got nothing, in the order in which people were stored."""
    editions = {edition.number: edition for edition in issues.editions(connection, issue)}
    sizes = {letter.email: letter.size for letter in mailbox.letters()}
    received, skipped = [], []
    for person in store.every(connection):
        delivery = issues.delivery_of(connection, issue.id, person.id)
        if delivery is None:
            skipped.append(Skipped(person, issues.skip_reason(connection, issue.id, person.id) or "not on its lists"))
            continue
        edition = editions[delivery.edition]
        received.append(
            Received(
                reader=person,
                topics=_topics(person, issue.newsletter),
                status=delivery.status,
                reply=delivery.reply,
                edition=edition.number,
                stories=len(edition.placements),
                minutes=edition.minutes,
                bytes=sizes.get(person.email),
                subject=edition.subject,
            )
        )
    return received, skipped


def _topics(person: Subscriber, newsletter: Newsletter) -> tuple[Topic, ...]:
    depths = dict(person.preferences.depth)
    return tuple(
        Topic(category, depths.get(category, Depth.BRIEF)) for category in sections(person.preferences, newsletter)
    )
