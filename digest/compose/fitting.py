"""An edition made to fit the size limit: its lowest-ranked stories step down, level by level, until it does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.compose.compiling import CompiledIssue, Part
from digest.model import Depth, Placement

HTML_LIMIT = 90_000  # bytes of a mail's HTML; Gmail cuts at about 102,000 (email-bugs#41), and hides the footer with it
_DOWN: dict[Depth, Depth | None] = {Depth.FULL: Depth.BRIEF, Depth.BRIEF: Depth.HEADLINES, Depth.HEADLINES: None}


@dataclass(frozen=True, slots=True)
class _Step:
    """One story's way down by one level; `to` None: out of the mail, onto the page in the browser."""

    article_id: str
    depth: Depth
    to: Depth | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """An edition that fits."""

    placements: tuple[Placement, ...]
    more: tuple[str, ...]  #: ids of the articles that the mail has no room for, in the edition's order


def largest(part: Part, names: Sequence[str], bounds: Mapping[str, int]) -> int:
    """Return how many bytes these pieces can have at most; `bounds` are the largest values that fill their places."""
    return sum(part.sizes[name] + sum(bounds[value] for value in part.pieces[name][1::2]) for name in names)


def _ladder(placements: Sequence[Placement], ranks: Mapping[str, int]) -> Iterator[_Step]:
    """Yield the ways down in order: every full story becomes brief before any brief one becomes a headline."""
    at = {placement.article_id: placement.depth for placement in placements}
    lowest_first = sorted(placements, key=lambda placement: -ranks[placement.article_id])
    for level in reversed(Depth):
        for placement in lowest_first:
            if at[placement.article_id] is level:
                below = _DOWN[level]
                yield _Step(placement.article_id, level, below)
                if below is not None:
                    at[placement.article_id] = below


def fit(
    placements: Sequence[Placement],
    ranks: Mapping[str, int],
    *,
    size: Callable[[Sequence[Placement], bool], int],
    weight: Callable[[str, Depth], int],
    limit: int,
) -> Fitted:
    """Step down, what was chosen last first, until an edition is within the limit.

    `size` are the bytes of an edition and of the line about more on the web, if it has one; `weight` is about what a
    card takes, so that `size` is asked only when the steps may be enough.
    """
    kept = {placement.article_id: placement for placement in placements}
    excess = size(placements, False) - limit
    for step in _ladder(placements, ranks):
        if excess <= 0:
            excess = size(list(kept.values()), len(kept) < len(placements)) - limit
            if excess <= 0:
                break
        excess -= weight(step.article_id, step.depth)
        if step.to is None:
            del kept[step.article_id]
        else:
            kept[step.article_id] = Placement(step.article_id, step.to, kept[step.article_id].is_update)
            excess += weight(step.article_id, step.to)
    more = tuple(placement.article_id for placement in placements if placement.article_id not in kept)
    return Fitted(tuple(kept.values()), more)


def frame_bytes(compiled: CompiledIssue, bounds: Mapping[str, int]) -> int:
    """Return how many bytes stand around an edition's pieces at most."""
    return largest(compiled.html, ("open", "mid", "end"), bounds)
