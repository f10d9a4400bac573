"""RSS 2.0, RSS 1.0 and Atom: a document's bytes to values that `records.accept` checks. Broken ones are read."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, pairwise, repeat
from typing import Any
from urllib.parse import urlsplit

import feedparser  # type: ignore[import-untyped]  # it has no types
from lxml import etree

from digest.ingest import entries, hypertext
from digest.ingest.documents import Rejection, Value
from digest.ingest.entries import Entry, Image, Label
from digest.ingest.hypertext import Reading
from digest.ingest.text import one_line

SUFFIXES = (".xml", ".rss", ".atom", ".rdf")
MAX_COMMENTS = 20_000  # the parser's time grows with their square: these take a second
MAX_PROLOG = 20_000  # bytes before the first element: the parser's time grows with their square, too
MAX_ITEMS = 10_000  # of one feed: memory; the longest have a few thousand
MAX_SALVAGED = 500  # items that are parsed one by one where the whole cannot be
_NOTHING = Reading("", "", None)
_ITEM = re.compile(  # a start tag of an item, or something in which one does not count
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|(<(?:[\w-]+:)?(?:item|entry)[\s/>])", re.DOTALL
)
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(rb"<\?xml[^>]*\sencoding\s*=")
_WEB_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_ELEMENT = re.compile(rb"<\0{0,3}\w")
_FEED = re.compile(rb"<(?:\?xml|rss|feed|rdf:RDF)[\s>]")
_FAULTS = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)  # of feedparser, at what it did not foresee

Parsed = dict[str, Any]  # Any: feedparser's dictionaries hold text, lists and dictionaries, without types


def is_markup(data: bytes) -> bool:
    """Tell whether data are XML or HTML, in whatever encoding; some servers print complaints before it."""
    head = data[:1000]
    for mark in _BYTE_ORDER_MARKS:
        head = head.removeprefix(mark)
    head = head.replace(b"\0", b"").lstrip()
    return head.startswith(b"<") or (not head.startswith((b"{", b"[")) and _FEED.search(data[:5_000]) is not None)


def _item_starts(data: bytes) -> list[int]:
    """Return where the start tag of each item is, of one more than are allowed at most."""
    starts = (found.start() for found in _ITEM.finditer(data) if found[1])
    return list(islice(starts, MAX_ITEMS + 1))


def _lines(data: bytes, places: Iterable[int]) -> Iterator[int]:
    """Return the physical line of each place, and then 1 for items whose place was not found."""
    line, counted = 1, 0
    for place in places:
        line, counted = line + data.count(b"\n", counted, place), place
        yield line
    yield from repeat(1)


def _text(parsed: Parsed, key: str) -> str:
    value = dict.get(parsed, key)  # feedparser's own `get` makes up what is not there, and warns
    return value if isinstance(value, str) else ""


def _instant(entry: Parsed, *keys: str) -> datetime | None:
    """Return the first of the dates that is there and can be read."""
    for key in keys:
        if parsed := dict.get(entry, key):
            year, month, day, hour, minute, second = parsed[:6]
            try:
                return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
            except ValueError:
                continue
    return None


def _reading(detail: Parsed | None, base: str) -> Reading:
    """Read a summary or content by its type; a picture or film in its place is nothing to read."""
    value = _text(detail, "value") if detail else ""
    if not detail or not value.strip():
        return _NOTHING
    if _text(detail, "type") == "text/plain":
        return hypertext.read_text(value)
    return hypertext.read(value, _text(detail, "base") or base)


def _title(entry: Parsed) -> str:
    detail = dict.get(entry, "title_detail") or {}
    title = _text(entry, "title")
    return one_line(title) if _text(detail, "type") == "text/plain" else hypertext.plain(title)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _is_image(media: Parsed) -> bool:
    kind = _text(media, "medium") or _text(media, "type").partition("/")[0]
    return kind == "image" or (not kind and _text(media, "url").lower().endswith((".jpg", ".jpeg", ".png", ".webp")))


def _images(entry: Parsed, base: str) -> tuple[Image, ...]:
    """Return the pictures of the best kind that the item has: its media, their thumbnails, its enclosures."""
    media = [one for one in dict.get(entry, "media_content") or () if _is_image(one)]
    thumbnails = dict.get(entry, "media_thumbnail") or ()
    enclosures = [
        {"url": _text(link, "href")}
        for link in dict.get(entry, "links") or ()
        if _text(link, "rel") == "enclosure" and _text(link, "type").startswith("image/")
    ]
    for kind in (media, thumbnails, enclosures):
        found = (
            Image(url, pixels=_number(_text(one, "width")) * max(_number(_text(one, "height")), 1))
            for one in kind
            if (url := hypertext.resolved(_text(one, "url"), base) if _text(one, "url") else "")
        )
        if images := tuple(found):
            return images
    return ()


def _link(entry: Parsed, base: str) -> str:
    """Return the item's web address, or nothing; a guid that serves as link has to be complete."""
    link = _text(entry, "link")
    is_guid = link == _text(entry, "id")
    return hypertext.resolved(link, "" if is_guid else base) if link else ""


