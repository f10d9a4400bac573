"""JSON Feed 1 and 1.1 (jsonfeed.org): a document's bytes to values that `records.accept` checks."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from digest.ingest import documents, entries, hypertext
from digest.ingest.documents import Rejection, Value
from digest.ingest.entries import Entry, Image, Label
from digest.ingest.hypertext import Reading
from digest.ingest.text import one_line
from digest.model import JsonObject

NAME = b"jsonfeed.org"  # stands in every feed, with slashes escaped or not
_VERSION = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")


def document(source: str, data: bytes) -> JsonObject | None:
    """Return the feed that the data are, or None where they are other JSON, or none."""
    if NAME not in data:  # spares a second reading of large files of records
        return None
    found = next(documents.document(source, data))
    if not isinstance(found, Value) or not isinstance(found.value, dict):
        return None
    return found.value if _text(found.value, "version").startswith(_VERSION) else None


def _text(item: JsonObject, key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _list(item: JsonObject, key: str) -> list[Any]:  # Any: JSON, looked at by the caller
    value = item.get(key)
    return value if isinstance(value, list) else []


def _id(item: JsonObject) -> str:
    """Return the id; one that is a number counts as text, as the format's authors ask for."""
    value = item.get("id")
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _instant(text: str) -> datetime | None:
    """Read RFC 3339 and, since some write it, RFC 5322; without an offset it is UTC."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            instant = read(text.strip())
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _content(item: JsonObject, base: str) -> Reading:
    html = _text(item, "content_html")
    return hypertext.read(html, base) if html.strip() else hypertext.read_text(_text(item, "content_text"))


def _labels(item: JsonObject) -> tuple[Label, ...]:
    tags = (one_line(tag) for tag in _list(item, "tags") if isinstance(tag, str))
    return tuple(Label(tag, tag) for tag in tags if tag)


def _images(item: JsonObject, base: str) -> tuple[Image, ...]:
    attached = [
        _text(one, "url")
        for one in _list(item, "attachments")
        if isinstance(one, dict) and _text(one, "mime_type").startswith("image/")
    ]
    named = (address for address in (_text(item, "image"), _text(item, "banner_image"), *attached) if address)
    return tuple(Image(url) for address in named if (url := hypertext.resolved(address, base)))[:1]


def _entry(item: JsonObject, feed: JsonObject, base: str) -> Entry:
    url = hypertext.resolved(_text(item, "url") or _text(item, "external_url"), base)
    if not _text(item, "url") and not _text(item, "external_url"):
        url = hypertext.resolved(_id(item), "")
    return Entry(
        id=_id(item),
        url=url,
        title=one_line(_text(item, "title")),
        published=_instant(_text(item, "date_published")),
        updated=_instant(_text(item, "date_modified")),
        labels=_labels(item),
        language=_text(item, "language") or _text(feed, "language"),
        summary=hypertext.read_text(_text(item, "summary")),
        content=_content(item, url or base),
        images=_images(item, url or base),
        host=(urlsplit(base).hostname or "").removeprefix("www."),
    )


def values(source: str, feed: JsonObject, *, url: str, categories: Sequence[str]) -> Iterator[Value | Rejection]:
    """Read a feed item by item. `url` is where it came from, or nothing; `categories` are the newsletters'."""
    homes = (hypertext.resolved(_text(feed, key), url) for key in ("home_page_url", "feed_url"))
    base = next((home for home in homes if home), url)
    for item in _list(feed, "items"):
        if not isinstance(item, dict):
            yield Rejection(source, 1, "is no JSON object")
            continue
        entry = _entry(item, feed, base)
        if entry.url:
            yield Value(source, 1, entries.record(entry, categories))
        else:
            yield Rejection(source, 1, "has no complete web address in its “url”")
