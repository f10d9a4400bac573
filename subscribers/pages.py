"""How the public pages are made: from `templates/pages`, without cookies, with the headers that keep them private."""

import hashlib
from functools import cache
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from fastapi import Header
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from starlette.requests import HTTPConnection

from digest import languages, templating
from digest.config import Settings
from subscribers import proxies, visitor

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
AcceptLanguage = Annotated[str, Header(alias="Accept-Language")]


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


def privacy(settings: Settings) -> str:
    """Return where readers learn what is stored about them: the operator's own page, or ours."""
    return settings.privacy_url or f"{base_path(settings)}/privacy"


def network(request: HTTPConnection, settings: Settings) -> str:
    """Return the network that a request comes from, behind the proxies that the settings trust."""
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))  # some proxies add a line instead of a word
    return visitor.network(proxies.visitor(peer, forwarded, settings.trusted_proxies))


def visitors_language(settings: Settings, accept: str) -> str:
    """Return the language for somebody of whom no more is known than their Accept-Language header.

    Where that names none that we speak, it is the first newsletter's.
    """
    return languages.accepted(accept) or languages.spoken(*(newsletter.language for newsletter in settings.newsletters))


def isolated(words: str) -> Markup:
    """Return somebody else's words for a sentence: they may run the other way without turning it around."""
    return Markup("<bdi>{}</bdi>").format(words)


def page(
    settings: Settings, template: str, status_code: int = 200, *, language: str = languages.DEFAULT, **values: Any
) -> HTMLResponse:
    """Return a page in a language. `newsletter` and `postal_address`, when given, name whose page it is."""

    def names(words: list[str]) -> Markup:
        return Markup(languages.listed([isolated(word) for word in words], language))  # noqa: S704 - escaped one by one

    common = {
        "base": base_path(settings),
        "privacy": privacy(settings),
        "version": _version,
        "names": names,
        "isolated": isolated,
        "language": language,
        "direction": languages.direction(language),
        "newsletter": "",
        "postal_address": "",
    }
    html = templating.environment("pages", language).get_template(template).render(common | values)
    return HTMLResponse(html, status_code, headers=_HEADERS | {"Content-Language": language})


def message(settings: Settings, title: str, *sentences: str, status_code: int, accept: str = "") -> HTMLResponse:
    """Return a page that says one thing, marked for translation, to a visitor with that Accept-Language header."""
    language = visitors_language(settings, accept)
    _ = languages.translations(language).gettext
    said = {"title": _(title), "sentences": [_(sentence) for sentence in sentences]}
    answer = page(settings, "message.html.j2", status_code, language=language, **said)
    answer.headers["Vary"] = "Accept-Language"
    return answer


def static(name: str, version: str) -> Response | None:
    """Return a file of the pages, or None. Under its own version it may be kept for good, else it is asked for anew."""
    found = asset(name)
    if found is None:
        return None
    lifetime = f"public, max-age={_YEAR_SECONDS}, immutable" if version == found.version else "no-cache"
    headers = {"Cache-Control": lifetime, "X-Content-Type-Options": "nosniff"}
    return Response(found.content, media_type=found.media_type, headers=headers)
