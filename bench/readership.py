"""An installation with thousands of readers, and one issue after the other for them: what the kill test delivers."""

import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from bench import sample
from bench.laws import Entry, Standing
from bench.logging_sink import Sink
from bench.senders import Fresh, Nursery, Sender
from digest import articles, config, db, issues, planning
from digest.compose.headers import message_id
from digest.config import Settings
from digest.model import DeliveryStatus, Issue
from subscribers.model import Preferences

STORIES = 4  # an issue: small messages, so that many moments of many messages fit into a minute
CHOICES = 40  # different ones: planning takes its time for each edition
WEEK = timedelta(days=7)
SETTINGS = """
database_url = {database_url}
base_url = "https://news.example.com"
secret_key = "a key for the kill test, of more than 32 characters"

[smtp]
port = {port}
tls = "none"
connections = {connections}

[pictures]
fetch_seconds = 0

[[newsletters]]
slug = "weekly"
name = "The Weekly"
sender = "The Weekly <weekly@news.example.com>"
postal_address = "1 Example Street, London"
categories = {categories}
max_articles = {stories}
"""


def few_choices(source: random.Random) -> Preferences:
    """Return one of CHOICES preferences."""
    return sample.everything(random.Random(source.randrange(CHOICES)))


@dataclass(frozen=True)
class Readership:
    """The installation: its settings file, its database, and the server that it delivers to."""

    settings_file: Path
    settings: Settings
    engine: Engine
    sink: Sink

    @property
    def output(self) -> Path:
        """The file that holds what all senders printed."""
        return self.settings_file.with_suffix(".log")

    def plan(self) -> Issue:
        """Plan the next issue, a week after the last one, with articles of its own."""
        with db.reading(self.engine) as connection:
            number = len(issues.all_issues(connection)) + 1
        now, first = sample.NOW + number * WEEK, number * STORIES
        later = [sample.article(first + n) for n in range(STORIES)]
        later = [replace(a, published_at=now - WEEK / 2, modified_at=now - WEEK / 2) for a in later]
        with db.transaction(self.engine) as connection:
            articles.store(connection, later, now=now)
        return planning.plan(self.engine, self.settings, self.settings.newsletter("weekly"), now=now).issue

    def start(self, issue: Issue, nursery: Nursery | None = None, *, later: timedelta = timedelta()) -> Sender:
        """Start `digest send` at the issue's own time, or later: forked from the nursery, or afresh without one."""
        now = sample.NOW + issue.number * WEEK + later
        words = ["--config", str(self.settings_file), "--traceback", "send", issue.name, "--json"]
        words += ["--now", now.isoformat()]
        return nursery.fork(words, self.output) if nursery else Fresh(words, self.output)

    def counts(self, issue: Issue) -> Counter[DeliveryStatus]:
        """Return how many of the issue's deliveries have each status; no connection stays open."""
        with db.reading(self.engine) as connection:
            found = Counter(delivery.status for delivery in issues.deliveries(connection, issue))
        self.engine.dispose()
        return found

    def standing(self) -> Standing:
        """Return the whole ledger, and all that the server accepted."""
        secret, entries = self.settings.secret, []
        with db.reading(self.engine) as connection:
            for issue in issues.all_issues(connection):
                for d in issues.deliveries(connection, issue):
                    entries.append(Entry(message_id(issue, d.subscriber_id, secret), d.recipient, d.status))
        self.engine.dispose()
        return Standing(entries, self.sink.accepted())


def settle(folder: Path, database_url: str, sink: Sink, *, readers: int, connections: int) -> Readership:
    """Make an installation in an empty folder and an empty database, with so many readers and no issue yet."""
    file = folder / "digest.toml"
    url, categories = json.dumps(database_url), json.dumps(sample.CATEGORIES)  # strings of JSON are strings of TOML
    text = SETTINGS.format(
        database_url=url, port=sink.port, connections=connections, categories=categories, stories=STORIES
    )
    file.write_text(text)
    settings = config.load(file)
    engine = db.connect(settings.database_url)
    db.migrate(engine)
    sample.add_readers(engine, settings.secret, readers, few_choices)
    return Readership(file, settings, engine, sink)
