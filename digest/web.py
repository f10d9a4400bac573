"""The web application: public pages, studio, API, readers' editions and health, with a line of log for each request."""

import logging
import re
import time
import traceback
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest import articles, db, issues, logo, newest, pictures, schedule, security_headers, tables
from digest.api import app as programs
from digest.api import reference
from digest.config import Settings
from digest.errors import DatabaseError, NotFoundError, SettingsError
from digest.glimpse import Glimpses
from digest.languages import N_
from digest.messages import Messages
from digest.model import Article, Issue, Newsletter
from digest.studio import app as studio
from digest.webhooks import farewell
from subscribers import (
    address_pages,
    confirm_pages,
    link_pages,
    pages,
    pause_pages,
    preference_pages,
    privacy_pages,
    record_pages,
    story_pages,
    subscribe_pages,
    unsubscribe_pages,
)
from subscribers import web as public
from subscribers.pages import AcceptLanguage
from subscribers.preference_pages import Outlook
from subscribers.tokens import Tokens

log = logging.getLogger(__name__)

READ = ["GET", "HEAD"]
MAX_BODY_BYTES = 256 * 1024  # a form of a hundred topics has 20 KB
RETRY_SECONDS = 30
CLIENT_LEFT = 499  # what nginx logs where the visitor went away; nothing is answered
FAR_SLOT = timedelta(days=8)  # every schedule has a slot within a week
RECENT = timedelta(days=28)
WEEK = timedelta(days=7)
LASTING, PASSING = "public, max-age=31536000, immutable", "public, max-age=3600"
VIEW_POLICY = (  # a mail has pictures and styles of its own, and must not do anything
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src https: http: data:; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
NOT_HERE = (
    N_("There is nothing at this address"),
    N_("It may be cut off: try the link in your mail once more."),
)
NOT_POSSIBLE = (
    N_("That does not work here"),
    N_("Please open the page again from your mail, and try once more."),
)
TOO_LARGE = (
    N_("That is too much at once"),
    N_("The form was larger than this page can send. Nothing was changed."),
)
AWAY = (
    N_("Back in a moment"),
    N_("The database does not answer at present, so nothing could be read or changed."),
    N_("Please try again in a minute."),
)
FAULT = (
    N_("Something broke here"),
    N_("It is our fault, not yours, and it is in our log."),
    N_("Please try again later."),
)


def outlook(connection: Connection, newsletter: Newsletter, now: datetime) -> Outlook:
    """Return when the newsletter's next issue comes, and how many articles a week each category brought of late."""
    coming = schedule.slots(newsletter.schedule, newsletter.timezone, now, now + FAR_SLOT)
    slot = next(coming, None)
    table = tables.articles.c
    query = (
        select(table.category_key, func.count(), func.min(table.published_at))
        .where(table.published_at >= now - RECENT, table.published_at < now)
        .group_by(table.category_key)
    )
    rows = connection.execute(query).all()
    oldest = min((first for _, _, first in rows), default=now)
    weeks = max((now - oldest) / WEEK, 1)
    return Outlook(slot.at if slot else None, {category: count / weeks for category, count, _ in rows})


def article_of(connection: Connection, issue_id: int, number: int) -> tuple[Issue, Article] | None:
    """Return an issue and the article of that number in it, as it was frozen, withdrawn or not; None without it."""
    table = tables.candidates.c
    query = select(table.content).where(table.issue_id == issue_id, table.number == number)
    content = connection.execute(query).scalar_one_or_none()
    issue = issues.with_id(connection, issue_id) if content is not None else None
    return (issue, articles.from_json(content)) if issue and content is not None else None


def _view_router(engine: Engine, settings: Settings) -> APIRouter:
    """Return the address of a reader's edition: the HTML part of their mail, and what it has no room for."""
    routes = APIRouter(include_in_schema=False)
    tokens = Tokens(settings.secret)

    @routes.api_route("/view/{token}", methods=READ)
    def view(token: str, accept: AcceptLanguage = "") -> Response:
        link = tokens.read_view(token)
        with db.reading(engine) as connection:
            issue = issues.with_id(connection, link.issue_id) if link else None
            delivery = issues.delivery_of(connection, link.issue_id, link.subscriber_id) if link else None
        if link is None or issue is None or delivery is None or delivery.link_version != link.link_version:
            return pages.message(settings, *public.GONE, status_code=404, accept=accept)
        html = Messages(engine, issue, settings).page(delivery)
        return HTMLResponse(html, headers=pages.PRIVATE | {"Content-Security-Policy": VIEW_POLICY})

    return routes


def _logo_router(settings: Settings) -> APIRouter:
    """Return the addresses of the newsletters' logos, which mails show."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/logo/{name}", methods=READ)
    def newsletter_logo(name: str) -> Response:
        wanted = logo.read_name(name)
        path = settings.logo_file(wanted.slug) if wanted else None
        if wanted is None or path is None:
            return pages.message(settings, *NOT_HERE, status_code=404)
        try:
            file = logo.read(path)
        except SettingsError as error:
            log.error("the logo of %s: %s", wanted.slug, error)
            return pages.message(settings, *NOT_HERE, status_code=404)
        lasting = file.version == wanted.version  # else an older mail asks, and is shown the logo of today
        headers = {"Cache-Control": LASTING if lasting else PASSING, "X-Content-Type-Options": "nosniff"}
        return Response(file.content, media_type=file.media_type, headers=headers)

    return routes


def _picture_router(engine: Engine) -> APIRouter:
    """Return the addresses of lead pictures: the same for all readers, kept by caches, without a page where none is."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/pictures/{name}.jpg", methods=READ)
    def picture(request: Request, name: str) -> Response:
        with db.reading(engine) as connection:
            jpeg = pictures.jpeg(connection, name)
        if jpeg is None:
            return PlainTextResponse("no such picture", 404, headers={"Cache-Control": "no-store"})
        kept = {
            "Cache-Control": LASTING,
            "ETag": f'"{name}"',
            "X-Content-Type-Options": "nosniff",
        }
        if f'"{name}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=kept)
        return Response(jpeg, media_type="image/jpeg", headers=kept)

    return routes


