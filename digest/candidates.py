"""The candidates of an issue: gathered from the store when it is planned, and read back as they were frozen."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from digest import articles, pictures, tables
from digest.model import Candidate, Issue, JsonObject, Outlet, Picture

OUTLETS = 3  # “also in” names so many: a line of them, not a directory

_A, _C, _P = tables.articles, tables.candidates, tables.pictures


def _outlets(candidates: list[Candidate]) -> list[Candidate]:
    """Give each candidate the other outlets that tell its story: each domain once, the first few by id."""
    tellers: dict[str, list[Candidate]] = {}
    for candidate in sorted(candidates, key=lambda c: c.article.id):
        tellers.setdefault(candidate.story, []).append(candidate)
    return [
        replace(candidate, also_in=_others(candidate, tellers[candidate.story]))
        if len(tellers[candidate.story]) > 1
        else candidate
        for candidate in candidates
    ]


def _others(candidate: Candidate, tellers: list[Candidate]) -> tuple[Outlet, ...]:
    outlets = {
        other.article.domain: Outlet(other.article.domain, other.article.url)
        for other in reversed(tellers)
        if other.article.domain != candidate.article.domain and not other.is_withdrawn
    }
    return tuple(sorted(outlets.values()))[:OUTLETS]


def _picture(row: Row[Any], base_url: str) -> Picture | None:
    return Picture(pictures.address(base_url, row.picture), row.width, row.height) if row.picture else None


def _of_rows(rows: Iterable[Row[Any]], base_url: str) -> list[Candidate]:
    """Return the candidates of such rows, each with the other outlets of its story."""
    return _outlets(
        [
            Candidate(
                number=row.number,
                article=articles.from_json(row.content),
                story=row.story,
                revision=row.revision,
                first_seen_at=row.first_seen_at,
                is_pinned=row.is_pinned,
                is_withdrawn=row.is_withdrawn,
                picture=_picture(row, base_url),
                picture_failure=row.picture_failure,
            )
            for row in rows
        ]
    )


def gather(connection: Connection, *, since: datetime, until: datetime) -> list[Candidate]:
    """Return the articles with `since` ≤ published < `until`, and those that changed materially in that time.

    They are numbered from the newest, equal instants by id.
    """
    in_window = and_(_A.c.published_at >= since, _A.c.published_at < until)
    revised = and_(_A.c.published_at < since, _A.c.revised_at >= since, _A.c.revised_at < until)
    rows = connection.execute(select(_A).where(or_(in_window, revised))).all()
    newest_first = sorted(rows, key=lambda row: (-row.published_at.timestamp(), row.id))
    return _outlets(
        [
            Candidate(
                number=number,
                article=articles.from_json(row.content),
                story=row.story or row.id,
                revision=row.revision,
                first_seen_at=row.first_seen_at,
                is_pinned=row.pinned_at is not None,
                is_withdrawn=row.withdrawn_at is not None,
            )
            for number, row in enumerate(newest_first)
        ]
    )


def frozen_row(issue_id: int, candidate: Candidate) -> JsonObject:
    """Return the row of `tables.candidates` that freezes a candidate."""
    return {
        "issue_id": issue_id,
        "article_id": candidate.article.id,
        "number": candidate.number,
        "content": articles.to_json(candidate.article),
        "story": candidate.story,
        "revision": candidate.revision,
        "first_seen_at": candidate.first_seen_at,
        "is_pinned": candidate.is_pinned,
        "is_withdrawn": candidate.is_withdrawn,
        "is_taken_out": False,
        "picture": pictures.name_in(candidate.picture.url) if candidate.picture else None,
        "picture_failure": candidate.picture_failure,
    }


def taken_out(connection: Connection, issue: Issue) -> frozenset[str]:
    """Return the ids of the candidates that an editor has taken out of the issue since it was planned."""
    query = select(_C.c.article_id).where(_C.c.issue_id == issue.id, _C.c.is_taken_out.is_(True))
    return frozenset(connection.execute(query).scalars())


def frozen(connection: Connection, issue: Issue) -> dict[str, Candidate]:
    """Return the candidates as they were when the issue was planned, the newest first, by id of the article."""
    joined = _C.outerjoin(_P, _P.c.name == _C.c.picture)
    query = select(_C, _P.c.width, _P.c.height).select_from(joined).where(_C.c.issue_id == issue.id)
    rows = connection.execute(query.order_by(_C.c.number))
    return {candidate.article.id: candidate for candidate in _of_rows(rows, issue.base_url)}
