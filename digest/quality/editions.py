"""Which editions stand for an issue when it is checked: the smallest, the largest, and the odd ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from digest import issues, tables
from digest.compose.pieces import MORE
from digest.history import REMEMBERED_ISSUES
from digest.model import Delivery, Depth, Edition, Issue


@dataclass(frozen=True, slots=True)
class Sample:
    """An edition to check, and why this one."""

    edition: int
    why: str  #: “largest edition, 4 readers”
    readers: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """One reason to check an edition: of those that have it, the one with the most of it, the first planned first."""

    why: str
    amount: Callable[[Edition, int], float | None]  #: from the edition and its readers; None where it is not odd so


def _only_headlines(edition: Edition, _: int) -> float | None:
    depths = {placement.depth for placement in edition.placements}
    return len(edition.placements) if depths == {Depth.HEADLINES} else None


def _most_full(edition: Edition, _: int) -> float | None:
    return sum(placement.depth is Depth.FULL for placement in edition.placements) or None


def _without_pictures(edition: Edition, _: int) -> float | None:
    """Count the pieces where none has a picture: their variant's letters hold a `p` then (digest.compose.pieces)."""
    return None if any("p" in name.partition(".")[2] for name in edition.pieces) else len(edition.pieces)


def _pieces(first: str) -> Callable[[Edition, int], float | None]:
    return lambda edition, _: sum(name.startswith(first) and name[1:2].isdigit() for name in edition.pieces) or None


KINDS = (
    _Kind("largest edition", lambda edition, _: edition.html_bytes),
    _Kind("smallest edition", lambda edition, _: -edition.html_bytes),
    _Kind("edition of most readers", lambda _, readers: readers),
    _Kind("edition of fewest stories", lambda edition, _: -len(edition.placements)),
    _Kind("edition of most sections", _pieces("s")),
    _Kind("edition of headlines alone", _only_headlines),
    _Kind("edition of most full stories", _most_full),
    _Kind("edition without pictures", _without_pictures),
    _Kind("edition with a correction", _pieces("k")),
    _Kind("edition with an update", lambda edition, _: sum(one.is_update for one in edition.placements) or None),
    _Kind("edition with more on the web", lambda edition, _: len(edition.more) if MORE in edition.pieces else None),
)


def choose(editions: Iterable[Edition], readers: Mapping[int, int]) -> list[Sample]:
    """Return at most eleven editions that somebody gets; the same ones every time. One edition may be odd in many ways.

    `readers` is how many deliveries each edition has. The editions are read once, and not kept.
    """
    best: dict[str, tuple[float, Edition]] = {}
    for edition in editions:
        count = readers.get(edition.number, 0)
        for kind in KINDS if count else ():
            amount = kind.amount(edition, count)
            if amount is not None and (kind.why not in best or amount > best[kind.why][0]):
                best[kind.why] = amount, edition
    reasons: dict[int, list[str]] = {}
    for kind in KINDS:
        if kind.why in best:
            reasons.setdefault(best[kind.why][1].number, []).append(kind.why)
    return [Sample(number, _named(whys, readers[number]), readers[number]) for number, whys in reasons.items()]


def _named(whys: list[str], readers: int) -> str:
    """Say what an edition stands for: “largest edition and edition of most readers, 4 readers”."""
    first, *others = whys
    rest = [why.removesuffix(" edition").removeprefix("edition ") for why in others]
    return f"{', '.join([first, *rest])}; {readers} {'reader' if readers == 1 else 'readers'}"


def delivery_in(connection: Connection, issue: Issue, edition: int) -> Delivery:
    """Return the first delivery of an edition, by subscriber; there must be one."""
    deliveries, people = tables.deliveries, tables.subscribers
    query = (
        select(*issues.delivery_columns())
        .select_from(deliveries.join(people, people.c.id == deliveries.c.subscriber_id))
        .where(deliveries.c.issue_id == issue.id, deliveries.c.edition == edition)
        .order_by(deliveries.c.subscriber_id)
        .limit(1)
    )
    return issues.delivery_from(connection.execute(query).one())


def earlier_subjects(connection: Connection, issue: Issue, subjects: Iterable[str]) -> set[str]:
    """Return which of these subjects an edition of an earlier issue of the newsletter had, of those that went out."""
    earlier, editions = tables.issues, tables.editions
    query = (
        select(editions.c.subject)
        .join(earlier, earlier.c.id == editions.c.issue_id)
        .where(
            earlier.c.newsletter == issue.newsletter.slug,
            earlier.c.number < issue.number,
            earlier.c.number >= issue.number - REMEMBERED_ISSUES,
            earlier.c.released_at.is_not(None),  # what never went out stands in nobody’s inbox
            editions.c.subject.in_(sorted(set(subjects))),
        )
        .distinct()
    )
    return set(connection.execute(query).scalars())
