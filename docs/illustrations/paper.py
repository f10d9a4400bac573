"""Cut paper in SVG: skies, ridges, water and small things, drawn from a seed so that a scene is always the same."""

import math
import random
from collections.abc import Iterable, Sequence

WIDTH, HEIGHT = 1104, 621
Point = tuple[float, float]


def gradient(name: str, *stops: str) -> str:
    """A vertical gradient of evenly spaced colours; a stop may name its own place, as in `#fff 40%`."""
    parts = []
    for number, stop in enumerate(stops):
        colour, _, place = stop.partition(" ")
        place = place or f"{100 * number / (len(stops) - 1):.0f}%"
        parts.append(f'<stop offset="{place}" stop-color="{colour}"/>')
    return f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">{"".join(parts)}</linearGradient>'


def sky(*stops: str) -> str:
    """Fill the sheet with a gradient from top to bottom."""
    return gradient("sky", *stops) + rect(0, 0, WIDTH, HEIGHT, "url(#sky)")


def rect(x: float, y: float, width: float, height: float, fill: str, *, radius: float = 0, more: str = "") -> str:
    """A rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" fill="{fill}" {more}/>'
    )


def disc(x: float, y: float, radius: float, fill: str, *, opacity: float = 1) -> str:
    """A circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.2f}" fill="{fill}" opacity="{opacity}"/>'


def halo(x: float, y: float, radius: float, fill: str, *, rings: int = 4, opacity: float = 0.09) -> str:
    """A sun or moon in rings of thin paper."""
    light = "".join(disc(x, y, radius * (1 + 0.45 * ring), fill, opacity=opacity) for ring in range(rings, 0, -1))
    return light + disc(x, y, radius, fill)


def path(d: str, fill: str, *, more: str = "") -> str:
    """A filled path."""
    return f'<path d="{d}" fill="{fill}" {more}/>'


def line(d: str, colour: str, width: float, *, opacity: float = 1) -> str:
    """A stroked path with round ends."""
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linecap="round"'
        f' stroke-linejoin="round" opacity="{opacity}"/>'
    )


def polygon(points: Iterable[Point], fill: str, *, more: str = "") -> str:
    """A polygon."""
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="{fill}" {more}/>'


def noise(seed: int, octaves: int = 5, *, first: float = 260) -> "list[tuple[float, float, float]]":
    """Waves of halving length and strength: wavelength, strength, phase."""
    rng = random.Random(seed)
    return [(first / 1.9**n, 1 / 1.9**n, rng.uniform(0, 2 * math.pi)) for n in range(octaves)]


def height_at(x: float, waves: Sequence[tuple[float, float, float]]) -> float:
    """The waves' sum at x, within about ±1."""
    total = sum(math.sin(2 * math.pi * x / length + phase) * strength for length, strength, phase in waves)
    return total / sum(strength for _, strength, _ in waves)


def ridge_points(
    y: float, rise: float, seed: int, *, first: float = 420, octaves: int = 5, tilt: float = 0, step: int = 4
) -> list[Point]:
    """The upper edge of a range of hills around y."""
    waves = noise(seed, octaves, first=first)
    return [(x, y + tilt * (x / WIDTH - 0.5) - rise * height_at(x, waves)) for x in range(-8, WIDTH + 12, step)]


def ridge(y: float, rise: float, seed: int, fill: str, **shape: float) -> str:
    """A range of hills down to the foot of the sheet."""
    points = ridge_points(y, rise, seed, **shape)  # type: ignore[arg-type]
    return polygon([(-8, HEIGHT + 8), *points, (WIDTH + 12, HEIGHT + 8)], fill)


def peaks(points: Sequence[Point], seed: int, fill: str, *, jag: float = 5) -> str:
    """A range through given summits and passes, its edges a little torn."""
    rng = random.Random(seed)
    edge: list[Point] = []
    for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False):
        pieces = max(2, int(abs(x2 - x1) / 14))
        for n in range(pieces):
            t = n / pieces
            torn = rng.uniform(-jag, jag) if n else 0
            edge.append((x1 + (x2 - x1) * t, y1 + (y2 - y1) * t + torn))
    edge.append(points[-1])
    return polygon([(edge[0][0], HEIGHT + 8), *edge, (edge[-1][0], HEIGHT + 8)], fill)


def stars(count: int, seed: int, *, below: float, fill: str = "#fff7e0") -> str:
    """Stars of a few sizes over the upper part of the sheet."""
    rng = random.Random(seed)
    return "".join(
        disc(
            rng.uniform(0, WIDTH),
            below * rng.random() ** 1.3,
            rng.choice((0.8, 0.8, 1.1, 1.1, 1.7)),
            fill,
            opacity=round(rng.uniform(0.25, 0.85), 2),
        )
        for _ in range(count)
    )


def glints(
    count: int, seed: int, fill: str, *, top: float, bottom: float, centre: float | None = None, opacity: float = 0.5
) -> str:
    """Short strokes of light on water, longer towards the viewer; gathered under a light at `centre`."""
    rng = random.Random(seed)
    strokes = []
    for _ in range(count):
        depth = rng.random()
        y = top + (bottom - top) * depth
        spread = (0.05 + 0.16 * depth) * WIDTH
        x = rng.gauss(centre, spread * 0.6) if centre is not None else rng.uniform(-40, WIDTH)
        length = (16 + 70 * depth) * rng.uniform(0.4, 1.2)
        strokes.append(rect(x - length / 2, y, length, 1 + 1.6 * depth, fill, radius=1, more=f'opacity="{opacity}"'))
    return "".join(strokes)


def mist(spots: Iterable[tuple[float, float, float, float, float]], fill: str, *, blur: float = 14) -> str:
    """Banks of mist with soft edges: x, y, width, height, opacity."""
    name = f"soft{blur:.0f}"
    banks = "".join(rect(x, y, w, h, fill, radius=h / 2, more=f'opacity="{o}"') for x, y, w, h, o in spots)
    soft = f'<filter id="{name}" x="-30%" y="-80%" width="160%" height="260%"><feGaussianBlur stdDeviation="{blur}"/></filter>'
    return f'{soft}<g filter="url(#{name})">{banks}</g>'


def birds(spots: Iterable[tuple[float, float, float]], colour: str) -> str:
    """Birds as two arcs: x, y, half the wings' span."""
    return "".join(
        line(
            f"M{x - s} {y - s * 0.3} q{s * 0.55} {-s * 0.35} {s} {s * 0.3} q{s * 0.45} {-s * 0.65} {s} {-s * 0.3}",
            colour,
            max(1.4, s / 6),
        )
        for x, y, s in spots
    )


def wood(y: float, seed: int, fill: str, tall: float) -> str:
    """A band of trees along y, as tall as the noise says."""
    rng = random.Random(seed)
    waves = noise(seed, first=500)
    trees = "".join(
        path(f"M{x} {y + 20} q{-w} {-h * 0.5} 0 {-h} q{w} {h * 0.5} 0 {h} Z", fill)
        for x, w, h in (
            (x, rng.uniform(7, 16), tall * (1.2 + height_at(x, waves)) + rng.uniform(8, 26))
            for x in range(-10, 1120, 9)
        )
    )
    return trees + rect(-10, y, WIDTH + 20, 60, fill)


def sheet(*parts: str) -> str:
    """The whole picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>\n'
    )
