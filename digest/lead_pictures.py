"""The lead pictures of an issue: which of its candidates want one, fetched before the issue is drafted.

Wanted are the pictures of the candidates that can open a section for somebody: the first `max_per_category` of each
category as readers of each language have them ranked, and what is pinned; at most MOST. Planning never fails for one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Engine

from digest import db, pictures
from digest.config import Settings
from digest.ingest import connections, picture_fetching
from digest.model import Candidate, Picture
from digest.ranking import Pool, Ranked

MOST = 200  # of one issue
RETRY_AFTER = timedelta(hours=12)  # a picture that could not be had is asked for again
TOO_LATE = "not there within fetch_seconds of [pictures]"


@dataclass(frozen=True, slots=True)
class LeadPictures:
    """What became of the pictures that an issue wants, by the source's address."""

    found: Mapping[str, Picture] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)

    def given(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Return the candidates with their pictures, or with why they have none."""
        return [self._given(candidate, candidate.article.image_url or "") for candidate in candidates]

    def _given(self, candidate: Candidate, url: str) -> Candidate:
        picture, failure = self.found.get(url), self.failures.get(url, "")
        return replace(candidate, picture=picture, picture_failure=failure) if picture or failure else candidate


def _openers(pool: Pool) -> Iterator[Ranked]:
    """Yield the candidates that can open a section, the likeliest first: all firsts before any second."""
    names = [category.casefold() for category in pool.newsletter.categories]
    sections = [
        [one for one in ranking.sections.get(name, ()) if not one.candidate.is_withdrawn]
        for _, ranking in sorted(pool.rankings.items())
        for name in names
    ]
    for place in range(pool.newsletter.max_per_category):
        yield from (section[place] for section in sections if place < len(section))
    yield from (one for section in sections for one in section if one.candidate.is_pinned)


def wanted(pool: Pool) -> list[str]:
    """Return the addresses of the pictures that an issue wants, the most wanted first; at most MOST."""
    urls = (one.candidate.article.image_url for one in _openers(pool))
    return list(islice(dict.fromkeys(url for url in urls if url), MOST))


def gather(engine: Engine, settings: Settings, urls: Sequence[str], *, now: datetime) -> LeadPictures:
    """Return these pictures: those that are stored already, and the others as far as they can be fetched in time.

    With no time at all (`fetch_seconds = 0`) nobody misses the others. What is fetched, and what fails, is stored at
    once, so that the next issue need not ask. Raises DatabaseError.
    """
    with db.reading(engine) as connection:
        known = pictures.known(connection, urls, settings.base_url)
    due = [url for url in urls if url not in known or _is_due(known[url], now)]
    late: dict[str, str] = {}
    if due and settings.pictures.fetch_seconds:
        _fetch(engine, settings, due, now=now)
        with db.reading(engine) as connection:
            known = pictures.known(connection, urls, settings.base_url)
        late = {url: TOO_LATE for url in due if url not in known}
    found = {url: one.picture for url, one in known.items() if one.picture}
    failures = {url: one.failure for url, one in known.items() if not one.picture}
    return LeadPictures(found, failures | late)


def _is_due(known: pictures.Known, now: datetime) -> bool:
    return known.picture is None and now - known.fetched_at >= RETRY_AFTER


def _fetch(engine: Engine, settings: Settings, urls: Sequence[str], *, now: datetime) -> None:
    seconds, network = settings.pictures.fetch_seconds, connections.network()
    for url, outcome in picture_fetching.fetch_all(urls, settings.fetching, network, seconds=seconds):
        with db.transaction(engine) as connection:
            pictures.keep(connection, url, outcome, secret=settings.secret, now=now)
