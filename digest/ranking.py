"""Pure: the candidates of an issue, scored and ranked once for all of its readers.

The score of an article for a reader:

    recency + popularity / 2 + 2 · language + 4 · pinned

    recency     2^(−age / 2 days), from 1 when it was just published towards 0
    popularity  log(1 + views) / log(1 + most views of any candidate), from 0 to 1
    language    1 in the reader's language, or where the source names none and the newsletter has the reader's; else 0
    pinned      1 when an editor pinned it, else 0

So what is pinned comes first, then what is in the reader's language, then what is new or much read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log1p
from typing import NamedTuple

from digest.languages import primary
from digest.model import Candidate, Newsletter

HALF_LIFE = timedelta(days=2)  # of recency: a story of last week weighs a tenth of today's
POPULARITY_WEIGHT = 0.5
LANGUAGE_WEIGHT = 2.0  # more than recency and popularity together
PIN_WEIGHT = 4.0  # more than all the others together
UNKNOWN_LANGUAGE = "und"  # BCP 47


def score(candidate: Candidate, newsletter: Newsletter, language: str, *, until: datetime, most_views: int) -> float:
    """Return an article's score for a reader of that language, by the formula above."""
    article = candidate.article
    age = max(until - article.published_at, timedelta(0))
    recency = float(2 ** -(age / HALF_LIFE))
    popularity = log1p(article.view_count) / log1p(most_views) if most_views else 0.0
    written_in = primary(article.language)
    if written_in == UNKNOWN_LANGUAGE:
        written_in = primary(newsletter.language)
    return (
        recency
        + POPULARITY_WEIGHT * popularity
        + LANGUAGE_WEIGHT * (written_in == language)
        + PIN_WEIGHT * candidate.is_pinned
    )


class Ranked(NamedTuple):
    """A candidate with what the selection asks of it again and again."""

    candidate: Candidate
    id: str
    category: str  #: casefolded
    domain: str
    fresh_at: datetime  #: the instant from which on it is new to a reader


class Standing(NamedTuple):
    """A candidate's place among those of its category, from 1."""

    place: int
    of: int
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates in the order in which readers of one language want them."""

    sections: Mapping[str, Sequence[Ranked]]  #: by category
    places: Mapping[str, int]  #: by id, 0 for the best of all


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of an issue, ranked once for all of its readers."""

    newsletter: Newsletter
    candidates: tuple[Ranked, ...]
    rankings: Mapping[str, Ranking]  #: by language; the empty one is for languages that no candidate has
    stories: Mapping[str, Sequence[Ranked]]  #: who tells each story
    domains: Mapping[str, frozenset[str]]  #: a domain and all those above it -> the candidates' domains under it


def _ranking(ranked: Sequence[Ranked], newsletter: Newsletter, language: str, *, until: datetime) -> Ranking:
    most = max((one.candidate.article.view_count for one in ranked), default=0)
    scores = {one.id: score(one.candidate, newsletter, language, until=until, most_views=most) for one in ranked}
    ordered = sorted(ranked, key=lambda one: (-scores[one.id], -one.candidate.article.published_at.timestamp(), one.id))
    sections: dict[str, list[Ranked]] = {}
    for one in ordered:
        sections.setdefault(one.category, []).append(one)
    return Ranking(sections, {one.id: place for place, one in enumerate(ordered)})


def standings(pool: Pool) -> dict[str, Standing]:
    """Return the place of each candidate in its category, for a reader of the newsletter's language."""
    sections = pool.rankings[primary(pool.newsletter.language)].sections
    return {
        one.id: Standing(place, len(ranked), one.candidate.is_pinned)
        for ranked in sections.values()
        for place, one in enumerate(ranked, start=1)
    }


def _fresh_at(candidate: Candidate, late_since: datetime) -> datetime:
    """Return from when on an article is new: what came in late counts from then, unless it is older than a window."""
    published = candidate.article.published_at
    return max(published, candidate.first_seen_at) if published >= late_since else published


def prepare(candidates: Sequence[Candidate], newsletter: Newsletter, *, until: datetime) -> Pool:
    """Rank the candidates of an issue; their order does not matter."""
    late_since = until - timedelta(days=newsletter.window_days)
    ranked = tuple(
        Ranked(c, c.article.id, c.article.category.casefold(), c.article.domain, _fresh_at(c, late_since))
        for c in sorted(candidates, key=lambda c: c.article.id)
    )
    languages = {primary(one.candidate.article.language) for one in ranked}
    languages |= {primary(newsletter.language), ""}
    stories: dict[str, list[Ranked]] = {}
    domains: dict[str, set[str]] = {}
    for one in ranked:
        stories.setdefault(one.candidate.story, []).append(one)
        labels = one.domain.split(".")
        for start in range(len(labels)):
            domains.setdefault(".".join(labels[start:]), set()).add(one.domain)
    return Pool(
        newsletter=newsletter,
        candidates=ranked,
        rankings={language: _ranking(ranked, newsletter, language, until=until) for language in languages},
        stories=stories,
        domains={domain: frozenset(under) for domain, under in domains.items()},
    )
