"""A mail as Digest composes it, planned in a database of its own; and the programs that look at mails."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest import articles, config, db, issues, pictures, planning
from digest.ingest.picture_files import Cropped
from digest.messages import Messages
from digest.quality import chromium, pane, spam
from digest.quality.mail import Mail, read
from digest.quality.missing import Missing
from digest.quality.pane import Pane
from tests.articles import NOW, article
from tests.audience import subscriber
from tests.conftest import SETTINGS
from tests.real_parts import missing


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> Mail:
    """The mail of a reader of two sections, with a picture, sources and citations."""
    folder = tmp_path_factory.mktemp("composed")
    (folder / "digest.toml").write_text(SETTINGS)
    shutil.copy(empty_sqlite, folder / "digest.db")
    settings = config.load(folder / "digest.toml")
    engine = db.connect(settings.database_url)
    pool = [
        article(1, image_url="https://pictures.example/1.jpg", image_alt="A ferry at its pier"),
        article(2, "World", title="What the valley does with its telephones"),
        article(3, "Science", title="Moths steer by the stars, and by memory"),
    ]
    with db.transaction(engine) as connection:
        articles.store(connection, pool, now=NOW)
        found = Cropped(b"a picture", 552, 310)
        pictures.keep(connection, "https://pictures.example/1.jpg", found, secret=settings.secret, now=NOW)
        subscriber(connection, "ada@example.org", "World", "Science", name="Ada")
    plan = planning.plan(engine, settings, settings.newsletter("weekly"), now=NOW)
    with db.reading(engine) as connection:
        delivery = issues.delivery_for(connection, plan.issue, "ada@example.org")
    assert delivery
    mail = read("a composed mail", Messages(engine, plan.issue, settings).one(delivery))
    engine.dispose()
    return mail


@pytest.fixture(scope="module")
def reading() -> Iterator[Pane]:
    """One pane for all tests of a module, as one serves a whole run of checks."""
    program = chromium.find()
    if isinstance(program, Missing):
        missing(program.part, program.how)
    with chromium.opened(program) as browser, pane.opened(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def spam_filter() -> Path:
    """SpamAssassin's program."""
    found = spam.find()
    if isinstance(found, Missing):
        missing(found.part, found.how)
    return found
