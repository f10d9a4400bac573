"""Adding somebody through a program: they confirm it by letter, or the program vouches for it with evidence."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.access_tokens import AccessToken
from digest.api import person, problem, wishes
from digest.api.wishes import Check, Newcomer
from digest.config import Settings
from digest.model import Newsletter
from digest.spelling import nearest
from subscribers import admission, consent, fields, store
from subscribers.admission import Application
from subscribers.model import Frequency, Preferences, Status, Subscriber
from subscribers.record import NOTHING_SHOWN
from subscribers.store import Changes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to be added, checked."""

    email: str
    newsletter: Newsletter
    changes: Changes
    evidence: str  #: empty: they are asked by letter


@dataclass(frozen=True, slots=True)
class Added:
    """The person as they are then."""

    person: Subscriber
    is_new: bool


def source(token: AccessToken) -> str:
    """Return how the record of consent names a program as the door."""
    return f"api: {token.name}"


def check(connection: Connection, newcomer: Newcomer, settings: Settings) -> Wanted:
    """Return who is to be added; ends the request with 422, which tells of every value that cannot be used."""
    found = Check()
    email = found.read("email", lambda: fields.email(newcomer.email))
    known = person.known_categories(connection, settings)
    changes = wishes.changes(newcomer, Preferences(), known, found)
    slugs = {newsletter.slug: newsletter for newsletter in settings.newsletters}
    if newcomer.newsletter not in slugs:
        hint = nearest(newcomer.newsletter, slugs)
        found.note("newsletter", f"There is no newsletter {fields.quote(newcomer.newsletter)}{hint}.")
    evidence = _in_one_line(newcomer.evidence or "")
    if newcomer.confirmed and not evidence:
        found.note("evidence", "Say how, when and to which words they agreed, or leave out “confirmed”.")
    found.finish()
    return Wanted(email or "", slugs[newcomer.newsletter], changes, evidence if newcomer.confirmed else "")


def _in_one_line(text: str) -> str:
    return " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())


def add(connection: Connection, wanted: Wanted, token: AccessToken, settings: Settings, *, now: datetime) -> Added:
    """Add somebody, or find them as they are; ends the request with 409 where only they themselves may come back.

    Adding somebody again changes nothing. Somebody who is waited for gets another letter only after a day. What they
    chose is never changed by it.
    """
    admission.take_turn(connection, wanted.email, secret=settings.secret)
    before = store.by_email(connection, wanted.email)
    if before is not None:
        person.hold(connection, before.id)
    found = consent.await_confirmation(
        connection,
        wanted.email,
        name=wanted.changes.name or "",
        language=wanted.changes.language or "",
        secret=settings.secret,
        now=now,
    )
    _refuse_who_left(found, wanted.newsletter)
    if not _gets(found, wanted.newsletter):
        if found.status is Status.PENDING:
            _keep_choices(connection, found, wanted, now=now)
        if wanted.evidence:
            _confirm(connection, found, wanted, token, settings, now=now)
        else:
            _ask(connection, wanted, token, settings, now=now)
    return Added(person.find(connection, found.id), is_new=before is None)


def _refuse_who_left(found: Subscriber, newsletter: Newsletter) -> None:
    if found.suppressed is not None:
        problem.refuse(409, f"This address must not be mailed ({found.suppressed}). No program can change that.")
    if found.status is Status.UNSUBSCRIBED or newsletter.slug in found.left:
        problem.refuse(409, "This person unsubscribed. Only they themselves can come back, by signing up again.")


def _gets(found: Subscriber, newsletter: Newsletter) -> bool:
    is_confirmed = found.status in (Status.CONFIRMED, Status.PAUSED)
    return is_confirmed and not set(newsletter.lists).isdisjoint(found.lists)


def _keep_choices(connection: Connection, found: Subscriber, wanted: Wanted, *, now: datetime) -> None:
    """Keep of somebody who never chose anything what a sign-up has no room for, or with evidence all of it."""
    known = wanted.changes
    few = Changes(timezone=known.timezone, preferred_time=known.preferred_time)
    store.change(connection, found.id, known if wanted.evidence else few, now=now)


def _confirm(
    connection: Connection, found: Subscriber, wanted: Wanted, token: AccessToken, settings: Settings, *, now: datetime
) -> None:
    consent.confirm(
        connection,
        found,
        wanted.newsletter,
        settings.newsletters,
        source=source(token),
        now=now,
        evidence=wanted.evidence,
    )


def _ask(connection: Connection, wanted: Wanted, token: AccessToken, settings: Settings, *, now: datetime) -> None:
    """Write the letter that asks the person, unless their mailbox had enough of them lately."""
    changes = wanted.changes
    application = Application(
        email=wanted.email,
        newsletter=wanted.newsletter,
        name=changes.name or "",
        preferences=changes.preferences or Preferences(),
        frequency=changes.frequency or Frequency.EVERY_ISSUE,
        language=changes.language or "",
    )
    admission.ask(connection, application, shown=NOTHING_SHOWN, source=source(token), secret=settings.secret, now=now)
