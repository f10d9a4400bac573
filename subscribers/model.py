"""The nouns of the audience, as frozen values. Every datetime is aware and in UTC."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.model import Depth


class Status(StrEnum):
    """A subscriber's consent."""

    PENDING = "pending"  #: asked, not yet confirmed
    CONFIRMED = "confirmed"  #: may be mailed
    PAUSED = "paused"  #: confirmed, with a break until `paused_until`
    UNSUBSCRIBED = "unsubscribed"  #: left everything


class Frequency(StrEnum):
    """How often a subscriber wants to hear from a newsletter, at most."""

    EVERY_ISSUE = "every_issue"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader wants to read. No categories chosen means every category of the newsletter, in its order."""

    categories: tuple[str, ...] = ()
    depth: tuple[tuple[str, Depth], ...] = ()  #: category and depth; `brief` where nothing is said
    muted: tuple[str, ...] = ()  #: domains and categories
    max_articles: int | None = None  #: fewer stories than the newsletter's own `max_articles`

    def to_json(self) -> str:
        """Return the canonical text: equal preferences give equal text."""
        depth = {category: str(depth) for category, depth in sorted(self.depth)}
        value: dict[str, object] = {"categories": self.categories, "depth": depth, "muted": sorted(self.muted)}
        if self.max_articles is not None:
            value["max_articles"] = self.max_articles
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Preferences":
        """Read what `to_json` wrote."""
        value = json.loads(text)
        return cls(
            categories=tuple(value["categories"]),
            depth=tuple((category, Depth(depth)) for category, depth in value["depth"].items()),
            muted=tuple(value["muted"]),
            max_articles=value.get("max_articles"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One person: `email` is written as they gave it; `id` is never used again for another."""

    id: int
    email: str
    name: str
    status: Status
    preferences: Preferences
    frequency: Frequency
    timezone: str  #: IANA name; empty: the newsletter's
    language: str  #: BCP 47; empty: the newsletter's
    paused_until: datetime | None
    preferred_time: str = ""  #: `mon`, `07:00` or `mon 07:00` where the person lives; empty: when the issue comes out
    link_version: int  #: part of signed preference links; raising it revokes them
    lists: tuple[str, ...] = ()
    left: tuple[str, ...] = field(default=())  #: slugs of newsletters that this person unsubscribed from
    suppressed: str | None = None  #: the reason, when this address must not be mailed
