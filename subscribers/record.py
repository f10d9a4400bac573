"""The append-only record of consent: what happened, when, through which door, and the exact words that were shown."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from digest import db
from digest.tables import consent_events, wordings
from subscribers import visitor


class Event(StrEnum):
    """What happened to somebody's consent, or to what they want."""

    IMPORTED = "imported"  #: whoever imported the file vouches for it; the source names the file
    REQUESTED = "requested"  #: asked to be mailed; nothing is sent before they confirm it
    CONFIRMED = "confirmed"  #: through the link in a letter to their address, or by a program with its evidence
    CHANGED = "changed"  #: chose other things to read; the detail names what
    MOVED = "moved"  #: gets mail at another address, which they confirmed from there
    UNSUBSCRIBED = "unsubscribed"  #: from one newsletter, or from everything where none is named
    RETURNED = "returned"  #: took the last unsubscription back
    EXPLAINED = "explained"  #: said why they left
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    RESUMED = "resumed"


class Reason(StrEnum):
    """Why somebody left, as they say."""

    TOO_MANY = "too_many"
    NOT_MY_TOPICS = "not_my_topics"
    NEVER_SIGNED_UP = "never_signed_up"
    OTHER = "other"


IMPORT = "import:"  # begins the source of what a file says; whoever has the file needs not be told
TOLD = frozenset(Event) - {Event.IMPORTED, Event.REQUESTED, Event.EXPLAINED}  #: what webhooks hear of


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What somebody saw when they decided, and from where they did; empty where a person's page was not the door."""

    page: str = ""  #: the address of the page or form, without query and tokens
    network: str = ""  #: of the visitor, as `visitor.network`; what is kept of it names no single household
    language: str = ""
    wording: str = ""  #: the exact words that were agreed to; without anybody’s name or address, since they are kept


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
        "is_told": kind not in TOLD or source.startswith(IMPORT),
    }


def import_detail(status: str, lists: Iterable[str], evidence: str = "") -> str:
    """Return the detail of an `imported` event: what became of the person, and what came with them."""
    return f"status={status} lists={';'.join(lists)} {evidence}".rstrip()


def add(connection: Connection, row: Mapping[str, Any], shown: Shown = NOTHING_SHOWN) -> None:
    """Append an event, and keep the words that it was agreed to with, each version once."""
    add_all(connection, [(row, shown)])


def add_all(connection: Connection, events: Iterable[tuple[Mapping[str, Any], Shown]]) -> None:
    """Append events with what was shown, in order, as `add` does each."""
    rows, words = [], {}
    for row, shown in events:
        known = {
            "page": shown.page,
            "network": visitor.shared(shown.network),
            "language": shown.language,
            "wording": None,
        }
        if shown.wording:
            known["wording"] = version(shown.language, shown.wording)
            said = {"language": shown.language, "text": shown.wording, "at": row["at"]}
            words[known["wording"]] = {"version": known["wording"], **said}
        rows.append({**row, **known})
    if words:
        connection.execute(db.insert(connection, wordings).on_conflict_do_nothing(), list(words.values()))
    if rows:
        connection.execute(consent_events.insert(), rows)


def network_of_request(connection: Connection, subscriber_id: int, newsletter: str, at: datetime) -> str:
    """Return the network from which somebody was signed up at that instant; empty where it is not known."""
    table = consent_events.c
    asked = (table.subscriber_id == subscriber_id, table.kind == Event.REQUESTED, table.newsletter == newsletter)
    query = select(table.network).where(*asked, table.at == at).order_by(table.id).limit(1)
    return str(connection.execute(query).scalar_one_or_none() or "")
