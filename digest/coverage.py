"""What an issue leaves uncovered: categories without stories, articles that nobody gets, one source that dominates."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from digest import candidates, issues, tables
from digest.model import Candidate, Issue, JsonObject

DOMINANT = 0.4  # share of all stories placed from which on one source dominates an issue
DOMINANT_LEAST = 5  # different stories without which nothing can be said of sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What an editor should know before an issue goes out."""

    empty_categories: tuple[str, ...]  #: of the newsletter, without any candidate
    starved_categories: Mapping[str, int]  #: with candidates, but nobody gets one; and how many they are
    unread: tuple[str, ...]  #: ids of candidates in the newsletter's categories that nobody gets
    without_mail: int  #: readers for whom nothing, or too little, was found
    dominant: Mapping[str, float]  #: domains that tell more than their share of the stories that readers get


def coverage(connection: Connection, issue: Issue) -> Coverage:
    """Gather what an issue leaves uncovered."""
    pool = candidates.frozen(connection, issue)
    placed = _placed(connection, issue)
    by_category: dict[str, list[Candidate]] = {name.casefold(): [] for name in issue.newsletter.categories}
    for candidate in pool.values():
        if (found := by_category.get(candidate.article.category.casefold())) is not None:
            found.append(candidate)
    starved = {
        name: len(by_category[name.casefold()])
        for name in issue.newsletter.categories
        if by_category[name.casefold()] and not any(c.article.id in placed for c in by_category[name.casefold()])
    }
    return Coverage(
        empty_categories=tuple(name for name in issue.newsletter.categories if not by_category[name.casefold()]),
        starved_categories=starved,
        unread=tuple(c.article.id for found in by_category.values() for c in found if c.article.id not in placed),
        without_mail=_without_mail(connection, issue),
        dominant=_dominant(pool, placed),
    )


def _placed(connection: Connection, issue: Issue) -> Counter[str]:
    """Return how many readers get each article. Streams: memory grows with articles, not with editions."""
    readers = issues.edition_readers(connection, issue)
    placed: Counter[str] = Counter()
    for edition in issues.editions(connection, issue):
        for placement in edition.placements:
            placed[placement.article_id] += readers.get(edition.number, 0)
    return placed


def _without_mail(connection: Connection, issue: Issue) -> int:
    table = tables.skips
    query = select(func.count()).where(table.c.issue_id == issue.id, table.c.reason.in_(("no_articles", "too_few")))
    return int(connection.execute(query).scalar_one())


def _dominant(pool: Mapping[str, Candidate], placed: Counter[str]) -> dict[str, float]:
    """Return the sources that tell too large a share of what readers get."""
    if len(placed) < DOMINANT_LEAST:
        return {}
    domains: Counter[str] = Counter()
    for article_id, readers in placed.items():
        domains[pool[article_id].article.domain] += readers
    total = domains.total()
    return {domain: count / total for domain, count in domains.most_common() if total and count / total >= DOMINANT}


def presentation(found: Coverage) -> JsonObject:
    """Return the JSON object of an issue's coverage."""
    return {
        "empty_categories": list(found.empty_categories),
        "starved_categories": dict(found.starved_categories),
        "unread": list(found.unread),
        "without_mail": found.without_mail,
        "dominant": {domain: round(share, 3) for domain, share in found.dominant.items()},
    }


def sentences(found: Coverage) -> list[str]:
    """Say what is uncovered, a line each, for a person; nothing when all is well."""
    lines = [f"No story at all in {name}." for name in found.empty_categories]
    for name, count in found.starved_categories.items():
        lines.append(
            f"Nobody gets {'the only candidate' if count == 1 else f'any of the {count} candidates'} in {name}."
        )
    if found.unread:
        lines.append(f"Nobody gets {len(found.unread):,} of the candidates; `digest explain` says why, for any reader.")
    if found.without_mail:
        readers = "one reader" if found.without_mail == 1 else f"{found.without_mail:,} readers"
        lines.append(f"Nothing, or too little, was found for {readers}.")
    lines += [
        f"{domain} tells {share:.0%} of all stories that readers get." for domain, share in found.dominant.items()
    ]
    return lines
