"""An issue that was planned once, to be sent again and again: each run gets the database as it was before the first."""

import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench import sample
from digest import db, issues, planning
from digest.config import Settings
from digest.messages import Messages
from digest.smtp import dkim_keys
from subscribers.model import Preferences

CONNECTIONS = 10
CHOICES = 300  # different ones among the readers, as many as a list of thousands may have
ARTICLES = 60  # to choose from
STORIES = {60_000: 12, 30_000: 4}  # in messages of so many bytes
TOLERANCE = 0.05
SAVED = 100  # messages for those who cannot compose any
DATABASE, KEY = "digest.db", "bench.pem"
SETTINGS = """
database_url = "sqlite:///{database}"
base_url = {base_url}
secret_key = {secret_key}

[smtp]
port = {port}
tls = "none"
connections = {connections}
"""
SIGNING = """
[[dkim]]
domain = "news.example.com"
selector = "bench"
key_file = "{key}"
"""


def usual_preferences(source: random.Random) -> Preferences:
    """Return one of CHOICES preferences."""
    return sample.everything(random.Random(source.randrange(CHOICES)))


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned issue: its folder with the closed database and SAVED messages, and what is in it."""

    folder: Path
    settings: Settings
    issue: str
    deliveries: int
    editions: int
    message_bytes: int  #: of one message, on average

    @property
    def messages(self) -> list[Path]:
        """The files of the saved messages, as they go on the wire."""
        return sorted(self.folder.glob("*.eml"))

    def copy(self, folder: Path) -> Path:
        """Copy the database into a folder and return the copy's path; settings are still to be written there."""
        return Path(shutil.copyfile(self.folder / DATABASE, folder / DATABASE))

    def write_settings(self, folder: Path, *, port: int, is_signed: bool = False) -> None:
        """Write the digest.toml of a copy that delivers to a port of this machine, with a key of its own to sign."""
        text = SETTINGS.format(
            database=DATABASE,
            base_url=json.dumps(self.settings.base_url),  # strings of JSON are strings of TOML
            secret_key=json.dumps(self.settings.secret.decode()),
            port=port,
            connections=CONNECTIONS,
        )
        if is_signed:
            text += SIGNING.format(key=KEY)
            (folder / KEY).write_text(dkim_keys.pem(dkim_keys.new_rsa_key()))
        (folder / "digest.toml").write_text(text)

    def send(self, folder: Path) -> list[str]:
        """Return the command that sends the copy in a folder: what a user types, at the issue's own time."""
        settings = str(folder / "digest.toml")
        now = sample.NOW.isoformat()
        return [sys.executable, "-m", "digest", "--config", settings, "send", self.issue, "--json", "--now", now]


@contextmanager
def planned(
    *, stories: int, readers: int, preferences: Callable[[random.Random], Preferences] = usual_preferences
) -> Iterator[Planned]:
    """Plan an issue of so many stories for so many readers; remove it afterwards."""
    with sample.stocked(stories=ARTICLES, readers=readers, preferences=preferences, max_articles=stories) as stock:
        engine, settings = stock
        plan = planning.plan(engine, settings, settings.newsletter("weekly"), now=sample.NOW)
        folder, messages = Path(engine.url.database or "").parent, Messages(engine, plan.issue, settings)
        with db.reading(engine) as connection:
            saved = messages.many(list(islice(issues.deliveries(connection, plan.issue), SAVED)))
        for number, message in enumerate(saved):
            (folder / f"{number:03}.eml").write_bytes(message)
        engine.dispose()  # the last connection's end moves what is in the log of changes into the file
        size = sum(map(len, saved)) // len(saved)
        yield Planned(folder, settings, plan.issue.name, plan.deliveries, plan.editions, size)


@contextmanager
def planned_of(
    message_bytes: int, *, readers: int, preferences: Callable[[random.Random], Preferences] = usual_preferences
) -> Iterator[Planned]:
    """Plan an issue whose messages have that size. Raises RuntimeError when they have another, beyond TOLERANCE."""
    with planned(stories=STORIES[message_bytes], readers=readers, preferences=preferences) as made:
        if abs(made.message_bytes / message_bytes - 1) > TOLERANCE:
            raise RuntimeError(
                f"messages have {made.message_bytes:,} bytes, not {message_bytes:,}: adapt STORIES of bench/planned.py"
            )
        yield made
