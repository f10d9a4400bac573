"""How the public pages are made: from `templates/pages`, without cookies, with the headers that keep them private."""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse, Response

from digest import templating
from digest.config import Settings

PRIVATE = {  # for whatever a token opens: nobody stores it, finds it or learns its address
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_HEADERS = PRIVATE | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",  # what browsers from before frame-ancestors understand
}
_FILES = {  # the name under /static/ -> the file in templates/pages and its type
    "pages.css": ("pages.css.j2", "text/css"),
    "preferences.js": ("preferences.js", "text/javascript"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
_YEAR_SECONDS = 365 * 24 * 3600


class Asset(NamedTuple):
    """A file that pages refer to; `version` follows from its content."""

    content: bytes
    media_type: str
    version: str


@cache
def asset(name: str) -> Asset | None:
    """Return the file of that name, or None when there is none."""
    if name not in _FILES:
        return None
    file, media_type = _FILES[name]
    content = templating.environment("pages").get_template(file).render().encode()
    return Asset(content, media_type, hashlib.sha256(content).hexdigest()[:12])


def _version(name: str) -> str:
    found = asset(name)
    assert found is not None  # noqa: S101 - a page that names a file we do not have
    return found.version


def base_path(settings: Settings) -> str:
    """Return the path that every address of ours begins with in browsers: that of `base_url`, often empty."""
    return urlsplit(settings.base_url).path


def names(words: Sequence[str]) -> str:
    """Join names as prose does: “A”, “A and B”, “A, B and C”."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def page(settings: Settings, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """Return a page. `newsletter` and `postal_address`, when given, name whose page it is."""
    common = {"base": base_path(settings), "version": _version, "names": names, "newsletter": "", "postal_address": ""}
    html = templating.environment("pages").get_template(template).render(common | values)
    return HTMLResponse(html, status_code, headers=_HEADERS)


def message(settings: Settings, title: str, *sentences: str, status_code: int) -> HTMLResponse:
    """Return a page that says one thing."""
    return page(settings, "message.html.j2", status_code, title=title, sentences=sentences)


def static(name: str, version: str) -> Response | None:
    """Return a file of the pages, or None. Under its own version it may be kept for good, else it is asked for anew."""
    found = asset(name)
    if found is None:
        return None
    lifetime = f"public, max-age={_YEAR_SECONDS}, immutable" if version == found.version else "no-cache"
    headers = {"Cache-Control": lifetime, "X-Content-Type-Options": "nosniff"}
    return Response(found.content, media_type=found.media_type, headers=headers)
