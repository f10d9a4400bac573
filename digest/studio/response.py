"""The studio's responses: pages with their style sheet, notices, and the headers that keep readers' data private."""

import base64
import hashlib
import re
from functools import cache
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from digest import templating
from digest.errors import DigestError, NotFoundError
from digest.studio import scheme, words
from digest.studio.page import Notice

_PRIVATE = {  # readers' names and addresses stay in the editor's browser, and only while it shows them
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src http: https: data:; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_NEW_TAB = '<base target="_blank">'  # the mail's links open beside the studio, not inside its frame


@cache
def _style() -> Markup:
    """Return the style sheet. It stands in each page, so that even the one that says 401 has it."""
    return Markup(templating.environment("studio").get_template("studio.css").render())  # noqa: S704 - our own file


def _page_policy(style: str) -> str:
    """Return the policy of a page: our style sheet and script, our frame, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; script-src 'self'; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def page(request: Request, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """Render a template; its links are relative, so that the studio works below any path."""
    style = _style()
    below = request.url.path.removeprefix(request.scope.get("root_path", "")).partition("/studio/")[2]
    html = (
        templating.environment("studio")
        .get_template(template)
        .render(style=style, words=words, root="../" * below.count("/"), **values)
    )
    return HTMLResponse(html, status_code, headers={"Content-Security-Policy": _page_policy(style)})


def notice(request: Request, said: Notice) -> HTMLResponse:
    """Return a page that says one thing."""
    return page(request, "notice.html", said.status_code, notice=said)


def failure(request: Request, error: DigestError) -> HTMLResponse:
    """Return the page for an error that its reader can mend."""
    title, status_code = ("That is not here", 404) if isinstance(error, NotFoundError) else ("That did not work", 500)
    return notice(request, Notice(title, f"{words.sentence(str(error))}.", status_code))


def mail(html: str, colours: str) -> HTMLResponse:
    """Return a mail's HTML for the sandboxed frame: no script, no form, no request but for pictures."""
    forced = scheme.force(html, colours)
    framed = _HEAD.sub(lambda match: match[0] + _NEW_TAB, forced, count=1)
    return HTMLResponse(framed, headers={"Content-Security-Policy": _MAIL_POLICY})


def keep_private(response: Response) -> Response:
    """Add the headers that all of the studio's responses have."""
    response.headers.update(_PRIVATE)
    return response