def _labels(entry: Parsed) -> tuple[Label, ...]:
    tags = ((one_line(_text(tag, "term")), one_line(_text(tag, "label"))) for tag in dict.get(entry, "tags") or ())
    return tuple(Label(term or label, label or term) for term, label in tags if term or label)


def _language(entry: Parsed, details: Sequence[Parsed], feed: Parsed) -> str:
    own = (_text(one, "language") for one in (entry, *details, feed))
    return next((language for language in own if language), "")


def _entry(entry: Parsed, feed: Parsed, url: str) -> Entry:
    base = _text(feed, "link") or url
    link = _link(entry, base)
    bodies = [one for one in dict.get(entry, "content") or () if _text(one, "value").strip()]
    summary: Parsed | None = dict.get(entry, "summary_detail")
    details = [one for one in (*bodies, summary) if one]
    return Entry(
        id=_text(entry, "id"),
        url=link,
        title=_title(entry),
        published=_instant(entry, "published_parsed", "created_parsed"),
        updated=_instant(entry, "updated_parsed"),
        labels=_labels(entry),
        language=_language(entry, details, feed),
        summary=_reading(summary, link or base),
        content=_reading(bodies[0] if bodies else None, link or base),
        images=_images(entry, base),
        host=(urlsplit(hypertext.resolved(base, "")).hostname or "").removeprefix("www."),
    )


def _parse(data: bytes, url: str, charset: str) -> Parsed:
    """Run feedparser, which repairs what it can; it neither loads external entities nor expands bombs."""
    headers = {"content-location": url} if url else {}
    if charset and not _DECLARED.match(data):
        headers["content-type"] = f"application/xml; charset={charset}"
    parsed: Parsed = feedparser.parse(io.BytesIO(data), response_headers=headers)
    return parsed


def _feed_of_page(data: bytes, url: str) -> str:
    """Return the address of the feed that a web page names, or nothing."""
    page = etree.fromstring(data, etree.HTMLParser())
    for link in () if page is None else page.iter("link"):
        if link.get("type", "").lower() in ("application/rss+xml", "application/atom+xml", "application/feed+json"):
            return hypertext.resolved(link.get("href", ""), url)
    return ""


def _not_a_feed(source: str, data: bytes, url: str) -> Rejection:
    if not _WEB_PAGE.search(data[:5_000]):
        return Rejection(source, 1, "not a feed: neither RSS nor Atom can be found in it")
    named = _feed_of_page(data, url)
    return Rejection(source, 1, f"a web page, not a feed{f'; its feed is {named}' if named else ''}")


def _one_by_one(data: bytes, url: str, charset: str) -> Iterator[tuple[Parsed | None, Parsed]]:
    """Parse each item of a feed by itself, so that one that the parser stumbles over does not spoil the others."""
    starts = _item_starts(data)[:MAX_SALVAGED]
    if not starts:
        yield None, {}
        return
    head = data[: starts[0]]
    for start, end in pairwise([*starts, len(data)]):
        try:
            parsed = _parse(head + data[start:end], url, charset)
        except _FAULTS:
            yield None, {}
        else:
            yield next(iter(parsed["entries"]), None), parsed["feed"]


def _items(source: str, data: bytes, url: str, charset: str) -> Iterator[tuple[Parsed | None, Parsed] | Rejection]:
    """Return each item with its feed, or None for one that cannot be read."""
    try:
        parsed = _parse(data, url, charset)
    except _FAULTS:
        yield from _one_by_one(data, url, charset)
        return
    if not parsed["entries"] and not parsed.get("version"):
        yield _not_a_feed(source, data, url)
    yield from ((entry, parsed["feed"]) for entry in parsed["entries"])


def values(
    source: str, data: bytes, *, url: str, charset: str, categories: Sequence[str]
) -> Iterator[Value | Rejection]:
    """Read a feed's document, item by item, in its order. Any bytes will do; none raise.

    `url` is where it came from, or nothing; `charset` is what the server said; `categories` are the newsletters'.
    """
    if data.count(b"!--") > MAX_COMMENTS:
        yield Rejection(source, 1, f"not read: it has more than {MAX_COMMENTS:,} comments")
        return
    if not _ELEMENT.search(data[:MAX_PROLOG]):
        yield _not_a_feed(source, data, url)
        return
    starts = _item_starts(data)
    if len(starts) > MAX_ITEMS:
        yield Rejection(source, 1, f"not read: it has more than {MAX_ITEMS:,} items")
        return
    lines = _lines(data, starts)
    for line, item in zip(lines, _items(source, data, url, charset), strict=False):
        yield item if isinstance(item, Rejection) else _value(source, line, item, url, categories)


def _value(
    source: str, line: int, item: tuple[Parsed | None, Parsed], url: str, categories: Sequence[str]
) -> Value | Rejection:
    parsed, feed = item
    if parsed is None:
        return Rejection(source, line, "too damaged to be read")
    entry = _entry(parsed, feed, url)
    if not entry.url:
        return Rejection(source, line, "has no link: neither a link nor a guid that is a complete web address")
    return Value(source, line, entries.record(entry, categories))
