"""A stocked installation with a worker, and a mail server on loopback."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine

from digest import articles, db, issues, worker
from digest.config import Settings
from digest.engine import Stop
from digest.model import Issue
from digest.worker import Tick
from tests.articles import NOW, article
from tests.audience import subscriber

SLOT = NOW  # Monday 07:00 in London, in winter
PEOPLE = ["ada@example.org", "bo@example.org", "cy@example.org"]


@dataclass
class Mailbox:
    """A mail server on loopback that keeps whom it got mail for, and answers as it is told."""

    reply: str = "250 OK"
    recipients: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.reply.startswith("2"):
            self.recipients.extend(envelope.rcpt_tos)
        return self.reply


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """The mailbox and its port."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd's Controller cannot tell which port it got
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@dataclass
class Office:
    """A stocked database with its settings and mail server, and a worker to run on it."""

    engine: Engine
    settings: Settings
    mailbox: Mailbox
    told: list[str] = field(default_factory=list)

    def tick(self, at: datetime = SLOT) -> Tick:
        return worker.tick(self.engine, self.settings, clock=lambda: at, stop=Stop(), tell=self.told.append)

    def issues(self) -> list[Issue]:
        with db.reading(self.engine) as connection:
            return issues.all_issues(connection)

    def change(self, **fields: Any) -> None:
        newsletter = self.settings.newsletters[0].model_copy(update=fields)
        self.settings = self.settings.model_copy(update={"newsletters": (newsletter, *self.settings.newsletters[1:])})


@pytest.fixture
def office(database: Engine, settings: Settings, mailbox: tuple[Mailbox, int]) -> Office:
    """Three readers, five articles, one weekly newsletter."""
    box, port = mailbox
    with db.transaction(database) as connection:
        articles.store(connection, [article(number) for number in range(1, 6)], now=NOW)
        for email in PEOPLE:
            subscriber(connection, email)
    smtp = settings.smtp.model_copy(update={"port": port})
    return Office(database, settings.model_copy(update={"smtp": smtp}), box)
