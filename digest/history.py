"""What readers have had: the issues, articles, stories and corrections that may have been accepted for them.

What an earlier issue will bring them before the new one counts as well: else its stories would come twice.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, exists, func, or_, select

from digest import tables
from digest.model import Candidate, Correction, DeliveryStatus, Issue

MAY_HAVE_RECEIVED = (DeliveryStatus.ACCEPTED, DeliveryStatus.UNKNOWN, DeliveryStatus.SENDING)
REMEMBERED_ISSUES = 8  # whose subjects are not used again: what an inbox still shows near the new one
_IDS_AT_A_TIME = 500  # well under every database's limit of parameters
_CARDS = re.compile(r"(?:^| )c(\d+)")
_CORRECTIONS = re.compile(r"(?:^| )k(\d+)")
_A, _C, _D, _E, _I = tables.articles, tables.candidates, tables.deliveries, tables.editions, tables.issues


class _Version(NamedTuple):
    """An article as an earlier issue gave it."""

    article_id: str
    story: str  #: as it is known now
    revision: int


@dataclass(slots=True)
class Had:
    """What one reader has had of what the new issue is about."""

    revisions: dict[str, list[int]] = field(default_factory=dict)  #: by id of the article, each time it came
    stories: set[str] = field(default_factory=set)
    received_at: dict[str, datetime] = field(default_factory=dict)  #: by id of the article, the first time
    corrections: set[int] = field(default_factory=set)  #: ids of those that they were told


class Coming(NamedTuple):
    """A mail of an earlier issue that is released, and that its reader gets before the new one."""

    subscriber_id: int
    issue_id: int
    newsletter: str
    until: datetime  #: of its issue
    at: datetime  #: when the new issue comes: until then, a correction changes this mail, and needs no telling
    pieces: str


@dataclass(frozen=True, slots=True)
class History:
    """The earlier issues that matter for a new one: they gave its candidates, others of its stories, corrections."""

    versions: Mapping[int, Mapping[int, _Version]]  #: by issue and number of the candidate
    issues: frozenset[int]
    going: frozenset[int]  #: released issues that some readers are still to get

    def coming(self, connection: Connection, before: Mapping[int, datetime]) -> list[Coming]:
        """Return what people are still to get before a moment, each of their own, by id.

        What their servers put off is not counted: after hours it comes too seldom, and what comes twice is better than
        what never comes.
        """
        if not self.going:
            return []
        query = (
            select(_D.c.subscriber_id, _D.c.issue_id, _D.c.next_at, _I.c.newsletter, _I.c.until, _E.c.pieces)
            .join_from(_D, _I, _I.c.id == _D.c.issue_id)
            .join(_E, (_E.c.issue_id == _D.c.issue_id) & (_E.c.number == _D.c.edition))
            .where(
                _D.c.issue_id.in_(sorted(self.going)),
                _D.c.subscriber_id.between(min(before), max(before)),
                _D.c.status == DeliveryStatus.PLANNED,
            )
        )
        return [
            Coming(row.subscriber_id, row.issue_id, row.newsletter, row.until, at, row.pieces)
            for row in connection.execute(query)
            if (at := before.get(row.subscriber_id)) is not None and (row.next_at is None or row.next_at < at)
        ]

    def of(self, connection: Connection, first_id: int, last_id: int, coming: Iterable[Coming]) -> dict[int, Had]:
        """Return what these people have had, or are still to get, by id; who had nothing that matters is left out."""
        found: dict[int, Had] = {}
        rows: Iterable[Any] = chain(_editions_received(connection, self.issues, first_id, last_id), coming)
        for row in rows:
            had = found.setdefault(row.subscriber_id, Had())
            had.corrections.update(int(number) for number in _CORRECTIONS.findall(row.pieces))
            versions = self.versions.get(row.issue_id, {})
            for number in _CARDS.findall(row.pieces):
                if version := versions.get(int(number)):
                    _note(had, version, row.at)
        return found


def _note(had: Had, version: _Version, at: datetime) -> None:
    had.revisions.setdefault(version.article_id, []).append(version.revision)
    had.stories.add(version.story)
    had.received_at[version.article_id] = min(had.received_at.get(version.article_id, at), at)


def _editions_received(
    connection: Connection, issues: Iterable[int], first_id: int, last_id: int
) -> Sequence[Row[int, int, datetime, str]]:
    """Return who received which pieces of these issues, and when."""
    same = (_E.c.issue_id == _D.c.issue_id) & (_E.c.number == _D.c.edition)
    query = (
        select(_D.c.subscriber_id, _D.c.issue_id, _D.c.at, _E.c.pieces)
        .join_from(_D, _E, same)
        .where(
            _D.c.issue_id.in_(sorted(issues)),
            _D.c.subscriber_id.between(first_id, last_id),
            _D.c.status.in_(MAY_HAVE_RECEIVED),
        )
    )
    return connection.execute(query).all() if issues else []


def load(
    connection: Connection, candidates: Iterable[Candidate], corrections: Sequence[Correction], *, since: datetime
) -> History:
    """Find the earlier issues that gave these candidates, others of their stories, or what was corrected.

    Those that are still to come to some are looked for among the issues that ended after `since`.
    """
    wanted = {candidate.story for candidate in candidates} | {correction.article_id for correction in corrections}
    ordered = sorted(wanted)
    versions: dict[int, dict[int, _Version]] = {}
    query = select(_C.c.issue_id, _C.c.number, _C.c.article_id, _C.c.revision, _A.c.story)
    query = query.join_from(_C, _A, _A.c.id == _C.c.article_id)
    for start in range(0, len(ordered), _IDS_AT_A_TIME):
        some = ordered[start : start + _IDS_AT_A_TIME]  # a story has the id of an article, maybe of one that is alone
        for row in connection.execute(query.where(or_(_A.c.story.in_(some), _A.c.id.in_(some)))):
            version = _Version(row.article_id, row.story or row.article_id, row.revision)
            versions.setdefault(row.issue_id, {})[row.number] = version
    return History(versions, frozenset(versions) | _telling(connection, corrections), _going(connection, since))


def _going(connection: Connection, since: datetime) -> frozenset[int]:
    """Return the released issues of which something is still planned."""
    planned = exists().where(_D.c.issue_id == _I.c.id, _D.c.status == DeliveryStatus.PLANNED)
    query = select(_I.c.id).where(_I.c.released_at.is_not(None), _I.c.until >= since, planned)
    return frozenset(connection.execute(query).scalars())


def _telling(connection: Connection, corrections: Sequence[Correction]) -> frozenset[int]:
    """Return the issues that told corrections; no other piece's name holds a k."""
    if not corrections:
        return frozenset()
    return frozenset(connection.execute(select(_E.c.issue_id).where(_E.c.pieces.contains("k")).distinct()).scalars())


