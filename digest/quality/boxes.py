"""Boxes that are set off from what is around them, such as “Why it matters”: they must be so in every colour mode."""

from typing import NamedTuple

from digest.quality.finding import Finding
from digest.quality.listing import listed
from digest.quality.pane import Pane

LIMIT = "every box that is set off in light"


class Box(NamedTuple):
    """One element with a background of its own: its place in the document, its name, and whether one sees its edge."""

    place: int
    name: str
    set_off: bool


def seen(pane: Pane) -> list[Box]:
    """Return the boxes of what is shown now; an edge is seen where the grounds differ by 1.05:1, or a border by 3:1."""
    return [Box(*box) for box in pane.run("boxes")]


def finding(name: str, in_light: list[Box], now: list[Box]) -> Finding:
    """Compare with the same mail in light: what was set off there and is not now has lost its edge."""
    still = {box.place for box in now if box.set_off}
    wanted = [box for box in in_light if box.set_off]
    lost = [box.name for box in wanted if box.place not in still]
    faults = [f"{box} cannot be told from its surroundings: give it a border or another ground here" for box in lost]
    value = f"{len(wanted) - len(lost)} of {len(wanted)}"
    return Finding(name=name, passed=not lost, value=value, limit=LIMIT, detail=listed(faults))
