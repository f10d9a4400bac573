"""The caught mails in the browser, and the sample stories' pictures."""

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from starlette.exceptions import HTTPException

from digest import templating
from digest.config import Settings
from digest.demo.mailbox import Letter, Mailbox
from digest.demo.workplace import DATA
from digest.studio import response, session, words

READ = ["GET", "HEAD"]
SHOWN = 200  # mails in the list; those before them are files in the folder
PICTURE_SECONDS = 24 * 3600
_PICTURE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.jpg")

Part = Literal["html", "text", "source"]
Width = Literal["phone", "desktop"]
PARTS: dict[Part, str] = {"html": "HTML", "text": "Text", "source": "Source"}
WIDTHS: dict[Width, str] = {"phone": "Phone", "desktop": "Desktop"}


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows. `letter` is an id; empty: none was asked for."""

    letter: str = ""
    part: Part = "html"
    width: Width = "desktop"

    def href(self, **changes: Any) -> str:
        """Return the link to this page with some fields changed, relative to `/demo/`."""
        view = replace(self, **changes)
        default = View()
        query = {name: value for name in ("part", "width") if (value := getattr(view, name)) != getattr(default, name)}
        return f"mail/{view.letter}" + (f"?{urlencode(query)}" if query else "")


def _view(letter: str, request: Request) -> View:
    """Read the query; what makes no sense becomes the default."""
    view, query = View(letter), request.query_params
    part = next((name for name in PARTS if name == query.get("part")), view.part)
    width = next((name for name in WIDTHS if name == query.get("width")), view.width)
    return replace(view, part=part, width=width)


@cache
def _style() -> Markup:
    return Markup(templating.environment("demo").get_template("demo.css").render())  # noqa: S704 - our own file


@cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-src 'self'; img-src 'self'; form-action 'none'; "
        "base-uri 'self'; frame-ancestors 'none'"
    )


def _clock(at: datetime) -> str:
    """Return the hour where this program runs, which is where it is read."""
    return at.astimezone().strftime("%H:%M")


def _page(mailbox: Mailbox, settings: Settings, view: View, status_code: int = 200) -> Response:
    letters = mailbox.letters()
    shown = next((letter for letter in letters if letter.id == view.letter), None)
    chosen = shown or (letters[0] if letters and not view.letter else None)
    html = (
        templating.environment("demo")
        .get_template("mailbox.html.j2")
        .render(
            style=_style(),
            smtp=settings.smtp,
            letters=letters[-SHOWN:],
            total=len(letters),
            letter=chosen,
            is_list=shown is None,
            view=replace(view, letter=chosen.id if chosen else ""),
            content=mailbox.content(chosen.id) if chosen else None,
            neighbours=_neighbours(letters, chosen),
            parts=PARTS,
            widths=WIDTHS,
            clock=_clock,
            words=words,
        )
    )
    headers = {"Content-Security-Policy": _policy(), "X-Frame-Options": "DENY"}
    return response.keep_private(HTMLResponse(html, status_code, headers=headers))


def _neighbours(letters: list[Letter], chosen: Letter | None) -> tuple[str | None, str | None]:
    """Return the ids of the mails before and after."""
    if chosen is None:
        return None, None
    place = letters.index(chosen)
    before = letters[place - 1].id if place > 0 else None
    after = letters[place + 1].id if place + 1 < len(letters) else None
    return before, after


def _picture(name: str) -> bytes | None:
    path = DATA / "images" / name
    return path.read_bytes() if _PICTURE.fullmatch(name) and path.is_file() else None


def router(mailbox: Mailbox, settings: Settings) -> APIRouter:
    """Return the addresses under `/demo/`. The mails are for browsers on this machine only, as the studio is."""
    routes = APIRouter(prefix="/demo", include_in_schema=False)

    def check(request: Request) -> None:
        if not session.may_enter(settings, request):
            raise HTTPException(404)

    @routes.api_route("/mail", methods=READ)
    def inbox(request: Request) -> Response:
        check(request)
        return _page(mailbox, settings, _view("", request))

    @routes.api_route("/mail/{id}", methods=READ)
    def letter(request: Request, id: str) -> Response:
        check(request)
        known = mailbox.letter(id) is not None
        return _page(mailbox, settings, _view(id if known else "none", request), 200 if known else 404)

    @routes.api_route("/mail/{id}/html", methods=READ)
    def html(request: Request, id: str) -> Response:
        check(request)
        content = mailbox.content(id)
        if content is None or content.html is None:
            raise HTTPException(404)
        return response.keep_private(response.mail(content.html, "auto"))

    @routes.api_route("/images/{name}", methods=READ)
    def image(name: str) -> Response:
        found = _picture(name)
        if found is None:
            raise HTTPException(404)
        kept = {"Cache-Control": f"public, max-age={PICTURE_SECONDS}", "X-Content-Type-Options": "nosniff"}
        return Response(found, media_type="image/jpeg", headers=kept)

    return routes
