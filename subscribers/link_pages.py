"""New links for a reader: those in earlier mails, which others may have, stop working. GET and HEAD change nothing."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from digest import db
from digest.config import Settings
from subscribers import consent, pages, store
from subscribers.pages import AcceptLanguage
from subscribers.tokens import Tokens
from subscribers.web import READ, Site


class _Pages:
    """The handlers of one application: its database, and what its pages share."""

    def __init__(self, engine: Engine, site: Site) -> None:
        self._engine = engine
        self._site = site

    def ask(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Show what new links mean, and the button."""
        with db.reading(self._engine) as connection:
            reader = self._site.reader(connection, token)
        if reader is None:
            return self._site.gone(accept)
        path = self._site.preferences_path(reader)
        return self._site.page("links.html.j2", reader, action=f"{path}/links", preferences_path=path)

    def renew(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Revoke all links but those for unsubscribing, and go on to the preferences by a new one."""
        with db.transaction(self._engine) as connection:
            reader = self._site.reader(connection, token)
            if reader is None:
                return self._site.gone(accept)
            consent.revoke_links(connection, reader.person.id)
            person = store.by_id(connection, reader.person.id)
        path = self._site.preferences_path(reader._replace(person=person or reader.person))
        return RedirectResponse(path, 303, headers=pages.PRIVATE)


def router(engine: Engine, settings: Settings) -> APIRouter:
    """Return the address where a reader renews their links."""
    links = _Pages(engine, Site(settings, Tokens(settings.secret)))
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    routes.add_api_route("/preferences/{token}/links", links.ask, methods=READ)
    routes.add_api_route("/preferences/{token}/links", links.renew, methods=["POST"])
    return routes
