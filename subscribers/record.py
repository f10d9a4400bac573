"""The append-only record of consent: what happened, when, through which door, and the exact words that were shown."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from digest import db
from digest.tables import consent_events, wordings


class Event(StrEnum):
    """What happened to somebody's consent, or to what they want."""

    IMPORTED = "imported"  #: whoever imported the file vouches for it; the source names the file
    REQUESTED = "requested"  #: asked to be mailed; nothing is sent before they confirm it
    CONFIRMED = "confirmed"  #: through the link in a letter to their address
    CHANGED = "changed"  #: chose other things to read; the detail names what
    MOVED = "moved"  #: gets mail at another address, which they confirmed from there
    UNSUBSCRIBED = "unsubscribed"  #: from one newsletter, or from everything where none is named
    RETURNED = "returned"  #: took the last unsubscription back
    EXPLAINED = "explained"  #: said why they left
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    RESUMED = "resumed"


TOLD = frozenset(Event) - {Event.IMPORTED, Event.REQUESTED, Event.EXPLAINED}  #: what webhooks hear of


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What somebody saw when they decided, and from where they did; empty where a person's page was not the door."""

    page: str = ""  #: the address of the page or form, without query and tokens
    network: str = ""  #: of the visitor: 203.0.113.0/24 or 2001:db8::/48, which names no single household
    language: str = ""
    wording: str = ""  #: the exact words that were agreed to


NOTHING_SHOWN = Shown()


def version(language: str, wording: str) -> str:
    """Return the name of exactly these words in this language."""
    return hashlib.sha256(f"{language}\n{wording}".encode()).hexdigest()[:16]


def event(
    subscriber_id: int, kind: Event, source: str, now: datetime, detail: str = "", *, newsletter: str | None = None
) -> dict[str, Any]:
    """Return the row of an event of which nothing more is known than its door."""
    return {
        "subscriber_id": subscriber_id,
        "kind": kind,
        "newsletter": newsletter,
        "source": source,
        "detail": detail,
        "at": now,
        "is_told": kind not in TOLD,
    }


def import_detail(status: str, lists: Iterable[str], evidence: str = "") -> str:
    """Return the detail of an `imported` event: what became of the person, and what came with them."""
    return f"status={status} lists={';'.join(lists)} {evidence}".rstrip()


def add(connection: Connection, row: Mapping[str, Any], shown: Shown = NOTHING_SHOWN) -> None:
    """Append an event, and keep the words that it was agreed to with, each version once."""
    known = {"page": shown.page, "network": shown.network, "language": shown.language, "wording": None}
    if shown.wording:
        known["wording"] = version(shown.language, shown.wording)
        words = {"version": known["wording"], "language": shown.language, "text": shown.wording, "at": row["at"]}
        connection.execute(db.insert(connection, wordings).on_conflict_do_nothing(), words)
    connection.execute(consent_events.insert(), {**row, **known})
