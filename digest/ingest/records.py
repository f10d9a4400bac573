"""Records of articles: the JSON that publishers' tools write, checked one by one and turned into articles."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from digest.errors import SourceError
from digest.ingest import documents
from digest.ingest.documents import Rejection, Value
from digest.ingest.sections import inline, sections
from digest.ingest.text import one_line
from digest.model import Article, Source

SUFFIXES = (".json", ".jsonl", ".ndjson")
MAX_SUMMARY = 5_000_000  # characters; a long article has 20,000
MAX_NAME = 500  # characters of an id or a category: an index of PostgreSQL holds 2,700 bytes
MAX_URL = 4_000  # characters; browsers and servers give up between 2,000 and 8,000
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # BCP 47, as far as its form goes
_UNFIT_FOR_URL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def _shown(value: str) -> str:
    """Return a value short enough, and safe, to stand in a message."""
    line = one_line(value)
    return f"“{line if len(line) <= 60 else line[:57] + '…'}”"


def _filled(value: str) -> str:
    line = one_line(value)
    if not line.strip():
        raise ValueError("is blank")
    return line


def _is_web_address(value: str) -> bool:
    """Tell whether a value is an http or https address with a host, fit for a link."""
    try:
        parts = urlsplit(value)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return named and not _UNFIT_FOR_URL.search(value)


def _web_address(value: str) -> str:
    address = value.strip(" \t\r\n")
    if not _is_web_address(address):
        raise ValueError(f"{_shown(value)} is not an address such as https://example.com/article")
    return address


def _image_address(value: str) -> str:
    return _web_address(value) if value.strip() else ""


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be text such as 2026-11-23T07:00:00Z")
    try:
        instant = datetime.fromisoformat(value.strip().upper())
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{_shown(value)} is not an instant such as 2026-11-23T07:00:00Z") from None
    raise ValueError(f"{_shown(value)} has no offset from UTC: add Z, or one such as +01:00")


_Line = Annotated[str, AfterValidator(one_line)]
_Name = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_filled)]
_WebAddress = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_web_address)]


class _Strict(BaseModel):
    """A JSON object whose values are taken as they are; null counts as not there, unknown keys are passed over."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:  # Any: what pydantic hands over before it has looked
        return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class _SourceRecord(_Strict):
    """Where a claim comes from; without a web address it is passed over."""

    url: str = ""
    title: _Line = ""


class _Record(_Strict):
    """One article as it comes in."""

    id: _Name
    url: _WebAddress
    title: Annotated[str, AfterValidator(_filled)]
    category: _Name
    published_at: Annotated[datetime, BeforeValidator(_instant)] = Field(alias="publishedAt")
    domain: _Line = ""
    language: str = ""
    description: str = ""
    summary: str = Field(default="", max_length=MAX_SUMMARY)
    image_url: Annotated[str, Field(max_length=MAX_URL), AfterValidator(_image_address)] = Field("", alias="imageUrl")
    image_alt: _Line = Field(default="", alias="imageAlt")
    search_term: _Line = Field(default="", alias="pexelsSearchTerm")
    hashtags: list[_Line] = []
    sources: list[_SourceRecord] = []
    view_count: int = Field(default=0, ge=0, alias="viewCount")


_COMPLAINTS: dict[str, str] = {  # pydantic's types of errors, in our words
    "missing": "is missing",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be 0 or more",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "string_too_long": "is longer than {max_length} characters",
}


def _complaint(error: Any) -> str:  # Any: pydantic's ErrorDetails, whose context differs by type
    """Say one of pydantic's errors on one line, beginning with the key at fault."""
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).removeprefix(".")
    if error["type"] == "value_error":
        return f"{key}: {error['ctx']['error']}".removeprefix(": ")
    words = _COMPLAINTS.get(error["type"])
    return f"{key or 'the record'} {words.format(**error.get('ctx', {}))}" if words else f"{key}: {error['msg']}"


def _domain(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _sources(record: _Record, cited: Sequence[str]) -> tuple[Source, ...]:
    """Return the record's sources and then those that only its text cites, each address once, numbered from 1."""
    titles: dict[str, str] = {}
    for source in record.sources:
        titles[source.url.strip()] = titles.get(source.url.strip()) or source.title
    for address in cited:
        titles.setdefault(address, "")
    kept = ((url, title) for url, title in titles.items() if len(url) <= MAX_URL and _is_web_address(url))
    return tuple(Source(number, url, title) for number, (url, title) in enumerate(kept, start=1))


def _article(record: _Record) -> Article:
    found = sections(record.summary)
    return Article(
        id=record.id,
        url=record.url,
        title=record.title,
        domain=record.domain.casefold() or _domain(record.url),
        category=record.category,
        language=record.language if _LANGUAGE.fullmatch(record.language) else "und",
        published_at=record.published_at,
        image_url=record.image_url or None,
        image_alt=record.image_alt or record.search_term,
        description=inline(record.description),
        tldr=found.tldr,
        why_it_matters=found.why_it_matters,
        key_points=found.key_points,
        sources=_sources(record, found.cited),
        hashtags=tuple(dict.fromkeys(tag for tag in record.hashtags if tag.strip("# "))),
        view_count=record.view_count,
        words=found.words,
    )


class Accepted(NamedTuple):
    """An article, and where its record starts."""

    source: str
    line: int
    article: Article


def accept(found: Value) -> Accepted | Rejection:
    """Turn a JSON value into an article, or say what is wrong with it."""
    if not isinstance(found.value, dict):
        return Rejection(found.source, found.line, "a record is a JSON object, with its keys in { }")
    try:
        record = _Record.model_validate(found.value)
    except ValidationError as error:
        reason = "; ".join(_complaint(one) for one in error.errors(include_url=False))
        return Rejection(found.source, found.line, reason)
    return Accepted(found.source, found.line, _article(record))


def _in_folder(folder: Path) -> list[Path]:
    """Return the folder's files of records, at any depth, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _files(source: str) -> list[Path]:
    """Return the files that a source names; raises SourceError when there are none to read."""
    path = Path(source)
    if path.is_dir():
        return _in_folder(path)
    if not path.exists():
        raise SourceError(f"there is no file or folder {source}")
    if path.suffix and path.suffix.lower() not in SUFFIXES:
        raise SourceError(f"{source}: articles are read from {', '.join(SUFFIXES)} files, folders of them, and -")
    return [path]


def _read_file(path: Path) -> Iterator[Value | Rejection]:
    """Read a file by its suffix, or by its first line where it has none."""
    try:
        with path.open("rb") as file:
            match path.suffix.lower():
                case ".json":
                    yield from documents.document(str(path), file.read())
                case "":
                    yield from documents.stream(str(path), file)
                case _:
                    yield from documents.lines(str(path), file)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error


def _readers(sources: Sequence[str], stdin: BinaryIO) -> list[Callable[[], Iterator[Value | Rejection]]]:
    """Find every source before the first is read, so that a mistyped name stops the run while nothing is stored."""
    readers: list[Callable[[], Iterator[Value | Rejection]]] = []
    for source in sources:
        if source == "-":
            readers.append(partial(documents.stream, source, stdin))
        else:
            readers.extend(partial(_read_file, path) for path in _files(source))
    return readers


def walk(sources: Sequence[str], stdin: BinaryIO) -> Iterator[Accepted | Rejection]:
    """Read files, folders and `-` for stdin, record by record, in order.

    Raises SourceError when a file or folder does not exist or cannot be read.
    """
    for reader in _readers(sources, stdin):
        for found in reader():
            yield accept(found) if isinstance(found, Value) else found
