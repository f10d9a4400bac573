"""Whether all text of what the pane shows stands out from its ground: WCAG 2.2 AA."""

from typing import NamedTuple

from digest.quality.finding import Finding
from digest.quality.listing import listed
from digest.quality.pane import Pane

LIMIT = "at least 4.5:1, large text 3:1"


class Contrast(NamedTuple):
    """What was measured: text too faint, text on pictures, of which nobody can tell, and the least ratio."""

    faults: list[str]
    unsure: list[str]
    least: float


def measure(pane: Pane) -> Contrast:
    """Measure what is shown now: each text against the backgrounds behind it, and the alt text of failed pictures."""
    return Contrast(**pane.run("contrast"))


def finding(name: str, measured: Contrast) -> Finding:
    """Return the finding of that name."""
    faint = len(measured.faults)
    value = f"{faint} too faint, least {measured.least:.1f}:1" if faint else f"least {measured.least:.1f}:1"
    return Finding(
        name=name, passed=not faint, value=value, limit=LIMIT, detail=listed(measured.faults + measured.unsure)
    )
