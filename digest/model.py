"""The nouns of the engine, as frozen values. Every datetime is aware and in UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from digest.theme import Theme


class Depth(StrEnum):
    """How much of an article a reader gets, deepest last."""

    HEADLINES = "headlines"  #: title, source, date
    BRIEF = "brief"  #: and TL;DR, why it matters
    FULL = "full"  #: and key points, sources


class DeliveryStatus(StrEnum):
    """Where one delivery stands. Never "sent": we only know what the server said."""

    PLANNED = "planned"  #: nothing was handed over yet
    SENDING = "sending"  #: committed just before the message's bytes are written
    ACCEPTED = "accepted"  #: the server took responsibility (2xx after the final dot)
    DEFERRED = "deferred"  #: 4xx; tried again at `next_at`
    REJECTED = "rejected"  #: 5xx
    UNKNOWN = "unknown"  #: no reply after the message was handed over (RFC 1047); never sent again by itself
    SKIPPED = "skipped"  #: the person left between planning and sending, or a newer issue took its place
    EXPIRED = "expired"  #: deferred until its time ran out


class Culprit(StrEnum):
    """Whose failure an attempt was. Only `recipient` may ever touch a subscriber."""

    NOBODY = ""  #: there was none, or none yet
    RECIPIENT = "recipient"  #: no such mailbox, or a full one
    SERVER = "server"  #: away, busy, or asking us to slow down
    OURS = "ours"  #: our sender, our content, our log-in
    UNKNOWN = "unknown"  #: the line went dead after the message was handed over (RFC 1047)


@dataclass(frozen=True, slots=True)
class RichText:
    """A passage in three forms with the same words.

    `plain` has neither markup nor citation marks. `html` is escaped and holds no tags but `<b>`, `<i>` and citation
    marks, `<a class="cite" href="…">2</a>`, which lead to the source of that number. `text` is `plain` with the same
    marks as `[2]`.
    """

    plain: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where an article's claims come from; numbered from 1 within the article."""

    number: int
    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article as the product understands it."""

    id: str
    url: str
    canonical_url: str  #: equal for all the addresses of one page (digest.ingest.addresses)
    title: str
    domain: str
    category: str
    language: str  #: BCP 47; "und" where the source does not say
    published_at: datetime
    modified_at: datetime  #: of this version; `published_at` where the source does not say
    image_url: str | None
    image_alt: str  #: what the picture shows; empty where the source does not say
    description: str
    tldr: tuple[RichText, ...]
    why_it_matters: RichText | None
    key_points: tuple[RichText, ...]
    quotes: tuple[RichText, ...]
    details: tuple[RichText, ...]  #: paragraphs of background
    sources: tuple[Source, ...]
    hashtags: tuple[str, ...]
    view_count: int
    words: int  #: of the whole summary, for the reading time
    story: str  #: what the source says it tells, such as a translation's key; empty where the source does not say


class Picture(NamedTuple):
    """A lead picture as we serve it: its address, and the size at which it is shown, in CSS pixels."""

    url: str
    width: int
    height: int


class Outlet(NamedTuple):
    """Another place that tells the same story."""

    domain: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article that an issue may give, with what was known of it when the issue was planned."""

    number: int  #: within the issue; names its pieces
    article: Article
    story: str  #: equal for candidates that tell the same story
    revision: int  #: counts material changes, from 1
    first_seen_at: datetime
    is_pinned: bool
    is_withdrawn: bool
    also_in: tuple[Outlet, ...] = ()  #: other outlets of the story, each once
    picture: Picture | None = None
    picture_failure: str = ""  #: why there is no picture, where the issue wanted the source's


class CorrectionKind(StrEnum):
    """What an editor says of an article that was delivered already."""

    CORRECTED = "corrected"  #: something in it was wrong
    WITHDRAWN = "withdrawn"  #: it should not have been published


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What those who received an article are told of it, once, in their next issue."""

    id: int
    article_id: str
    kind: CorrectionKind
    title: str  #: the article's when it was corrected
    url: str
    note: str
    at: datetime


class Newsletter(BaseModel):
    """A publication, as `[[newsletters]]` in digest.toml describes it and as an issue freezes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str = Field(min_length=1)
    sender: str
    postal_address: str = ""
    about: str = ""  #: a sentence or two for the end of each mail: who makes it, how summaries are written
    lists: tuple[str, ...] = ("readers",)
    test_list: str = ""  #: who gets `send --test`, readers or not; empty: nobody
    categories: tuple[str, ...] = Field(min_length=1)
    language: str = "en"
    timezone: str = "UTC"
    template: str = "issue"  #: of templates/email: “issue”, “compact”, or one of the user's own
    theme: Theme = Theme()
    schedule: str = ""
    bounce_address: str = ""  #: what envelope senders are made of (digest.verp); empty: the sender’s address
    unsubscribe_address: str = ""  #: where a mail unsubscribes whose token stands in it; empty: the sender’s address
    local_time: bool = False
    window_days: int = Field(default=7, ge=1, le=366)
    max_articles: int = Field(default=24, ge=1, le=200)
    max_per_category: int = Field(default=5, ge=1, le=200)
    max_per_domain: int = Field(default=0, ge=0, le=200)
    min_articles: int = Field(default=1, ge=1, le=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One dated, frozen run of a newsletter. Candidates are published in `since` ≤ t < `until`."""

    id: int
    newsletter: Newsletter
    number: int
    base_url: str
    nonce: str  #: alphanumeric and random: marks tokens and the MIME boundary, keys nothing secret
    since: datetime
    until: datetime  #: also the date that the mail shows and carries
    segment: str = ""  #: the name of the part of the readers that it is for; empty: all of them
    slot: str | None = None  #: the schedule's slot, as local wall time, when a schedule made it
    planned_at: datetime | None = None  #: set when planning is complete
    released_at: datetime | None = None  #: set when sending was first asked for
    paused_at: datetime | None = None  #: since when sending waits
    paused_until: datetime | None = None  #: when a worker goes on by itself; None while paused: a person must
    pause_reason: str = ""  #: in words, for a person

    @property
    def name(self) -> str:
        """`weekly/12`, as the command line names it."""
        return f"{self.newsletter.slug}/{self.number}"


@dataclass(frozen=True, slots=True)
class Placement:
    """An article's place in an edition: which, how deep, and whether its readers had an earlier version."""

    article_id: str
    depth: Depth
    is_update: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An ordered list of articles with a depth each, shared by all readers who get exactly that."""

    issue_id: int
    number: int
    placements: tuple[Placement, ...]
    subject: str
    preheader: str
    minutes: int
    html_bytes: int
    pieces: tuple[str, ...]  #: names of the compiled pieces in order
    more: tuple[str, ...] = ()  #: names of the cards that only the page in the browser has room for


class Outline(NamedTuple):
    """What making an edition's mail needs to know of it: its articles stand in its pieces already."""

    number: int
    subject: str
    preheader: str
    minutes: int
    pieces: tuple[str, ...]
    more: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One issue to one subscriber: a row of the ledger. `recipient` and `name` were copied when it was planned."""

    issue_id: int
    subscriber_id: int
    edition: int
    choices: int
    recipient: str
    name: str
    link_version: int  #: the subscriber's now, for the preference link
    subscribed_at: datetime  #: when the subscriber came onto our list
    status: DeliveryStatus
    attempts: int
    code: int
    reply: str
    culprit: Culprit
    at: datetime | None
    next_at: datetime | None
    due_at: datetime | None = None  #: the time of their own that the reader wants it at; None: with the others
    put_off_at: datetime | None = None  #: when a server put it off for the first time


JsonObject = dict[str, Any]
