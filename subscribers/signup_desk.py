"""Takes sign-ups, by whichever door they come: the limits of this process, and the transaction that follows."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from fastapi import Request
from sqlalchemy import Engine

from digest import db, languages
from digest.config import Settings
from digest.languages import N_
from digest.model import Newsletter
from subscribers import admission, pages, store
from subscribers.admission import Application
from subscribers.record import Shown
from subscribers.signup_circuit import SignupCircuit
from subscribers.signup_form import Form
from subscribers.signup_limits import SignupLimits
from subscribers.tokens import Tokens

LEAST_AGE = timedelta(seconds=2)  # of a form: nobody types an address faster
MOST_AGE = timedelta(hours=1)
RETRY_SECONDS = 3600  # while hardly any letter is confirmed
_ORIGIN = re.compile(r"https?://[a-zA-Z0-9.:\[\]-]{1,253}")  # as browsers write it (RFC 6454 §6.2)
CLOSED = (
    N_("Sign-up is not open"),
    N_("This newsletter takes no new readers here at present. Nothing was stored."),
)
TOO_MANY = (
    N_("Too many at once"),
    N_("There were many sign-ups from here, or in all. Nothing was stored."),
    N_("Please try again later."),
)
RESTING = (
    N_("Sign-up rests for now"),
    N_("Too few of our letters were confirmed of late, which is a sign of abuse. Nothing was stored."),
    N_("Please try again later."),
)


class Once(StrEnum):
    """Why a form is shown once more, as it was filled in."""

    EARLIER = "earlier"  #: it was made elsewhere, a while ago, or used often: a press here makes it count
    FASTER = "faster"  #: nobody fills in a form so fast


class Refusal(NamedTuple):
    """Why nobody's sign-up is taken now, marked for translation, and after how many seconds one may be."""

    said: tuple[str, ...]
    status_code: int
    retry_seconds: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the other end, as far as we know it."""

    network: str
    accept: str  #: the Accept-Language header
    origin: str  #: of the site that a program of theirs belongs to


def visitor_of(request: Request, settings: Settings) -> Visitor:
    """Return who is at the other end of a request."""
    headers = request.headers
    origin = headers.get("origin", "")
    known = origin if _ORIGIN.fullmatch(origin) else ""
    return Visitor(pages.network(request, settings), headers.get("accept-language", ""), known)


class Desk:
    """The desk of one application: its database, its settings, and the limits of this process."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._tokens = Tokens(settings.secret)
        self._limits = SignupLimits(settings.signup.per_hour)
        self._circuit = SignupCircuit()

    def newsletter(self, slug: str) -> Newsletter | None:
        """Return the newsletter of that slug; without one, the only newsletter there is."""
        known = self._settings.newsletters
        if not slug:
            return known[0] if len(known) == 1 else None
        return next((newsletter for newsletter in known if newsletter.slug == slug), None)

    def is_open(self, newsletter: Newsletter) -> bool:
        """Tell whether people may sign up: what cannot be sent by law must not be promised."""
        return self._settings.signup.open and bool(newsletter.postal_address.strip())

    def language(self, newsletter: Newsletter, accept: str) -> str:
        """Return the language in which a visitor is spoken to about a newsletter."""
        return languages.accepted(accept) or languages.spoken(newsletter.language)

    def stamp(self) -> str:
        """Return the stamp of a form that is shown now."""
        return self._tokens.form(datetime.now(UTC), secrets.randbelow(10**12))

    def once(self, stamp: str) -> Once | None:
        """Return why a form with this stamp is shown once more; None where it counts, and is used by this."""
        made = self._tokens.read_form(stamp)
        age = datetime.now(UTC) - made.at if made else MOST_AGE
        if made is None or age >= MOST_AGE:
            return Once.EARLIER
        if age < LEAST_AGE:
            return Once.FASTER
        return None if self._limits.may_use(made.number) else Once.EARLIER

    def take(self, newsletter: Newsletter, form: Form, shown: Shown, *, source: str) -> Refusal | None:
        """Take a sign-up that is in order, or return why not now; that depends on nobody's being known."""
        now, settings = datetime.now(UTC), self._settings
        domain = store.email_key(form.email).rpartition("@")[2]
        if seconds := self._limits.wait_seconds(network=shown.network, domain=domain):
            return Refusal(TOO_MANY, 429, seconds)
        application = Application(
            email=form.email,
            newsletter=newsletter,
            name=form.name,
            preferences=form.preferences,
            frequency=form.frequency,
            language="" if shown.language == languages.spoken(newsletter.language) else shown.language,
        )
        with db.transaction(self._engine) as connection:
            if self._circuit.look(connection, now=now).is_abuse:
                return Refusal(RESTING, 503, RETRY_SECONDS)
            admission.ask(connection, application, shown=shown, source=source, secret=settings.secret, now=now)
        return None
