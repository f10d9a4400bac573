"""Where articles come from: files, folders, stdin and the web. What is in them tells their kind, not their names."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from digest.config import Fetching
from digest.errors import SourceError
from digest.feeds import Validators, Visit
from digest.ingest import connections, documents, feeds, fetching, json_feed, records
from digest.ingest.documents import Rejection, Value
from digest.ingest.fetching import Document, Failure, Unchanged
from digest.ingest.records import Accepted
from digest.source_settings import Source

SUFFIXES = (".json", ".jsonl", ".ndjson", *feeds.SUFFIXES)
AT_ONCE = 8  # documents that are fetched while one is read
WHOLE = 0  # the line of a rejection that means a whole source
_JSON_BEGINS = (b"{", b"[")
_NOTHING_OF_OURS = "neither a feed (RSS, Atom, JSON Feed) nor JSON records"


class Fetched(NamedTuple):
    """A document of the web was read to its end, and nothing in it was rejected."""

    url: str
    visit: Visit


class NotModified(NamedTuple):
    """A document of the web is the one that was read last time, with as many articles."""

    url: str
    articles: int


Found = Accepted | Rejection | Fetched | NotModified


@dataclass(frozen=True)
class Terms:
    """What reading depends on besides the sources themselves."""

    now: datetime  #: when items without a date of their own count as published
    categories: tuple[str, ...] = ()  #: of the newsletters
    limits: Fetching = field(default_factory=Fetching)
    known: Mapping[str, Visit] = field(default_factory=dict)  #: what was read last time, by address


Answer = Document | Unchanged | Failure
Reader = Callable[[], Iterator[Found]]


def _with_date(found: Value | Rejection, now: datetime) -> Value | Rejection:
    """Let an item of a feed without a date count as published when it was first seen."""
    if isinstance(found, Rejection) or not isinstance(found.value, dict) or "publishedAt" in found.value:
        return found
    return found._replace(value=found.value | {"publishedAt": now.isoformat()}, dated=False)


def _accept(found: Value | Rejection, source: Source) -> Accepted | Rejection:
    """Check a value, with the category and language that its source is said to have."""
    if isinstance(found, Rejection):
        return found
    said = {"category": source.category, "language": source.language}
    own = {key: value for key, value in said.items() if value}
    return records.accept(found._replace(value=found.value | own) if isinstance(found.value, dict) else found)


def _numbered(found: Iterable[Accepted | Rejection]) -> Iterator[Accepted | Rejection]:
    """Name the items that were rejected by their number, where lines say nothing."""
    for number, one in enumerate(found, start=1):
        yield one._replace(reason=f"item {number}: {one.reason}") if isinstance(one, Rejection) else one


def _articles(source: Source, document: Document, name: str, terms: Terms) -> Iterator[Accepted | Rejection]:
    """Read a document by what it holds: a feed of XML, a JSON Feed, or records."""
    data, url = document.data, document.url
    if feeds.is_markup(data):
        items = feeds.values(name, data, url=url, charset=document.charset, categories=terms.categories)
        return (_accept(_with_date(item, terms.now), source) for item in items)
    if (feed := json_feed.document(name, data)) is not None:
        items = json_feed.values(name, feed, url=url, categories=terms.categories)
        return _numbered(_accept(_with_date(item, terms.now), source) for item in items)
    is_feed = bool(url) or name.lower().endswith(feeds.SUFFIXES)
    if is_feed and not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_JSON_BEGINS):
        return iter([Rejection(name, WHOLE, _NOTHING_OF_OURS if data.strip() else "empty: there is nothing in it")])
    is_whole = name.lower().endswith(".json") or json_feed.NAME in data  # a damaged feed is damaged once, not per line
    read = documents.document(name, data) if is_whole else documents.stream(name, BytesIO(data))
    return (_accept(found, source) for found in read)


def _read_file(path: Path, source: Source, terms: Terms) -> Iterator[Found]:
    """Read a file; JSON lines as they come, anything else as a whole. Raises SourceError."""
    name = str(path)
    try:
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            with path.open("rb") as file:
                yield from (_accept(found, source) for found in documents.lines(name, file))
            return
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
    yield from _articles(source, Document("", data, "", Validators()), name, terms)


def _in_folder(folder: Path) -> list[Path]:
    """Return the folder's files of articles, at any depth, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _files(location: str) -> list[Path]:
    """Return the files that a location names; raises SourceError when there are none to read."""
    path = Path(location)
    if path.is_dir():
        return _in_folder(path)
    if not path.exists():
        raise SourceError(f"there is no file or folder {location}")
    if path.suffix and path.suffix.lower() not in SUFFIXES:
        raise SourceError(f"{location}: articles are read from {', '.join(SUFFIXES)} files, folders of them, and -")
    return [path]


def _read_answer(source: Source, answers: Iterator[Answer], terms: Terms) -> Iterator[Found]:
    """Read what a server answered; what went wrong is a rejection of the whole source."""
    name = fetching.shown(source.location)
    match next(answers):
        case Failure(reason):
            yield Rejection(name, WHOLE, reason)
        case Unchanged():
            yield NotModified(name, terms.known[name].articles)
        case Document() as document:
            accepted = rejected = 0
            for found in _articles(source, document, name, terms):
                accepted += isinstance(found, Accepted)
                rejected += isinstance(found, Rejection)
                yield found
            if not rejected:
                yield Fetched(name, Visit(document.validators, accepted))


def _read_stdin(source: Source, stdin: BinaryIO) -> Iterator[Found]:
    for found in documents.stream(source.location, stdin):
        yield _accept(found, source)


def _fetch_all(sources: Iterable[Source], terms: Terms) -> Generator[Answer, None, None]:
    """Fetch what is on the web, a few at once, and return it in the order of the sources."""
    waiting: deque[Future[Answer]] = deque()
    network = connections.network()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for source in sources:
            known = terms.known.get(fetching.shown(source.location), Visit())
            waiting.append(pool.submit(fetching.fetch, source.location, known.validators, terms.limits, network))
            if len(waiting) > AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _readers(source: Source, stdin: BinaryIO, answers: Iterator[Answer], terms: Terms) -> list[Reader]:
    """Return what reads a source, part by part; raises SourceError for a file that is not there."""
    if source.is_web:
        return [partial(_read_answer, source, answers, terms)]
    if source.location == "-":
        return [partial(_read_stdin, source, stdin)]
    return [partial(_read_file, path, source, terms) for path in _files(source.location)]


def walk(sources: Sequence[Source], stdin: BinaryIO, terms: Terms) -> Iterator[Found]:
    """Read sources in their order; every file is found before the first is read, a mistyped name stores nothing.

    Raises SourceError when a file or folder does not exist or cannot be read; a web address that fails is a rejection.
    """
    with closing(_fetch_all([source for source in sources if source.is_web], terms)) as answers:
        readers = [reader for source in sources for reader in _readers(source, stdin, answers, terms)]
        for reader in readers:
            yield from reader()


def walk_patiently(sources: Sequence[Source], terms: Terms) -> Iterator[Found]:
    """Read sources in their order; one that fails, file or not, is a rejection, and the others are read."""
    with closing(_fetch_all([source for source in sources if source.is_web], terms)) as answers:
        for source in sources:
            try:
                for reader in _readers(source, BytesIO(), answers, terms):
                    yield from reader()
            except SourceError as error:
                yield Rejection(source.location, WHOLE, str(error))
