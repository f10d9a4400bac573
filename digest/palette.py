"""The look's eight category colours, and which of them a category takes."""

import hashlib
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple


class Colour(NamedTuple):
    """One hue in its two grounds: ≥ 6.9:1 on light ones, ≥ 7.2:1 on dark ones."""

    light: str
    dark: str


COLOURS: dict[str, Colour] = {
    "world": Colour("#1d4f91", "#8fb8f5"),
    "business": Colour("#6f4500", "#e3b566"),
    "technology": Colour("#5a3fa6", "#bba8f7"),
    "science": Colour("#005a51", "#62cfc0"),
    "climate": Colour("#2d5d19", "#97cf7c"),
    "health": Colour("#951f44", "#f797b1"),
    "culture": Colour("#822a77", "#e5a0da"),
    "sport": Colour("#933209", "#fba27a"),
}


def colour_name(category: str, among: Iterable[str] = ()) -> str:
    """Return the name of a category's colour: its own, or one of the eight by hash, always the same.

    `among` are all categories of its newsletter: as long as there are no more than colours, each has its own.
    """
    name = category.casefold()
    others = frozenset(other.casefold() for other in among)
    return _assigned(others | {name})[name]


@cache
def _assigned(categories: frozenset[str]) -> dict[str, str]:
    """Give each category a colour, whatever their order: that of its name, or the first free one from its hash on."""
    names = list(COLOURS)
    assigned = {category: category for category in categories if category in COLOURS}
    for category in sorted(categories - assigned.keys()):
        start = hashlib.sha256(category.encode()).digest()[0]
        wanted = [names[(start + step) % len(names)] for step in range(len(names))]
        taken = set(assigned.values())
        assigned[category] = next((name for name in wanted if name not in taken), wanted[0])
    return assigned