def _house_router(engine: Engine, settings: Settings) -> APIRouter:
    """Return what every house needs: the files that pages refer to, health, and a front door."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/static/{name}", methods=READ)
    def static(name: str, v: str = "", accept: AcceptLanguage = "") -> Response:
        return pages.static(name, v) or pages.message(settings, *NOT_HERE, status_code=404, accept=accept)

    @routes.api_route("/healthz", methods=READ)
    def healthz() -> Response:
        with db.reading(engine) as connection:
            connection.execute(text("select 1"))
        return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})

    @routes.api_route("/", methods=READ)
    def front_door() -> Response:
        return RedirectResponse(f"{pages.base_path(settings)}/studio/", 307)

    return routes


class _Edge:
    """The outermost layer: a log line per request, a limit on bodies, a page instead of a traceback, safe headers.

    Addresses hold tokens, so the log has the route's pattern, never the path. A fault is logged by its kind and
    place; its message could hold somebody's address.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._safe = security_headers.defaults(settings.base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server's."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["root_path"] = pages.base_path(self._settings)  # whether or not a proxy has stripped it from the path
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if message["type"] == "http.response.start":
                message["headers"] = security_headers.completed(message.get("headers", ()), self._safe)
            await send(message)

        try:
            await self._app(scope, _limited(receive), noting)
        except ClientDisconnect:
            status = CLIENT_LEFT
        except Exception as error:  # the edge of the process: what nobody foresaw
            _log_fault(error)
            if status == 0:
                accept = _accept(Headers(scope=scope))
                page = pages.message(self._settings, *FAULT, status_code=500, accept=accept)
                await page(scope, receive, noting)
        finally:
            _log_request(scope, status, time.perf_counter() - started)