def last_issues(
    connection: Connection, newsletter: str, first_id: int, last_id: int, coming: Iterable[Coming]
) -> dict[int, datetime]:
    """Return until when the last issue of this newsletter looked that people had, or are still to get, by their id."""
    query = (
        select(_D.c.subscriber_id, func.max(_I.c.until, type_=_I.c.until.type))
        .join_from(_D, _I, _I.c.id == _D.c.issue_id)
        .where(
            _D.c.subscriber_id.between(first_id, last_id),
            _D.c.status.in_(MAY_HAVE_RECEIVED),
            _I.c.newsletter == newsletter,
        )
        .group_by(_D.c.subscriber_id)
    )
    last: dict[int, datetime] = {subscriber_id: at for subscriber_id, at in connection.execute(query)}
    for one in coming:
        if one.newsletter == newsletter:
            last[one.subscriber_id] = max(one.until, last.get(one.subscriber_id, one.until))
    return last


def subjects(connection: Connection, issue: Issue) -> frozenset[str]:
    """Return the subjects of the newsletter's last issues before this one: no mail of it may have one of them."""
    earlier = (_I.c.newsletter == issue.newsletter.slug) & (_I.c.number < issue.number)
    query = select(_E.c.subject).join(_I, _I.c.id == _E.c.issue_id)
    query = query.where(earlier, _I.c.number >= issue.number - REMEMBERED_ISSUES).distinct()
    return frozenset(connection.execute(query).scalars())
