"""The look's eight category colours, and which of them a category takes."""

import hashlib
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


def colour_name(category: str) -> str:
    """Return the name of a category's colour: its own, or one of the eight by hash, always the same."""
    name = category.casefold()
    if name in COLOURS:
        return name
    return list(COLOURS)[hashlib.sha256(name.encode()).digest()[0] % len(COLOURS)]
