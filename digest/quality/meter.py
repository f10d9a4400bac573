"""A finding's figure beside its limit, as a bar with a tick."""

import re
from typing import NamedTuple

from digest.quality.finding import Finding

_AMOUNT = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*([^\s\d,;]*)")
_BOUND = re.compile(r"(?:at (most|least)|≤|≥)\s*(.*)")
ROOM = 1.25  # how much longer the scale is than the longer of both


class Meter(NamedTuple):
    """Percent of the scale: the figure's bar, and where the limit's tick stands."""

    bar: float
    tick: float


def meter(finding: Finding) -> Meter | None:
    """Return the bar of a finding whose limit is “at most” or “at least” so much of the same unit; else None."""
    bound = _BOUND.match(finding.limit)
    value = _AMOUNT.search(finding.value)
    limit = _AMOUNT.match(bound[2]) if bound else None
    if not value or not limit or value[2] != limit[2]:
        return None
    figures = [float(amount[1].replace(",", "")) for amount in (value, limit)]
    scale = max(figures) * ROOM
    return Meter(*(round(100 * figure / scale, 1) for figure in figures)) if scale else None
