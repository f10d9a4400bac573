"""An item of a feed, whatever the feed's format, and the record that it makes: the kind that tools write as JSON."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from digest.ingest import hypertext
from digest.ingest.hypertext import Picture, Reading
from digest.ingest.text import one_line
from digest.model import JsonObject
from digest.shortening import shortened

TITLE_LENGTH = 80  # characters of its text that an item without a title is called by
LONGEST_TITLE = 300  # characters; a long headline has 200
DESCRIPTION_LENGTH = 300  # characters; many feeds put whole articles there
NO_CATEGORY = "General"
_LONGEST_ID = 500  # characters, as records allow
_GLOBAL_ID = re.compile(r"(?:https?:|urn:|tag:)", re.IGNORECASE)
_UNSORTED = {"uncategorized", "uncategorised"}  # what WordPress files under when nobody chose
_SIZE_IN_NAME = re.compile(r"-(?:\d+x\d+|scaled)$")


@dataclass(frozen=True)
class Label:
    """A category of an item: how the feed names it, and how people read it."""

    term: str
    shown: str


@dataclass(frozen=True)
class Image:
    """A picture that a feed gives beside an item's text."""

    url: str
    alt: str = ""
    pixels: int = 0  #: width × height or width, as far as the feed tells


@dataclass(frozen=True)
class Entry:
    """An item as its feed gives it. Empty strings and None stand for what is not there."""

    id: str
    url: str
    title: str  #: plain text
    published: datetime | None
    updated: datetime | None
    labels: tuple[Label, ...]
    language: str
    summary: Reading
    content: Reading
    images: tuple[Image, ...]  #: one picture in several sizes
    host: str  #: of the feed: makes ids unique that are so within the feed only


def language_tag(language: str) -> str:
    """Return a language as BCP 47 spells it: `en_gb` becomes `en-GB`."""
    first, *rest = language.strip().replace("_", "-").split("-")
    spelled = (part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in rest)
    return "-".join([first.lower(), *spelled])


def _id(entry: Entry) -> str:
    own = one_line(entry.id)
    if not own:
        return _short(entry.url)
    return _short(own if _GLOBAL_ID.match(own) else f"{entry.host}:{own}")


def _short(name: str) -> str:
    """Return a name that fits into the database's index; a very long one by its hash."""
    return name if len(name) <= _LONGEST_ID else f"sha256:{hashlib.sha256(name.encode(errors='replace')).hexdigest()}"


def _category(labels: Iterable[Label], known: Sequence[str]) -> str:
    """Return the first of the item's categories that a newsletter has, else its first, else “General”."""
    by_fold = {name.casefold(): name for name in known}
    own = [name for label in labels for name in (label.shown, label.term)]
    for name in own:
        if name.casefold() in by_fold:
            return by_fold[name.casefold()]
    return own[0] if own else NO_CATEGORY


def _stem(url: str) -> str:
    """Return what different sizes of one picture have in common in their names."""
    return _SIZE_IN_NAME.sub("", PurePosixPath(unquote(urlsplit(url).path)).stem)


def _image(entry: Entry) -> Picture | None:
    """Return the feed's own picture in its largest size, else the first of the text; with its words, where they are."""
    shown = entry.content.picture or entry.summary.picture
    if not entry.images:
        return shown
    best = max(entry.images, key=lambda image: image.pixels)
    alt = shown.alt if shown and not best.alt and _stem(shown.url) == _stem(best.url) else best.alt
    return Picture(best.url, alt)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def record(entry: Entry, categories: Sequence[str]) -> JsonObject:
    """Return the record, for `records.accept` to check; `categories` are those of the newsletters.

    A record without `publishedAt` is of an item that has no date.
    """
    text = entry.summary.text or entry.content.text
    image = _image(entry)
    labels = [label for label in entry.labels if label.term.casefold() not in _UNSORTED]
    tags = dict.fromkeys("#" + "".join(label.term.lstrip("#").split()) for label in labels)
    found: JsonObject = {
        "id": _id(entry),
        "url": entry.url,
        "title": shortened(entry.title, LONGEST_TITLE) or shortened(text, TITLE_LENGTH),
        "category": _category(labels, categories),
        "language": language_tag(entry.language),
        "description": hypertext.escaped(shortened(text, DESCRIPTION_LENGTH)),
        "summary": entry.content.markdown or entry.summary.markdown,
        "imageUrl": image.url if image else "",
        "imageAlt": image.alt if image else "",
        "hashtags": [tag for tag in tags if tag != "#"],
    }
    if published := entry.published or entry.updated:
        found["publishedAt"] = _instant(published)
    if entry.updated:
        found["updatedAt"] = _instant(entry.updated)
    return found
