"""The demonstration's folder: claimed, emptied, and filled with settings and sample data that count from now."""

import csv
import fcntl
import io
import json
import os
import re
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic_settings import PydanticBaseSettingsSource

from digest.config import SECRET_KEY_LENGTH, Settings
from digest.errors import DigestError, UsageError

DATA = Path(__file__).parent / "data"
_SECRET = re.compile(rf"[\w-]{{{SECRET_KEY_LENGTH},}}", re.ASCII)
MARK = ".digest-demo"  # the lock, and the sign that what is in the folder is ours to delete
SETTINGS = """\
# Written anew by each `digest demo`, apart from secret_key, so that the links in mails go on working.
# While the demonstration runs, other commands work on it, too: digest --config {path} report weekly

database_url = "sqlite:///digest.db"
base_url = "{base_url}"
secret_key = "{secret}"

[smtp]                     # the mail catcher: no mail leaves this machine
host = "127.0.0.1"
port = {smtp_port}
tls = "none"

[[newsletters]]
slug = "weekly"
name = "The Weekly"
sender = "The Weekly <weekly@digest.example>"
postal_address = "7 Harbour Steps, Pell Haven"
lists = ["readers"]
categories = ["World", "Business", "Technology", "Science", "Climate", "Health", "Culture", "Sport"]
timezone = "Europe/London"
schedule = "mon 07:00"
"""


class _FileSettings(Settings):
    """Settings of the file alone: a DIGEST_SMTP__HOST in the environment must not get the sample mail."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[Settings],  # type: ignore[override]  # as narrow as it is here
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave the environment out."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Workplace:
    """The folder of one demonstration."""

    folder: Path

    @property
    def settings_file(self) -> Path:
        """The settings, which other commands can be given with --config."""
        return self.folder / "digest.toml"

    @property
    def articles(self) -> Path:
        """The sample articles with dates, as `ingest` takes them."""
        return self.folder / "articles.json"

    @property
    def subscribers(self) -> Path:
        """The sample readers, as `subscribers import` takes them."""
        return self.folder / "subscribers.csv"

    @property
    def mailbox(self) -> Path:
        """Where the caught mails lie, an .eml file each."""
        return self.folder / "mailbox"


@contextmanager
def claimed(folder: Path) -> Iterator[Workplace]:
    """Make the folder, or take over that of an earlier demonstration, for as long as the context lasts.

    Raises UsageError when it holds something else, and DigestError when it cannot be used or another demonstration
    does.
    """
    try:
        descriptor = _open_mark(folder)
    except OSError as error:
        raise DigestError(
            f"cannot work in {folder}: {error.strerror or error}: name another folder with --dir"
        ) from error
    try:
        _lock(descriptor, folder)
        yield Workplace(folder)
    finally:
        os.close(descriptor)


def _open_mark(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / MARK
    if not mark.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} holds files that are not a demonstration’s: name a new or empty folder with --dir")
    return os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DigestError(
            f"another demonstration runs in {folder}: stop it, or name another folder with --dir"
        ) from error


def prepare(workplace: Workplace, *, base_url: str, smtp_port: int, now: datetime) -> Settings:
    """Begin again: no database, no caught mail, sample data as of now, settings for these addresses."""
    secret = _kept_secret(workplace) or secrets.token_urlsafe(36)
    _empty(workplace)
    _write(workplace.folder / ".gitignore", "*\n")
    _write(workplace.articles, articles_text(base_url, now))
    _write(workplace.subscribers, subscribers_text(now))
    text = SETTINGS.format(path=workplace.settings_file, base_url=base_url, secret=secret, smtp_port=smtp_port)
    _write(workplace.settings_file, text)
    database = f"sqlite:///{(workplace.folder / 'digest.db').resolve()}"
    return _FileSettings(**(tomllib.loads(text) | {"database_url": database}))


def _kept_secret(workplace: Workplace) -> str | None:
    """Return the secret of the demonstration before, if there was one."""
    try:
        secret = tomllib.loads(workplace.settings_file.read_text(encoding="utf-8")).get("secret_key")
    except (OSError, ValueError):
        return None
    return secret if isinstance(secret, str) and _SECRET.fullmatch(secret) else None


def _empty(workplace: Workplace) -> None:
    """Delete what an earlier demonstration left; the folder may hold more, which stays."""
    for path in [*workplace.folder.glob("digest.db*"), *workplace.mailbox.glob("*.eml*")]:
        with suppress(FileNotFoundError):
            path.unlink()
    workplace.mailbox.mkdir(exist_ok=True)


def _write(path: Path, text: str) -> None:
    """Put a file in place whole, readable by its owner only: it may hold the secret."""
    draft = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    draft.replace(path)


def picture_url(base_url: str, picture: str) -> str:
    """Return the address at which a sample picture, such as `images/bells.jpg`, is served once the job is done."""
    return f"{base_url}/demo/{picture}"


def articles_text(base_url: str, now: datetime) -> str:
    """Return the sample articles as publishers write them, with dates before `now` and pictures of our own server."""
    records = json.loads((DATA / "articles.json").read_text(encoding="utf-8"))
    for record in records:
        minute = int(record["slug"][:4], 16) % 60  # so that not every story is from the same minute of its hour
        published = now - timedelta(hours=record.pop("hoursAgo"), minutes=minute)
        record["publishedAt"] = published.isoformat(timespec="seconds").replace("+00:00", "Z")
        if picture := record.get("imageUrl"):
            record["imageUrl"] = picture_url(base_url, picture)
    return json.dumps(records, ensure_ascii=False, indent=1)


def subscribers_text(now: datetime) -> str:
    """Return the sample readers as a CSV file of our columns; a pause “in 21 days” becomes an instant."""
    with (DATA / "subscribers.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    column = header.index("paused_until")
    for row in rows:
        if row[column]:
            row[column] = (now + timedelta(days=int(row[column].split()[1]))).isoformat(timespec="seconds")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()
