"""The page of the link “Pause” in mails: a break of two weeks, and its end. GET and HEAD change nothing."""

from datetime import UTC, datetime
from enum import StrEnum

from fastapi import APIRouter, Request, Response
from sqlalchemy import Engine

from digest import db, languages
from digest.config import Settings
from digest.languages import N_
from subscribers import breaks, consent, pages, store
from subscribers.pages import AcceptLanguage
from subscribers.tokens import Tokens
from subscribers.web import READ, Reader, Site, SubmittedForm

SOURCE = "pause"  # of the record of consent
PAUSE, RESUME = N_("Pause for two weeks"), N_("End the break now")  # the buttons


class Notice(StrEnum):
    """What the page says of the button that was pressed."""

    NONE = ""
    PAUSED = "paused"
    RESUMED = "resumed"


class _Pages:
    """The handlers of one application: its database, and what its pages share."""

    def __init__(self, engine: Engine, site: Site) -> None:
        self._engine = engine
        self._site = site

    def show(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Show the button that pauses; for somebody who has a break, the one that ends it."""
        with db.reading(self._engine) as connection:
            reader = self._site.reader(connection, token)
        if reader is None:
            return self._site.gone(accept)
        return self._page(token, reader, Notice.NONE, datetime.now(UTC))

    def press(self, token: str, request: Request, fields: SubmittedForm, accept: AcceptLanguage = "") -> Response:
        """Begin a break, or with `undo` end it. Pressed again, a break that is running is no longer for it."""
        now = datetime.now(UTC)
        with db.transaction(self._engine) as connection:
            reader = self._site.reader(connection, token)
            if reader is None:
                return self._site.gone(accept)
            is_running = breaks.running_until(reader.person, now) is not None
            button = RESUME if "undo" in fields else PAUSE
            words = languages.translations(reader.language).gettext(button)
            shown = self._site.shown(request, reader, "pause", words)
            if "undo" in fields:
                if is_running:
                    consent.resume(connection, reader.person, source=SOURCE, now=now, shown=shown)
            elif not is_running and _can_pause(reader):
                until = now + breaks.SHORT
                consent.pause(connection, reader.person, until, source=SOURCE, now=now, shown=shown)
            reader = reader._replace(person=store.by_id(connection, reader.person.id) or reader.person)
        return self._page(token, reader, Notice.RESUMED if "undo" in fields else Notice.PAUSED, now)

    def _page(self, token: str, reader: Reader, notice: Notice, now: datetime) -> Response:
        running = breaks.running_until(reader.person, now)
        until = running or now + breaks.SHORT
        return self._site.page(
            "pause.html.j2",
            reader,
            action=f"{pages.base_path(self._site.settings)}/pause/{token}",
            can_pause=_can_pause(reader),
            is_running=running is not None,
            until=languages.long_date(until, reader.timezone, reader.language),
            notice=notice,
            preferences_path=self._site.preferences_path(reader),
        )


def _can_pause(reader: Reader) -> bool:
    return breaks.can_pause(reader.person) and reader.silence is None


def router(engine: Engine, settings: Settings) -> APIRouter:
    """Return the address of the pause link, whose token is that of the preference link."""
    pausing = _Pages(engine, Site(settings, Tokens(settings.secret)))
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    routes.add_api_route("/pause/{token}", pausing.show, methods=READ)
    routes.add_api_route("/pause/{token}", pausing.press, methods=["POST"])
    return routes