def _accept(headers: Headers) -> str:
    return headers.get("accept-language", "")


def _limited(receive: Receive) -> Receive:
    """Refuse a body that is larger than any of our forms, however its length is announced."""
    length = 0

    async def limited() -> Message:
        nonlocal length
        message = await receive()
        length += len(message.get("body", b""))
        if length > MAX_BODY_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return limited


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    pattern = getattr(scope.get("route"), "path", "(no such page)")
    mounted = scope["root_path"].removeprefix(scope.get("app_root_path", scope["root_path"]))  # where the API is
    log.info("%s %s%s %d %.0f ms", scope["method"], mounted, pattern, status, seconds * 1000)


def _log_fault(error: Exception) -> None:
    """Log where something unforeseen happened, line by line, without the values that it happened with."""
    frames = traceback.extract_tb(error.__traceback__)
    place = "; ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:])
    log.error("fault of the program: %s at %s", type(error).__name__, place)


def _add_error_pages(web: FastAPI, settings: Settings) -> None:
    said = {404: NOT_HERE, 413: TOO_LARGE}

    @web.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        title, *sentences = said.get(error.status_code, NOT_POSSIBLE)
        page = pages.message(
            settings, title, *sentences, status_code=error.status_code, accept=_accept(request.headers)
        )
        page.headers.update(error.headers or {})
        return page

    @web.exception_handler(NotFoundError)
    def not_found(request: Request, _error: NotFoundError) -> Response:
        return pages.message(settings, *NOT_HERE, status_code=404, accept=_accept(request.headers))

    @web.exception_handler(DatabaseError)
    @web.exception_handler(DBAPIError)
    @web.exception_handler(PoolTimeoutError)
    def away(request: Request, error: Exception) -> Response:
        log.error("the database does not answer: %s", type(error.__cause__ or error).__name__)
        page = pages.message(settings, *AWAY, status_code=503, accept=_accept(request.headers))
        page.headers["Retry-After"] = str(RETRY_SECONDS)
        return page


def _mounted(api: FastAPI) -> Mount:
    """Return the API at its path, line breaks in addresses below it included, where Starlette's own pattern ends."""
    mount = Mount(programs.PATH, app=programs.private(api))
    mount.path_regex = re.compile(f"^{re.escape(programs.PATH)}/(?P<path>.*)$", re.DOTALL)
    return mount


def app(engine: Engine, settings: Settings) -> FastAPI:
    """Return the whole application: public pages, studio, editions in a browser, health."""
    web = FastAPI(title="Digest", docs_url=None, redoc_url=None, openapi_url=None)
    web.include_router(preference_pages.router(engine, settings, outlook=outlook, glimpse=Glimpses().of))
    web.include_router(unsubscribe_pages.router(engine, settings))
    web.include_router(pause_pages.router(engine, settings))
    web.include_router(record_pages.router(engine, settings, farewell=partial(farewell.tell, settings.webhooks)))
    web.include_router(link_pages.router(engine, settings))
    web.include_router(address_pages.router(engine, settings))
    web.include_router(story_pages.router(engine, settings, find=article_of))
    web.include_router(privacy_pages.router(settings))
    web.include_router(subscribe_pages.router(engine, settings, headlines=newest.headlines))
    web.include_router(confirm_pages.router(engine, settings, newest=newest.released))
    web.include_router(studio.router(engine, settings))
    api = programs.app(engine, settings)
    web.router.routes.append(_mounted(api))
    web.include_router(reference.router(partial(programs.description, api, settings), settings))
    web.include_router(_view_router(engine, settings))
    web.include_router(_logo_router(settings))
    web.include_router(_picture_router(engine))
    web.include_router(_house_router(engine, settings))
    _add_error_pages(web, settings)
    web.add_middleware(_Edge, settings=settings)
    return web
