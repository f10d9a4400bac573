"""The page of the link in a letter, on which somebody confirms what was asked for. GET and HEAD change nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Engine

from digest import db, languages, schedule
from digest.config import Settings
from digest.languages import N_
from digest.model import Newsletter
from subscribers import admission, pages, preference_words, record, signup_words, signups, store, web
from subscribers.admission import Promise
from subscribers.model import Subscriber
from subscribers.pages import AcceptLanguage
from subscribers.record import Shown
from subscribers.signup_desk import visitor_of
from subscribers.signups import Signup
from subscribers.tokens import Tokens

NEWEST = "newest"  # the box that asks for the newest issue's stories
NewestIssue = Callable[[Connection, Newsletter], int | None]  # the id of the newest issue that was released
GONE = (
    N_("This link does not work"),
    N_("It may be cut off, or what it would confirm was withdrawn. Nothing was changed."),
)
STOPPED = (
    N_("Mail to this address is stopped"),
    N_("It came back or was reported once, so we send nothing there. Write to us to change that."),
)


class _Request(NamedTuple):
    """What a link asks to be confirmed, and by whom."""

    signup: Signup
    person: Subscriber
    newsletter: Newsletter

    @property
    def language(self) -> str:
        """The one that the form was in, else the newsletter's."""
        return languages.spoken(self.signup.language, self.newsletter.language)


class _Said(NamedTuple):
    """What the page says of a sign-up."""

    asked_at: str
    network: str
    topics: tuple[str, ...]
    frequency: str
    until: str
    wording: str


def _said(wanted: _Request, network: str, promised: Promise) -> _Said:
    signup, _, newsletter = wanted
    language, zone = wanted.language, newsletter.timezone
    tiles = {tile.value: tile.title for tile in preference_words.tiles(newsletter, language)}
    return _Said(
        asked_at=languages.moment(signup.at, zone, language),
        network=network,
        topics=promised.topics,
        frequency=tiles.get(promised.frequency, ""),
        until=languages.moment(signup.at + signups.LIFETIME, zone, language),
        wording=signup_words.confirming(newsletter, language),
    )


class _Pages:
    """The handlers of one application."""

    def __init__(self, engine: Engine, settings: Settings, newest: NewestIssue) -> None:
        self._engine = engine
        self._settings = settings
        self._newest = newest
        self._tokens = Tokens(settings.secret)

    def show(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Show what was asked for, with one button; following the link itself, as scanners do, changes nothing."""
        now = datetime.now(UTC)
        with db.reading(self._engine) as connection:
            wanted = self._request(connection, token)
            if wanted is None:
                return pages.message(self._settings, *GONE, status_code=404, accept=accept)
            has_issue = self._newest(connection, wanted.newsletter) is not None
            if not wanted.signup.is_open(now):
                return self._closed(connection, wanted, now)
            network = record.network_of_request(connection, wanted.person.id, wanted.newsletter.slug, wanted.signup.at)
        promised = admission.promised(*wanted, self._settings.newsletters, now)
        return self._page("confirm.html.j2", wanted, has_issue=has_issue, request=_said(wanted, network, promised))

    def confirm(self, token: str, request: Request, fields: web.SubmittedForm, accept: AcceptLanguage = "") -> Response:
        """Begin what was asked for; pressed again, it says the same and changes nothing."""
        now = datetime.now(UTC)
        with db.transaction(self._engine) as connection:
            wanted = self._request(connection, token)
            if wanted is None:
                return pages.message(self._settings, *GONE, status_code=404, accept=accept)
            if wanted.signup.is_open(now):
                issue_id = self._newest(connection, wanted.newsletter) if NEWEST in fields else None
                if not self._admit(connection, wanted, request, issue_id, now):
                    return self._message(wanted, STOPPED, 410)
                wanted = self._request(connection, token) or wanted
            return self._closed(connection, wanted, now)

    def _admit(
        self, connection: Connection, wanted: _Request, request: Request, issue_id: int | None, now: datetime
    ) -> bool:
        shown = Shown(
            page=f"{self._settings.base_url}/confirm",
            network=visitor_of(request, self._settings).network,
            language=wanted.language,
            wording=signup_words.confirming(wanted.newsletter, wanted.language),
        )
        return admission.admit(
            connection,
            wanted.signup,
            wanted.newsletter,
            self._settings.newsletters,
            issue_id=issue_id,
            shown=shown,
            secret=self._settings.secret,
            now=now,
        )

    def _request(self, connection: Connection, token: str) -> _Request | None:
        number = self._tokens.read_confirm(token)
        signup = signups.find(connection, number) if number is not None else None
        person = store.by_id(connection, signup.subscriber_id) if signup else None
        if signup is None or person is None:
            return None
        known = self._settings.newsletters
        newsletter = next((one for one in known if one.slug == signup.newsletter), None)
        return _Request(signup, person, newsletter) if newsletter else None

    def _closed(self, connection: Connection, wanted: _Request, now: datetime) -> Response:
        """Return the page of a sign-up that is done, or that came too late."""
        person, newsletter = wanted.person, wanted.newsletter
        again = f"{pages.base_path(self._settings)}/subscribe?newsletter={newsletter.slug}"
        if wanted.signup.confirmed_at is None or not admission.gets(person, newsletter):
            return self._page("confirm_late.html.j2", wanted, 410, again=again)
        base = pages.base_path(self._settings)
        slot = schedule.coming(newsletter.schedule, newsletter.timezone, now)
        return self._page(
            "confirmed.html.j2",
            wanted,
            next_issue=languages.moment(slot.at, newsletter.timezone, wanted.language) if slot else "",
            preferences_path=f"{base}/preferences/"
            + self._tokens.preferences(person.id, person.link_version, newsletter.slug),
            unsubscribe_path=f"{base}/unsubscribe/" + self._tokens.unsubscribe(person.id, newsletter.slug),
        )

    def _message(self, wanted: _Request, said: tuple[str, ...], status_code: int) -> Response:
        title, *sentences = map(languages.translations(wanted.language).gettext, said)
        return self._page("message.html.j2", wanted, status_code, title=title, sentences=sentences)

    def _page(self, template: str, wanted: _Request, status_code: int = 200, **values: object) -> Response:
        return pages.page(
            self._settings,
            template,
            status_code,
            language=wanted.language,
            newsletter=wanted.newsletter.name,
            postal_address=wanted.newsletter.postal_address,
            categories=wanted.newsletter.categories,
            address=web.masked(wanted.person.email),
            **values,
        )


def router(engine: Engine, settings: Settings, *, newest: NewestIssue) -> APIRouter:
    """Return the address of the links that confirm. `newest` is asked in the page's transaction."""
    confirm = _Pages(engine, settings, newest)
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    routes.add_api_route("/confirm/{token}", confirm.show, methods=web.READ)
    routes.add_api_route("/confirm/{token}", confirm.confirm, methods=["POST"])
    return routes
