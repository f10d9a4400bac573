"""Records of articles: the JSON that publishers' tools write, checked one by one and turned into articles."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from digest.ingest.addresses import canonical
from digest.ingest.citations import source_list
from digest.ingest.documents import Rejection, Value
from digest.ingest.links import MAX_URL, is_link
from digest.ingest.markdown import line
from digest.ingest.passages import Passage, rich
from digest.ingest.sections import sections
from digest.ingest.text import one_line
from digest.model import Article, RichText

MAX_SUMMARY = 1_000_000  # characters; a long article has 20,000
MAX_TITLE = 1_000  # characters; a long headline has 200
MAX_NAME = 500  # characters of an id or a category: an index of PostgreSQL holds 2,700 bytes
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # BCP 47, as far as its form goes


def _shown(value: str) -> str:
    """Return a value short enough, and safe, to stand in a message."""
    line = one_line(value)
    return f"“{line if len(line) <= 60 else line[:57] + '…'}”"


def _filled(value: str) -> str:
    line = one_line(value)
    if not line.strip():
        raise ValueError("is blank")
    return line


def _web_address(value: str) -> str:
    address = value.strip(" \t\r\n")
    if not is_link(address):
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


def _at_most(limit: int) -> AfterValidator:
    """Refuse longer text. Unlike pydantic's own limit it takes lone surrogates, which are dropped later."""

    def check(value: str) -> str:
        if len(value) > limit:
            raise PydanticCustomError("string_too_long", "too long", {"max_length": limit})
        return value

    return AfterValidator(check)


_Line = Annotated[str, AfterValidator(one_line)]
_Name = Annotated[str, _at_most(MAX_NAME), AfterValidator(_filled)]
_WebAddress = Annotated[str, _at_most(MAX_URL), AfterValidator(_web_address)]


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
    title: Annotated[str, _at_most(MAX_TITLE), AfterValidator(_filled)]
    category: _Name
    published_at: Annotated[datetime, BeforeValidator(_instant)] = Field(alias="publishedAt")
    updated_at: Annotated[datetime | None, BeforeValidator(_instant)] = Field(default=None, alias="updatedAt")
    story: Annotated[_Line, _at_most(MAX_NAME)] = ""
    domain: _Line = ""
    language: str = ""
    description: Annotated[str, _at_most(MAX_SUMMARY)] = ""
    summary: Annotated[str, _at_most(MAX_SUMMARY)] = ""
    image_url: Annotated[str, _at_most(MAX_URL), AfterValidator(_image_address)] = Field("", alias="imageUrl")
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


def _article(record: _Record) -> Article:
    language = record.language if _LANGUAGE.fullmatch(record.language) else "und"
    found = sections(record.summary, language)
    recorded = [(source.url.strip(), source.title) for source in record.sources]
    citations = source_list(recorded, found.listed, found.marks, found.cited)

    def shown(passages: Sequence[Passage]) -> tuple[RichText, ...]:
        return tuple(rich(passage, citations) for passage in passages)

    return Article(
        id=record.id,
        url=record.url,
        canonical_url=canonical(record.url),
        title=record.title,
        domain=record.domain.casefold() or _domain(record.url),
        category=record.category,
        language=language,
        published_at=record.published_at,
        modified_at=record.updated_at or record.published_at,
        image_url=record.image_url or None,
        image_alt=record.image_alt or record.search_term,
        description=line(record.description),
        tldr=shown(found.tldr),
        why_it_matters=rich(found.why_it_matters, citations) if found.why_it_matters else None,
        key_points=shown(found.key_points),
        quotes=shown(found.quotes),
        details=shown(found.details),
        sources=citations.sources,
        hashtags=tuple(dict.fromkeys(tag for tag in record.hashtags if tag.strip("# "))),
        view_count=record.view_count,
        words=found.words,
        story=record.story,
    )


class Accepted(NamedTuple):
    """An article, and where its record starts."""

    source: str
    line: int
    article: Article
    dated: bool = True  #: False: it counts as published when it was first seen


def accept(found: Value) -> Accepted | Rejection:
    """Turn a JSON value into an article, or say what is wrong with it."""
    if not isinstance(found.value, dict):
        return Rejection(found.source, found.line, "a record is a JSON object, with its keys in { }")
    try:
        record = _Record.model_validate(found.value)
    except ValidationError as error:
        reason = "; ".join(_complaint(one) for one in error.errors(include_url=False))
        return Rejection(found.source, found.line, reason)
    return Accepted(found.source, found.line, _article(record), found.dated)
