"""The pages of a change of address: asked for with a preference link, confirmed from the new mailbox.

GET and HEAD change nothing. What is answered does not depend on who has the address that was asked for.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Engine

from digest import db, languages
from digest.config import Settings
from digest.errors import UsageError
from digest.languages import N_
from subscribers import address_changes, consent, fields, letters, store, suppression
from subscribers.address_changes import AddressChange
from subscribers.letters import Kind
from subscribers.pages import AcceptLanguage
from subscribers.tokens import Tokens
from subscribers.web import READ, Reader, Site, SubmittedForm, masked

SOURCE = "address"  # of the record of consent
A_DAY = timedelta(days=1)
MOST_ASKED = 5  # changes that one person may ask for in a day: a link is no way to write to strangers
TOO_MANY = (
    N_("That is enough for today"),
    N_("You have asked for several changes of address already, so this one was not sent."),
    N_("Please try again tomorrow."),
)
LATE = (
    N_("This link has run out"),
    N_("It worked for three days, and nothing was changed."),
    N_("You can ask for the change again on your preference page."),
)
NOT_POSSIBLE = (
    N_("Mail cannot go to that address"),
    N_("Something has changed since you asked, so your mail goes where it went before."),
)


class _Moving(NamedTuple):
    """A change of address, and who wants it."""

    change: AddressChange
    reader: Reader


class _Pages:
    """The handlers of one application: its database, and what its pages share."""

    def __init__(self, engine: Engine, site: Site) -> None:
        self._engine = engine
        self._site = site

    def ask(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Show the field for the new address."""
        with db.reading(self._engine) as connection:
            reader = self._site.reader(connection, token)
        return self._form(reader) if reader else self._site.gone(accept)

    def request(self, token: str, submitted: SubmittedForm, accept: AcceptLanguage = "") -> Response:
        """Write a letter to the new address, where that may be; say the same where it may not."""
        now = datetime.now(UTC)
        typed = str(submitted.get("email") or "").strip()
        with db.transaction(self._engine) as connection:
            reader = self._site.reader(connection, token)
            if reader is None:
                return self._site.gone(accept)
            try:
                email = fields.email(typed)
            except UsageError:
                return self._form(reader, typed=typed[: fields.LONGEST], is_wrong=True)
            if address_changes.count(connection, reader.person.id, since=now - A_DAY) >= MOST_ASKED:
                return self._message(reader, TOO_MANY, 429)
            change_id = address_changes.add(connection, reader.person.id, reader.newsletter.slug, email, now=now)
            if self._may_write(connection, reader, email, now):
                self._write(connection, Kind.NEW_ADDRESS, reader, to=email, about=change_id, now=now)
        return self._site.page("address_asked.html.j2", reader, email=email, preferences_path=self._path(reader))

    def show(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Show the button that confirms the change."""
        now = datetime.now(UTC)
        with db.reading(self._engine) as connection:
            moving = self._moving(connection, token)
        if moving is None:
            return self._site.gone(accept)
        if moving.change.confirmed_at is None and not moving.change.is_open(now):
            return self._message(moving.reader, LATE, 410)
        return self._confirmation(moving, is_done=moving.change.confirmed_at is not None)

    def confirm(self, token: str, request: Request, accept: AcceptLanguage = "") -> Response:
        """Send the reader's mail to the new address from now on, and tell the old one."""
        now = datetime.now(UTC)
        with db.transaction(self._engine) as connection:
            moving = self._held(connection, token)
            if moving is None:
                return self._site.gone(accept)
            change, reader = moving
            if change.confirmed_at is not None:
                return self._confirmation(moving, is_done=True)
            if not change.is_open(now):
                return self._message(reader, LATE, 410)
            if not self._move(connection, request, moving, now):
                return self._message(reader, NOT_POSSIBLE, 409)
            reader = reader._replace(person=store.by_id(connection, reader.person.id) or reader.person)
        return self._confirmation(_Moving(change, reader), is_done=True, preferences_path=self._path(reader))

    def _move(self, connection: Connection, request: Request, moving: _Moving, now: datetime) -> bool:
        """Do it; return whether it could be done. Other changes that the person asked for are off by it."""
        (change, reader), secret = moving, self._site.settings.secret
        shown = self._site.shown(request, reader, "address", "")
        if not consent.move(
            connection, reader.person, change.email, source=SOURCE, secret=secret, now=now, shown=shown
        ):
            return False
        address_changes.close(connection, change.id, now=now)
        address_changes.call_off(connection, reader.person.id)
        self._write(connection, Kind.OLD_ADDRESS, reader, to=reader.person.email, about=change.id, now=now)
        return True

    def _may_write(self, connection: Connection, reader: Reader, email: str, now: datetime) -> bool:
        """Tell whether a letter may go to an address: nobody else's, not suppressed, and not written to too often."""
        key, secret = store.email_key(email), self._site.settings.secret
        digest = store.email_digest(key, secret)
        owner = store.by_keys(connection, [key]).get(key)
        if (owner is not None and owner.id != reader.person.id) or suppression.reasons(connection, [digest]):
            return False
        return not letters.is_enough(connection, letters.counted_as(email, secret), [Kind.NEW_ADDRESS], now=now)

    def _write(self, connection: Connection, kind: Kind, reader: Reader, *, to: str, about: int, now: datetime) -> None:
        letters.write(
            connection,
            kind,
            newsletter=reader.newsletter.slug,
            subscriber_id=reader.person.id,
            recipient=to,
            language=reader.language,
            secret=self._site.settings.secret,
            now=now,
            about=about,
        )

    def _held(self, connection: Connection, token: str) -> _Moving | None:
        """Return a change whose person nobody else changes until the transaction ends: of two presses, one waits."""
        moving = self._moving(connection, token)
        if moving is None or store.hold(connection, moving.reader.person.id) is None:
            return None
        return self._moving(connection, token)

    def _moving(self, connection: Connection, token: str) -> _Moving | None:
        change_id = self._site.tokens.read_address(token)
        change = address_changes.find(connection, change_id) if change_id is not None else None
        person = store.by_id(connection, change.subscriber_id) if change else None
        newsletter = self._site.newsletter(change.newsletter) if change else None
        if change is None or person is None or newsletter is None:
            return None
        return _Moving(change, Reader(person, newsletter))

    def _form(self, reader: Reader, *, typed: str = "", is_wrong: bool = False) -> Response:
        path = self._path(reader)
        values = {"action": f"{path}/address", "preferences_path": path, "typed": typed}
        return self._site.page("address.html.j2", reader, 422 if is_wrong else 200, is_wrong=is_wrong, **values)

    def _confirmation(self, moving: _Moving, *, is_done: bool, preferences_path: str = "") -> Response:
        return self._site.page(
            "address_confirm.html.j2",
            moving.reader,
            new=masked(moving.change.email),
            is_done=is_done,
            preferences_path=preferences_path,
        )

    def _message(self, reader: Reader, words: tuple[str, ...], status_code: int) -> Response:
        title, *sentences = map(languages.translations(reader.language).gettext, words)
        return self._site.page("message.html.j2", reader, status_code, title=title, sentences=sentences)

    def _path(self, reader: Reader) -> str:
        return self._site.preferences_path(reader)


def router(engine: Engine, settings: Settings) -> APIRouter:
    """Return the addresses of a change of address."""
    moving = _Pages(engine, Site(settings, Tokens(settings.secret)))
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    routes.add_api_route("/preferences/{token}/address", moving.ask, methods=READ)
    routes.add_api_route("/preferences/{token}/address", moving.request, methods=["POST"])
    routes.add_api_route("/address/{token}", moving.show, methods=READ)
    routes.add_api_route("/address/{token}", moving.confirm, methods=["POST"])
    return routes
