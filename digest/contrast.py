"""Pure: how readable one colour is on another, also where a mail client turns light into dark, and what is near to it.

Colours are #rrggbb. Ratios are those of WCAG 2.2 (1.4.3), 1 to 21. Clients that know no dark design of ours invert the
light one by themselves: Outlook.com and Gmail on Android turn only what is on the wrong side of the middle, Gmail on
iOS everything. Their rule is known from emulations: lightness in CIELAB mirrored at 50 and flattened, chroma reduced.
"""

from collections.abc import Callable
from functools import lru_cache

LEAST = 4.5  # WCAG AA for text of any size
COMFORTABLE = 7.0  # WCAG AAA: what we aim at where the choice is ours
_FLATTENED = 0.75
_CHROMA_KEPT = 0.8
_STEP = 0.02  # of OKLCH lightness, 0 to 1
_FINEST = 0.0005
_WHITE_X, _WHITE_Z = 0.9505, 1.089  # D65


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _byte(linear: float) -> int:
    gamma = linear * 12.92 if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * min(1.0, max(0.0, gamma)))


@lru_cache(maxsize=4096)
def luminance(colour: str) -> float:
    """Return the relative luminance, 0 to 1, as WCAG defines it."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _cube_root(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116


def _cubed(value: float) -> float:
    return value**3 if value**3 > 0.008856 else (value - 16 / 116) / 7.787


@lru_cache(maxsize=4096)
def _lab(colour: str) -> tuple[float, float, float]:
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    x = _cube_root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / _WHITE_X)
    y = _cube_root(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = _cube_root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / _WHITE_Z)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _from_lab(lightness: float, a: float, b: float) -> str:
    middle = (lightness + 16) / 116
    x, y, z = _cubed(a / 500 + middle) * _WHITE_X, _cubed(middle), _cubed(middle - b / 200) * _WHITE_Z
    red = _byte(3.2406 * x - 1.5372 * y - 0.4986 * z)
    green = _byte(-0.9689 * x + 1.8758 * y + 0.0415 * z)
    blue = _byte(0.0557 * x - 0.204 * y + 1.057 * z)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _inverted(colour: str, is_turned: Callable[[float], bool]) -> str:
    lightness, a, b = _lab(colour)
    if is_turned(lightness):
        lightness = 50 - (lightness - 50) * _FLATTENED
    return _from_lab(lightness, a * _CHROMA_KEPT, b * _CHROMA_KEPT)


def all_inverted(text: str, ground: str) -> tuple[str, str]:
    """Return what Gmail on iOS makes of a text's colour and its ground's."""
    return _inverted(text, lambda _: True), _inverted(ground, lambda _: True)


def partly_inverted(text: str, ground: str) -> tuple[str, str]:
    """Return what Outlook.com and Gmail on Android make of a text's colour and its ground's."""
    return _inverted(text, lambda lightness: lightness < 50), _inverted(ground, lambda lightness: lightness >= 50)


@lru_cache(maxsize=4096)
def with_lightness(colour: str, lightness: float) -> str:
    """Return the colour of the same OKLCH hue at another lightness, 0 to 1; less vivid where no screen shows it."""
    return like(colour, lightness=lightness, most_chroma=1)


def like(colour: str, *, lightness: float, most_chroma: float) -> str:
    """Return a colour of the same OKLCH hue, of that lightness (0 to 1), and at most that vivid (0 to 0.4)."""
    from coloraide import Color  # takes longer to load than everything else here

    moved = Color(colour).convert("oklch").set("lightness", lightness).set("chroma", lambda c: min(c, most_chroma))
    return moved.convert("srgb").fit(method="oklch-chroma").to_string(hex=True)


def lightness_of(colour: str) -> float:
    """Return the OKLCH lightness, 0 to 1."""
    from coloraide import Color

    return float(Color(colour).convert("oklch")["lightness"])


def nearest(colour: str, passes: Callable[[str], bool]) -> str | None:
    """Return the colour that passes with the least change of OKLCH lightness, hue kept, or None when none does."""
    if passes(colour):
        return colour
    start = lightness_of(colour)
    steps = sorted({start, 0.0, 1.0, *(n * _STEP for n in range(1, round(1 / _STEP)))}, key=lambda at: abs(at - start))
    for coarse in steps:
        if passes(with_lightness(colour, coarse)):
            return with_lightness(colour, _edge(colour, start, coarse, passes))
    return None


def _edge(colour: str, start: float, good: float, passes: Callable[[str], bool]) -> float:
    """Move a lightness that passes back towards the start, for as long as it passes."""
    bad = good - _STEP if good > start else good + _STEP
    bad = max(bad, start) if good > start else min(bad, start)
    while abs(good - bad) > _FINEST:
        middle = (good + bad) / 2
        if passes(with_lightness(colour, middle)):
            good = middle
        else:
            bad = middle
    return good
