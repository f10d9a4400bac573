"""What we hold about a reader, for them to download or to have erased. GET and HEAD change nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from sqlalchemy import Connection, Engine

from digest import db
from digest.config import Settings
from subscribers import consent, exporting, pages
from subscribers.model import Subscriber
from subscribers.pages import AcceptLanguage
from subscribers.tokens import Tokens
from subscribers.web import READ, Site

SOURCE = "page"  # of the record of consent
Farewell = Callable[[Connection, Subscriber, str, datetime], None]  # before an erasure through that door


class _Pages:
    """The handlers of one application: its database, and what its pages share."""

    def __init__(self, engine: Engine, site: Site, farewell: Farewell) -> None:
        self._engine = engine
        self._site = site
        self._farewell = farewell

    def record(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Return all that is held about the reader as a file of JSON (GDPR articles 15 and 20)."""
        with db.reading(self._engine) as connection:
            reader = self._site.reader(connection, token)
            held = exporting.dossier(connection, reader.person) if reader else None
        if reader is None:
            return self._site.gone(accept)
        headers = {"Content-Disposition": f'attachment; filename="{reader.newsletter.slug}-record.json"'}
        content = json.dumps(held, ensure_ascii=False, indent=2) + "\n"
        return Response(content, media_type="application/json", headers=pages.PRIVATE | headers)

    def ask(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Show what erasing means, and its button."""
        with db.reading(self._engine) as connection:
            reader = self._site.reader(connection, token)
        if reader is None:
            return self._site.gone(accept)
        path = self._site.preferences_path(reader)
        return self._site.page(
            "erase.html.j2",
            reader,
            action=f"{path}/erase",
            preferences_path=path,
            unsubscribe_path=self._site.unsubscribe_path(reader),
        )

    def erase(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Erase the reader, who leaves everything by it: so no later import brings them back."""
        now = datetime.now(UTC)
        with db.transaction(self._engine) as connection:
            reader = self._site.reader(connection, token)
            if reader is None:
                return self._site.gone(accept)
            self._farewell(connection, reader.person, SOURCE, now)
            all_of_them = self._site.settings.newsletters
            consent.unsubscribe(connection, reader.person, all_of_them, newsletter=None, source=SOURCE, now=now)
            consent.erase(connection, reader.person, source=SOURCE, now=now)
        db.drop_former_pages(self._engine)
        return self._site.page("erased.html.j2", reader)


def router(engine: Engine, settings: Settings, *, farewell: Farewell) -> APIRouter:
    """Return the addresses of a reader's record. `farewell` is called in the transaction that erases, and before it."""
    record = _Pages(engine, Site(settings, Tokens(settings.secret)), farewell)
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    routes.add_api_route("/preferences/{token}/record", record.record, methods=READ)
    routes.add_api_route("/preferences/{token}/erase", record.ask, methods=READ)
    routes.add_api_route("/preferences/{token}/erase", record.erase, methods=["POST"])
    return routes
