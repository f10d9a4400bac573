"""Who may enter the studio: whoever tries Digest on their own machine, and whoever opened a sign-in link.

The studio shows readers' names and addresses. Where `base_url` names another machine than this one, it therefore
wants a cookie, which only the link that `digest serve` prints can set.
"""

import hashlib
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from fastapi import Request, Response
from itsdangerous import BadSignature, TimestampSigner

from digest.config import Settings, is_loopback

LIFETIME = timedelta(hours=12)  # of the link, and of the session that it begins: a working day
COOKIE = "digest_studio"
WHO = "editor"
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")

Purpose = Literal["link", "session"]


def _signer(settings: Settings, purpose: Purpose) -> TimestampSigner:
    salt = f"digest.studio.{purpose}"
    return TimestampSigner(settings.secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)


def _is_signed(settings: Settings, purpose: Purpose, token: str) -> bool:
    try:
        value = _signer(settings, purpose).unsign(token, max_age=int(LIFETIME.total_seconds()))
    except BadSignature:  # an outdated one is a BadSignature, too
        return False
    return value == WHO.encode()


def path(settings: Settings) -> str:
    """Return the path of the studio in browsers: below that of `base_url`, which a proxy may have stripped."""
    return f"{urlsplit(settings.base_url).path}/studio"


def sign_in_link(settings: Settings) -> str:
    """Return the address that begins a session in the browser that opens it; it works for LIFETIME."""
    return f"{settings.base_url}/studio/sign-in/{_signer(settings, 'link').sign(WHO).decode()}"


def opens(settings: Settings, token: str) -> bool:
    """Tell whether a sign-in link's token is ours and still works."""
    return _is_signed(settings, "link", token)


def begin(settings: Settings, request: Request, response: Response) -> None:
    """Let the browser keep a session.

    `SameSite=Lax`, not `Strict`: a studio address that a colleague sent must open, and a GET changes nothing here.
    `Secure` wherever the address is https, but for the link that is opened on this machine, past the proxy.
    """
    response.set_cookie(
        COOKIE,
        _signer(settings, "session").sign(WHO).decode(),
        max_age=int(LIFETIME.total_seconds()),
        path=path(settings),
        secure=settings.base_url.startswith("https:") and not _is_own_machine(request),
        httponly=True,
        samesite="lax",
    )


def _host(address: str) -> str:
    """Return the host of an address such as `//localhost:8000`, or an empty string."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_own_machine(request: Request) -> bool:
    """Tell whether a request comes from a browser on this machine, by its own name and through no proxy.

    The Host header must be loopback as well: a page elsewhere can give its own name the address 127.0.0.1.
    """
    came_from = request.client.host if request.client else ""
    asked_for = _host("//" + request.headers.get("host", ""))
    forwarded = any(name in request.headers for name in _FORWARDED)
    return is_loopback(came_from) and is_loopback(asked_for) and not forwarded


def may_enter(settings: Settings, request: Request) -> bool:
    """Tell whether this request may see readers' data."""
    if is_loopback(_host(settings.base_url)) and _is_own_machine(request):
        return True
    return _is_signed(settings, "session", request.cookies.get(COOKIE, ""))
