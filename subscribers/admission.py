"""What follows from asking for a newsletter, and from confirming it: the same to see for everybody, known or not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from digest import db
from digest.model import Newsletter
from subscribers import consent, letters, preference_form, signups, store, suppression
from subscribers.letters import Kind
from subscribers.model import Frequency, Preferences, Status, Subscriber
from subscribers.record import Shown
from subscribers.signups import Signup

FORM_LETTERS = (Kind.CONFIRM, Kind.KNOWN)  # what typing an address into the form can provoke


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody asks for, whose address it is being open."""

    email: str
    newsletter: Newsletter
    name: str
    preferences: Preferences
    frequency: Frequency
    language: str  #: BCP 47; empty: the newsletter's


class Promise(NamedTuple):
    """What a newsletter brings somebody."""

    topics: tuple[str, ...]  #: none: every topic
    frequency: Frequency


def gets(person: Subscriber, newsletter: Newsletter) -> bool:
    """Tell whether somebody is subscribed to a newsletter, a break included."""
    return (
        person.status in (Status.CONFIRMED, Status.PAUSED)
        and newsletter.slug not in person.left
        and not set(newsletter.lists).isdisjoint(person.lists)
        and person.suppressed is None
    )


def _must_not_be_mailed(connection: Connection, email: str, secret: bytes) -> bool:
    """Tell whether an address is suppressed for more than having left before it was erased."""
    key = store.email_key(email)
    person = store.by_keys(connection, [key]).get(key)
    digest = store.email_digest(key, secret)
    reasons = {person.suppressed if person else None, suppression.reasons(connection, [digest]).get(digest)}
    return not reasons <= {None, *suppression.LIFTABLE}


def take_turn(connection: Connection, email: str, *, secret: bytes) -> None:
    """Let nobody else ask an address until the transaction ends: else two at once would both be the first of the day.

    Comes before any lock on the person: two who took them in different orders would wait for each other.
    """
    db.take_turn(connection, f"letters {letters.counted_as(email, secret)}")


def ask(
    connection: Connection, application: Application, *, shown: Shown, source: str, secret: bytes, now: datetime
) -> None:
    """Write the letter that an application leads to: to confirm it, or to say that its newsletter comes already.

    Nothing follows where the address must not be mailed, or got enough of such letters of late.
    """
    newsletter, digest = application.newsletter, letters.counted_as(application.email, secret)
    take_turn(connection, application.email, secret=secret)
    if letters.is_enough(connection, digest, FORM_LETTERS, now=now):
        return
    if _must_not_be_mailed(connection, application.email, secret):
        return
    person = store.by_email(connection, application.email)
    if person is not None and gets(person, newsletter):
        _write(connection, Kind.KNOWN, person, newsletter, person.language, secret=secret, now=now)
        return
    person = consent.await_confirmation(
        connection,
        application.email,
        name=application.name,
        language=application.language,
        secret=secret,
        now=now,
    )
    consent.request(connection, person.id, newsletter.slug, source=source, shown=shown, now=now)
    signup = signups.add(
        connection,
        person.id,
        newsletter.slug,
        name=application.name,
        preferences=application.preferences,
        frequency=application.frequency,
        language=application.language,
        now=now,
    )
    _write(connection, Kind.CONFIRM, person, newsletter, application.language, about=signup, secret=secret, now=now)


def _write(
    connection: Connection,
    kind: Kind,
    person: Subscriber,
    newsletter: Newsletter,
    language: str,
    *,
    secret: bytes,
    now: datetime,
    about: int | None = None,
) -> None:
    letters.write(
        connection,
        kind,
        newsletter=newsletter.slug,
        subscriber_id=person.id,
        recipient=person.email,
        language=language,
        secret=secret,
        now=now,
        about=about,
    )


def admit(
    connection: Connection,
    signup: Signup,
    newsletter: Newsletter,
    newsletters: Sequence[Newsletter],
    *,
    issue_id: int | None,
    shown: Shown,
    secret: bytes,
    now: datetime,
) -> bool:
    """Begin the subscription that an open sign-up asks for, as it asks for it; return whether that may be.

    One that is begun already stays as it is. The welcome brings the stories of the issue with that id, or of none. Of
    somebody known it changes only what it is about: choices for other newsletters stay.
    """
    person = store.hold(connection, signup.subscriber_id)
    known = signups.find(connection, signup.id)  # read again: of two presses at once, the second waited for the first
    if person is None or known is None:
        return False
    if known.confirmed_at is not None:
        return True
    if not consent.confirm(connection, person, newsletter, newsletters, source="page", now=now, shown=shown):
        return False
    signups.close(connection, signup.id, now=now)
    after = _becoming(signup, person, newsletter, newsletters, now)
    consent.change(
        connection, person, store.difference(person, after), source="page", now=now, shown=replace(shown, wording="")
    )
    _write(connection, Kind.WELCOME, person, newsletter, after.language, about=issue_id, secret=secret, now=now)
    return True


def _becoming(
    signup: Signup, person: Subscriber, newsletter: Newsletter, newsletters: Sequence[Newsletter], now: datetime
) -> Subscriber:
    """Return somebody with what a sign-up asks for. The form's own defaults change nothing of somebody known."""
    before = preference_form.shown(person, newsletter, now)
    wanted = signup.preferences.categories or before.chosen or newsletter.categories
    topics = tuple(replace(topic, chosen=topic.name in wanted) for topic in before.topics)
    is_new = person.status is Status.PENDING
    is_chosen = is_new or signup.frequency is not Frequency.EVERY_ISSUE
    form = replace(before, topics=topics, frequency=signup.frequency if is_chosen else before.frequency)
    every = tuple(dict.fromkeys(category for one in newsletters for category in one.categories))
    after = preference_form.wanted(form, person, newsletter, every, now)
    return replace(after, name=signup.name or person.name, language=signup.language if is_new else person.language)


def promised(
    signup: Signup, person: Subscriber, newsletter: Newsletter, newsletters: Sequence[Newsletter], now: datetime
) -> Promise:
    """Return what somebody gets of a newsletter by confirming a sign-up, for the letter and the page to say."""
    form = preference_form.shown(_becoming(signup, person, newsletter, newsletters, now), newsletter, now)
    is_every = len(form.chosen) == len(newsletter.categories)
    return Promise(() if is_every else form.chosen, form.frequency)
