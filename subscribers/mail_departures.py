"""Unsubscribing by mail: the mails that came to the address for it, each done once and counted."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine

from digest import db
from digest.config import Settings
from subscribers import consent, mail_request, store
from subscribers.mail_files import Mail
from subscribers.mail_request import Unasked
from subscribers.model import Status
from subscribers.tokens import Tokens, UnsubscribeLink

SOURCE = "mail"


class Outcome(StrEnum):
    """What became of one mail."""

    UNSUBSCRIBED = "unsubscribed"
    ALREADY = "already"  #: they had left before, or are gone
    IGNORED = Unasked.IGNORED
    UNMATCHED = Unasked.UNMATCHED


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the mails."""

    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    unmatched: list[str] = field(default_factory=list)  #: where those mails are that somebody should look at


def take(engine: Engine, settings: Settings, mails: Iterable[Mail], *, now: datetime) -> Summary:
    """Unsubscribe whoever's token stands in a mail, each in a transaction of its own. Again, it changes nothing."""
    tokens, summary = Tokens(settings.secret), Summary()
    for mail in mails:
        asked = mail_request.read(mail.content, tokens)
        if isinstance(asked, Unasked):
            outcome = Outcome(asked)
        else:
            with db.transaction(engine) as connection:
                outcome = _leave(connection, settings, asked, now)
        summary.counts[outcome] += 1
        if outcome is Outcome.UNMATCHED:
            summary.unmatched.append(mail.where)
    return summary


def _leave(connection: Connection, settings: Settings, link: UnsubscribeLink, now: datetime) -> Outcome:
    person = store.by_id(connection, link.subscriber_id)
    if person is None or person.status is Status.UNSUBSCRIBED or link.newsletter in person.left:
        return Outcome.ALREADY
    consent.unsubscribe(connection, person, settings.newsletters, newsletter=link.newsletter, source=SOURCE, now=now)
    return Outcome.UNSUBSCRIBED
