"""Access tokens: what programs show to be let in, and what each of them may do. A token itself is never kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select, update

from digest.tables import api_tokens
from subscribers import store

PREFIX = "digest_"  # by which a token is known when it turns up where it should not be
TOKEN_BYTES = 32  # 256 bits: nobody guesses one, so its digest needs neither salt nor stretching
_TOKEN = re.compile(r"digest_[A-Za-z0-9_-]{43}", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_HOUR = timedelta(hours=1)


class Scope(StrEnum):
    """What a token lets a program do."""

    READ = "subscribers:read"  #: see subscribers and the record of their consent
    WRITE = "subscribers:write"  #: add people, who then confirm by letter; change, pause, unsubscribe, suppress
    CONFIRM = "subscribers:confirm"  #: add people without a letter, on the program's word that they agreed
    ERASE = "subscribers:erase"  #: erase people
    ISSUES = "issues:read"  #: see issues and what became of them


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What is known of a token."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None  #: to the hour

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def is_name(text: str) -> bool:
    """Tell whether a token may be called that: small letters, digits and hyphens, at most 40."""
    return _NAME.fullmatch(text) is not None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _read(row: Row[Any]) -> AccessToken:
    return AccessToken(
        id=row.id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes.split())),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )


def create(
    connection: Connection, name: str, scopes: Iterable[Scope], *, expires_at: datetime | None, now: datetime
) -> str | None:
    """Return a new token, which can never be shown again; None where the name is taken, if only by a revoked one."""
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = {
        "name": name,
        "digest": _digest(token),
        "scopes": " ".join(sorted(set(scopes))),
        "created_at": now,
        "expires_at": expires_at,
    }
    return token if store.add(connection, api_tokens, [row]) else None


def find(connection: Connection, token: str, *, now: datetime) -> AccessToken | None:
    """Return what a token opens; None when it is none of ours, revoked or expired.

    The row is found by the digest of what was shown: how long that takes tells nothing about any token.
    """
    if not _TOKEN.fullmatch(token):
        return None
    digest = _digest(token)
    row = connection.execute(select(api_tokens).where(api_tokens.c.digest == digest)).one_or_none()
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    found = _read(row)
    return found if found.is_valid(now) else None


def is_use_noted(token: AccessToken, now: datetime) -> bool:
    """Tell whether it is written down already that the token is used in this hour."""
    return token.used_at is not None and now < token.used_at + _HOUR


def note_use(connection: Connection, token: AccessToken, *, now: datetime) -> None:
    """Write down, to the hour, that a token was used."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    connection.execute(update(api_tokens).where(api_tokens.c.id == token.id).values(used_at=hour))


def every(connection: Connection) -> list[AccessToken]:
    """Return all tokens, revoked and expired ones too, in the order in which they were made."""
    return [_read(row) for row in connection.execute(select(api_tokens).order_by(api_tokens.c.id))]


def revoke(connection: Connection, name: str, *, now: datetime) -> bool | None:
    """End a token for good; return whether it was in force until now, or None when there is none of that name."""
    if connection.execute(select(api_tokens.c.id).where(api_tokens.c.name == name)).one_or_none() is None:
        return None
    in_force = update(api_tokens).where(api_tokens.c.name == name, api_tokens.c.revoked_at.is_(None))
    return connection.execute(in_force.values(revoked_at=now)).rowcount > 0
