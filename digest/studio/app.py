"""The studio's addresses. It reads and never writes: there is no POST, and a GET changes nothing."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from digest import db, templating
from digest.config import Settings
from digest.errors import DigestError, NotFoundError
from digest.messages import Messages
from digest.model import Delivery, Issue
from digest.studio import address, readers, response, session
from digest.studio import page as pages
from digest.studio.page import Notice, Page

READ = ["GET", "HEAD"]
PLEASE_SIGN_IN = Notice(
    "Please sign in",
    "The studio shows readers’ names and addresses, so it opens with a link only. On the machine where Digest runs, "
    "`digest serve` prints one when it starts; it works for 12 hours. Open it in this browser.",
    401,
)
LINK_IS_OVER = Notice(
    "This link does not work any more",
    "A sign-in link works for 12 hours. On the machine where Digest runs, `digest serve` prints a new one each time "
    "it starts.",
    401,
)


def _guarded_route(settings: Settings) -> type[APIRoute]:
    """Return the kind of route that the studio is made of: private, and a page even when something is wrong."""

    class StudioRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                if self.name != "sign_in" and not session.may_enter(settings, request):
                    return response.keep_private(response.notice(request, PLEASE_SIGN_IN))
                try:
                    return response.keep_private(await handle(request))
                except DigestError as error:
                    return response.keep_private(response.failure(request, error))

            return guarded

    return StudioRoute


def _delivery(engine: Engine, at: address.Address) -> tuple[Issue, Delivery]:
    """Return the issue and the delivery that the address asks for; raises NotFoundError."""
    with db.reading(engine) as connection:
        issue = pages.find_issue(connection, at)
        if issue is None:
            raise NotFoundError("there is no issue yet")
        reader = readers.find(connection, issue, at.reader)
    if reader.delivery is None:
        raise NotFoundError(f"{reader.label} gets no mail of {issue.name}")
    return issue, reader.delivery


def _body(engine: Engine, settings: Settings, page: Page) -> str:
    """Return what the text and source views show; the HTML view shows a frame."""
    if page.reader is None or page.reader.delivery is None or page.at.view == "html":
        return ""
    messages = Messages(engine, page.issue, settings)
    if page.at.view == "text":
        return messages.text(page.reader.delivery)
    return messages.one(page.reader.delivery).decode("utf-8", "replace").replace("\r\n", "\n")


def router(engine: Engine, settings: Settings) -> APIRouter:
    """Return the addresses under `/studio/`."""
    routes = APIRouter(prefix="/studio", route_class=_guarded_route(settings), include_in_schema=False)
    _add_entrance(routes, settings)
    _add_preview(routes, engine, settings)

    @routes.api_route("/static/studio.js", methods=READ)
    def script() -> Response:
        text = (templating.templates_dir() / "studio" / "studio.js").read_text(encoding="utf-8")
        return Response(text, media_type="text/javascript")

    @routes.api_route("/{rest:path}", methods=READ)
    def elsewhere(rest: str) -> Response:
        raise NotFoundError(f"the studio has no page “{rest[:80]}”")

    return routes


def _add_entrance(routes: APIRouter, settings: Settings) -> None:
    """Add the sign-in link, the one address that is open to everybody."""

    @routes.api_route("/sign-in/{token}", methods=READ)
    def sign_in(request: Request, token: str) -> Response:
        if not session.opens(settings, token):
            return response.notice(request, LINK_IS_OVER)
        entered = RedirectResponse("../", 303)
        session.begin(settings, request, entered)
        return entered


def _add_preview(routes: APIRouter, engine: Engine, settings: Settings) -> None:
    """Add the page and the mail that its frame shows."""

    @routes.api_route("/", methods=READ)
    def preview(request: Request) -> Response:
        at = address.read(request.query_params)
        with db.reading(engine) as connection:
            issue = pages.find_issue(connection, at)
            page = pages.gather(connection, issue, at, now=datetime.now(UTC)) if issue else None
        if page is None:
            return response.page(request, "empty.html", newsletters=settings.newsletters)
        status_code = page.notice.status_code if page.notice else 200
        body = _body(engine, settings, page)
        return response.page(request, "preview.html", status_code, page=page, body=body, limit=readers.SHOWN)

    @routes.api_route("/frame", methods=READ)
    def frame(request: Request) -> Response:
        at = address.read(request.query_params)
        issue, delivery = _delivery(engine, at)
        return response.mail(Messages(engine, issue, settings).html(delivery), at.scheme)
