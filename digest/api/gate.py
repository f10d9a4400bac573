"""Who is let in: bearer tokens (RFC 6750) with their scopes, and how often they may ask."""

import math
import re
import time
from datetime import UTC, datetime
from typing import NoReturn

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import Engine

from digest import access_tokens, db
from digest.access_tokens import AccessToken, Scope
from digest.api import problem
from digest.config import Settings
from subscribers import pages

_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_REALM = 'Bearer realm="Digest"'


def demand(token: AccessToken, scope: Scope) -> None:
    """End the request with 403, which names the scope, where the token has not got it."""
    if scope not in token.scopes:
        problem.refuse(
            403,
            f"This needs a token with the scope {scope}; the token “{token.name}” has not got it.",
            headers={"WWW-Authenticate": f'{_REALM}, error="insufficient_scope", scope="{scope}"'},
        )


class Gate:
    """Lets requests in, and counts them: in the memory of this process, for a minute."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._allowed = RateLimitItemPerMinute(settings.api.requests_per_minute)
        self._failures = RateLimitItemPerMinute(settings.api.failures_per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def admit(self, request: Request, scope: Scope | None) -> AccessToken:
        """Return the token that a request shows; ends the request with 401, 403 or 429 where it may not be done.

        Failures are counted by network, and only failures are refused for them: a neighbour who guesses keeps nobody
        out who has a token.
        """
        now = datetime.now(UTC)
        shown = _BEARER.fullmatch(request.headers.get("authorization", "").strip())
        with db.reading(self._engine) as connection:
            token = access_tokens.find(connection, shown[1], now=now) if shown else None
        if token is None:
            self._count(self._failures, "failures", pages.network(request, self._settings))
            _refuse_stranger(request)
        self._count(self._allowed, "token", str(token.id))
        if not access_tokens.is_use_noted(token, now):
            with db.transaction(self._engine) as connection:
                access_tokens.note_use(connection, token, now=now)
        if scope is not None:
            demand(token, scope)
        return token

    def _count(self, allowed: RateLimitItem, *whose: str) -> None:
        """Count one request; end it with 429 when there were too many within a minute."""
        if self._limiter.hit(allowed, *whose):
            return
        reset = self._limiter.get_window_stats(allowed, *whose).reset_time
        seconds = max(math.ceil(reset - time.time()), 1)
        problem.refuse(
            429,
            f"More than {allowed.amount} requests within a minute: wait {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )


def _refuse_stranger(request: Request) -> NoReturn:
    if "authorization" in request.headers:
        problem.refuse(
            401,
            "This token is not known here, or it is revoked or expired. `digest tokens new` makes one.",
            headers={"WWW-Authenticate": f'{_REALM}, error="invalid_token"'},
        )
    problem.refuse(
        401,
        "Show a token: “Authorization: Bearer digest_…”. `digest tokens new` makes one.",
        headers={"WWW-Authenticate": _REALM},
    )
