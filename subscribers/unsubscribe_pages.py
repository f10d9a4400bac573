"""The page of the unsubscribe link, and the one-click POST of mail providers. GET and HEAD change nothing."""

from datetime import UTC, datetime
from enum import StrEnum

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from sqlalchemy import Connection, Engine
from starlette.datastructures import FormData

from digest import db
from digest.config import Settings
from digest.model import Newsletter
from subscribers import consent, leaving, one_click, pages, store
from subscribers.consent import Leaver
from subscribers.leaving import Instead
from subscribers.model import Frequency, Status, Subscriber
from subscribers.pages import AcceptLanguage
from subscribers.record import Reason, Shown
from subscribers.tokens import Tokens
from subscribers.web import READ, Reader, Site, read_form

FIRST_LINK_VERSION = 1  # of somebody whose preference links were never revoked
SOURCE = "page"  # of the record of consent
PAGE = "unsubscribe"


class Notice(StrEnum):
    """What the page says of the button that was pressed."""

    NONE = ""
    LEFT = "left"
    RETURNED = "returned"
    REDUCED = "reduced"  #: less mail was chosen instead
    THANKS = "thanks"  #: for a reason


class _Pages:
    """The handlers of one application: its database, and what its pages share."""

    def __init__(self, engine: Engine, site: Site) -> None:
        self._engine = engine
        self._site = site
        self._clicks = one_click.Clicks(engine, site.settings)

    def show(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Show the buttons that unsubscribe; following the link itself, as scanners do, changes nothing."""
        with db.reading(self._engine) as connection:
            reader = self._reader(connection, token)
            can_return = reader is not None and _can_return(connection, reader)
        return self._page(reader, can_return=can_return) if reader else self._site.gone(accept)

    async def unsubscribe(self, request: Request) -> Response:
        """End the subscription: for a mail provider (RFC 8058) with a short answer, for the page's buttons with a page.

        The page's other buttons take that back, choose less mail instead, or give a reason. Whatever else is posted
        here means to unsubscribe, too; refusing it would lead to a complaint instead.
        """
        fields = await read_form(request)
        if fields.get(one_click.FORM[0]) == one_click.FORM[1]:
            return await self._click(request)
        return await run_in_threadpool(self._press_page, request, fields)

    async def _click(self, request: Request) -> Response:
        """Do what a mail provider asks."""
        link = self._site.tokens.read_unsubscribe(request.path_params["token"])
        network, settings = pages.network(request, self._site.settings), self._site.settings
        shown = Shown(page=f"{settings.base_url}/{PAGE}", network=network)  # the words were the mail program's own
        if link is None or not await self._clicks.leave(Leaver(*link, shown)):
            return self._site.gone(request.headers.get("accept-language", ""))
        newsletter = self._site.newsletter(link.newsletter)
        name = newsletter.name if newsletter else link.newsletter
        return PlainTextResponse(f"Unsubscribed from {name}.\n", headers=pages.PRIVATE)

    def _press_page(self, request: Request, fields: FormData) -> Response:
        """Do what one of the page's buttons says, and show the page again."""
        with db.transaction(self._engine) as connection:
            reader = self._reader(connection, request.path_params["token"])
            held = store.hold(connection, reader.person.id) if reader else None
            if reader is None or held is None:
                return self._site.gone(request.headers.get("accept-language", ""))
            reader = reader._replace(person=held)  # as they are now, and until the button's work is done
            notice = self._press(connection, request, reader, fields)
            can_return = _can_return(connection, reader)
            reader = reader._replace(person=store.by_id(connection, reader.person.id) or reader.person)
        return self._page(reader, notice=notice, can_return=can_return)

    def _press(self, connection: Connection, request: Request, reader: Reader, fields: FormData) -> Notice:
        """Do what one of the page's buttons says, and return what to say of it."""
        now = datetime.now(UTC)
        words = leaving.wording(fields, reader.person, reader.newsletter, now)
        shown = self._site.shown(request, reader, PAGE, words)
        if "undo" in fields:
            is_done = consent.return_(
                connection, reader.person, newsletter=reader.newsletter.slug, source=SOURCE, now=now, shown=shown
            )
            return Notice.RETURNED if is_done else Notice.NONE
        if fields.get("reason") in set(Reason):
            reason = Reason(str(fields["reason"]))
            is_taken = consent.give_reason(
                connection,
                reader.person,
                reason,
                newsletter=reader.newsletter.slug,
                source=SOURCE,
                now=now,
                shown=shown,
            )
            return Notice.THANKS if is_taken else Notice.NONE
        if fields.get("instead") in set(Instead):  # pressed twice, it must not become the other thing
            if not self._preferences_path(reader) or reader.silence:
                return Notice.NONE
            _reduce(connection, reader, Instead(str(fields["instead"])), shown, now)
            return Notice.REDUCED
        slug = None if fields.get("from") == leaving.EVERYTHING else reader.newsletter.slug
        known = self._site.settings.newsletters
        consent.unsubscribe(connection, reader.person, known, newsletter=slug, source=SOURCE, now=now, shown=shown)
        return Notice.LEFT

    def _reader(self, connection: Connection, token: str) -> Reader | None:
        """Find whose link it is. A newsletter that the settings no longer have can still be left."""
        link = self._site.tokens.read_unsubscribe(token)
        person = store.by_id(connection, link.subscriber_id) if link else None
        if link is None or person is None:
            return None
        placeholder = Newsletter(slug=link.newsletter, name=link.newsletter, sender="", categories=("",))
        return Reader(person, self._site.newsletter(link.newsletter) or placeholder)

    def _page(self, reader: Reader, *, can_return: bool, notice: Notice = Notice.NONE) -> Response:
        (person, newsletter), now = reader, datetime.now(UTC)
        is_out = person.status is Status.UNSUBSCRIBED
        preferences_path = self._preferences_path(reader)
        return self._site.page(
            "unsubscribe.html.j2",
            reader,
            mailed=not is_out and newsletter.slug not in person.left,
            others=[] if is_out else self._other_newsletters(person, newsletter),
            notice=notice,
            offers=leaving.offers(person, newsletter, now) if preferences_path else [],
            can_return=can_return,
            reasons=leaving.reasons(reader.language),
            preferences_path=preferences_path,
        )

    def _other_newsletters(self, person: Subscriber, this: Newsletter) -> list[str]:
        """Name the other newsletters that the person gets."""
        return [
            newsletter.name
            for newsletter in self._site.settings.newsletters
            if newsletter.slug not in (*person.left, this.slug) and not set(newsletter.lists).isdisjoint(person.lists)
        ]

    def _preferences_path(self, reader: Reader) -> str:
        """Return where the same mail's preference link leads; empty once such links were revoked.

        An unsubscribe link outlives that, so it must not hand out a new one.
        """
        if reader.person.link_version != FIRST_LINK_VERSION or self._site.newsletter(reader.newsletter.slug) is None:
            return ""
        return self._site.preferences_path(reader)


def _can_return(connection: Connection, reader: Reader) -> bool:
    slug = reader.newsletter.slug
    return consent.departure(connection, reader.person.id, newsletter=slug, now=datetime.now(UTC)) is not None


def _reduce(connection: Connection, reader: Reader, instead: Instead, shown: Shown, now: datetime) -> None:
    """Choose less mail for somebody."""
    person, newsletter = reader
    match instead:
        case Instead.MONTHLY:
            less = store.Changes(frequency=Frequency.MONTHLY)
            consent.change(connection, person, less, source=SOURCE, now=now, shown=shown)
        case Instead.HEADLINES:
            less = store.Changes(preferences=leaving.headlines(person, newsletter, now))
            consent.change(connection, person, less, source=SOURCE, now=now, shown=shown)
        case Instead.BREAK:
            consent.pause(connection, person, leaving.break_until(now), source=SOURCE, now=now, shown=shown)


def router(engine: Engine, settings: Settings) -> APIRouter:
    """Return the address of the unsubscribe link."""
    unsubscribing = _Pages(engine, Site(settings, Tokens(settings.secret)))
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    routes.add_api_route("/unsubscribe/{token}", unsubscribing.show, methods=READ)
    routes.add_api_route("/unsubscribe/{token}", unsubscribing.unsubscribe, methods=["POST"])
    return routes
