"""The pictures of the demonstration's stories that are landscapes, one function a scene."""

import math
import random

from paper import (
    birds,
    disc,
    glints,
    gradient,
    halo,
    line,
    mist,
    path,
    peaks,
    polygon,
    rect,
    ridge,
    sheet,
    sky,
    stars,
    wood,
)


def dunes() -> str:
    """Layered dunes at sunset with a small group of walkers."""
    return sheet(
        sky("#e9b48c", "#f2cd9d 34%", "#f9e3b8 56%", "#f9e3b8"),
        halo(760, 226, 62, "#fff3d3", opacity=0.14),
        peaks(
            [(-10, 318), (150, 286), (330, 316), (520, 270), (700, 312), (900, 282), (1114, 320)], 8, "#e3b083", jag=1
        ),
        _dune("M-10 360 C140 300 260 310 372 352 C520 404 640 352 760 330 C900 306 1020 350 1114 372", "#d8935f"),
        path("M372 352 C330 400 250 430 120 470 L-10 500 V360 C140 300 260 310 372 352 Z", "#e6ab75"),
        path(
            "M760 330 C700 372 640 400 520 420 C420 436 372 420 300 440 L560 480 L900 420 Z",
            "#e6ab75",
            more='opacity=".9"',
        ),
        _dune("M-10 470 C180 420 330 384 470 396 C640 410 720 480 860 470 C980 462 1040 430 1114 404", "#b96a48"),
        path("M470 396 C420 450 300 500 130 540 L-10 566 V470 C180 420 330 384 470 396 Z", "#cf8453"),
        _walkers(),
        _dune("M-10 560 C160 590 330 500 560 516 C760 530 900 590 1114 520", "#8a4a3f"),
        path("M560 516 C470 560 330 590 140 630 H-10 V560 C160 590 330 500 560 516 Z", "#a55c46"),
        _ripples(),
        birds([(300, 150, 12), (336, 132, 9)], "#8a4a3f"),
    )


def _dune(edge: str, fill: str) -> str:
    return path(f"{edge} V630 H-10 Z", fill)


def _ripples() -> str:
    parts = []
    for n in range(7):
        y = 566 + n * 10
        parts.append(line(f"M{600 + n * 24} {y} q60 {-9} 120 -2 t120 4 t110 -6", "#74392f", 1.6, opacity=0.5))
    return "".join(parts)


def _walkers() -> str:
    parts = []
    for x, y, tall in ((560, 407, 30), (590, 413, 27), (617, 420, 31), (650, 430, 22), (682, 441, 30)):
        parts.append(path(f"M{x - 5} {y} L{x - 4} {y - tall * 0.72} q4 -5 8 0 L{x + 5} {y} Z", "#4a2a33"))
        parts.append(disc(x, y - tall * 0.86, tall * 0.13, "#4a2a33"))
        parts.append(
            polygon([(x - 4, y), (x + 5, y), (x - 40, y + 34), (x - 46, y + 30)], "#4a2a33", more='opacity=".22"')
        )
    return "".join(parts)


def wetland() -> str:
    """Winding water through a misty wetland with wading birds."""
    return sheet(
        sky("#a9c6c4", "#d5dcc8 32%", "#f3e5c3 50%", "#f3e5c3"),
        halo(402, 196, 50, "#fffaea", opacity=0.13),
        ridge(268, 30, 23, "#b4c5b4", first=640),
        wood(302, 9, "#8ea795", 24),
        mist(
            (
                (60, 288, 360, 14, 0.8),
                (300, 308, 460, 16, 0.8),
                (720, 296, 330, 14, 0.8),
                (100, 330, 300, 10, 0.6),
                (560, 332, 420, 12, 0.7),
                (860, 316, 300, 12, 0.7),
            ),
            "#f6f2e0",
            blur=6,
        ),
        path("M-10 330 Q300 318 560 332 T1114 326 V630 H-10 Z", "#93a56c"),
        path("M-10 380 Q240 352 420 372 T800 366 T1114 384 V630 H-10 Z", "#7f9659"),
        _stream(),
        path("M-10 520 Q120 470 250 520 Q330 560 300 630 H-10 Z", "#5b7442"),
        path("M1114 470 Q960 480 900 540 Q850 590 880 630 H1114 Z", "#5b7442"),
        _reeds(((-4, 250), (900, 1110)), 15),
        _heron(604, 520, 1.15, 1),
        _heron(694, 470, 0.8, -1),
        _heron(520, 426, 0.5, 1),
        birds([(720, 130, 15), (762, 112, 12), (800, 96, 10), (690, 152, 11), (836, 104, 8)], "#5f7d78"),
    )


def _stream() -> str:
    water = (
        "M560 340 Q660 346 610 360 Q470 384 500 404 Q560 428 700 436 Q820 448 740 488 Q620 530 400 560 Q300 580 270 630"
        " H930 Q860 570 900 530 Q1000 480 900 440 Q800 410 690 398 Q610 388 680 366 Q740 346 640 338 Z"
    )
    return (
        gradient("stream", "#f3e5c3", "#b8cfc4 30%", "#7fa7a4 70%", "#5d8a8c")
        + path(water, "url(#stream)")
        + glints(26, 4, "#fbf4dc", top=440, bottom=612, centre=600, opacity=0.6)
    )


def _reeds(spans: tuple[tuple[int, int], ...], seed: int) -> str:
    rng = random.Random(seed)
    parts = []
    for left, right in spans:
        for _ in range(64):
            x, y = rng.uniform(left, right), rng.uniform(560, 640)
            tall, lean = rng.uniform(70, 150), rng.uniform(-16, 16)
            fill = rng.choice(("#3f5a35", "#4d6a3a", "#6d8547", "#38502f"))
            parts.append(line(f"M{x:.0f} {y:.0f} q{lean / 3:.0f} {-tall / 2:.0f} {lean:.0f} {-tall:.0f}", fill, 3))
            if rng.random() < 0.3:
                parts.append(rect(x + lean - 3, y - tall - 14, 7, 26, "#6b4630", radius=3.5))
    return "".join(parts)


def _heron(x: float, y: float, size: float, facing: int) -> str:
    body = (
        line("M-4 0 V-46 M8 0 V-46", "#3a4750", 2.4)
        + path("M-34 -52 Q-10 -84 24 -70 Q30 -52 4 -42 Q-16 -38 -34 -52 Z", "#56707c")
        + path("M-44 -46 Q-16 -76 10 -66 Q2 -48 -44 -46 Z", "#3d535f")
        + line("M18 -66 Q40 -84 26 -102 Q16 -118 30 -126", "#dfe4dc", 7)
        + path("M24 -132 Q34 -138 42 -130 L66 -124 L42 -122 Q30 -118 24 -132 Z", "#dfe4dc")
        + path("M42 -129 L68 -123.5 L42 -123 Z", "#d79a3d")
        + line("M26 -132 Q16 -134 8 -128", "#2b3a44", 2.6)
    )
    reflection = rect(-36, 2, 78, 2.5, "#f7f2de", radius=1, more='opacity=".7"')
    return f'<g transform="translate({x} {y}) scale({size * facing} {size})">{reflection}{body}</g>'


def glacier() -> str:
    """A pale glacier between dark peaks under a wide sky."""
    left = [(-10, 240), (90, 170), (150, 214), (236, 96), (300, 178), (352, 226), (404, 292), (440, 360), (470, 440)]
    right = [(610, 440), (648, 356), (700, 270), (742, 220), (800, 110), (842, 168), (900, 74), (972, 186), (1114, 250)]
    return sheet(
        sky("#7fa3b8", "#b9cfd3 36%", "#e9e4d3 58%", "#e9e4d3"),
        halo(566, 150, 34, "#fffaf0"),
        peaks(
            [(300, 300), (420, 214), (480, 250), (556, 190), (620, 240), (690, 206), (800, 300)], 4, "#a9bfca", jag=3
        ),
        peaks([(556, 190), (580, 214), (600, 232), (588, 252), (560, 300), (556, 300)], 4, "#c4d4da", jag=1),
        path("M380 330 Q450 236 556 262 Q650 232 730 320 V470 H380 Z", "#eef3f1"),
        path("M600 252 Q690 250 740 330 V470 H590 Q640 360 570 300 Z", "#dbe7ea"),
        peaks(left, 12, "#4c6075", jag=4),
        peaks(right, 13, "#435569", jag=4),
        *(polygon(points, "#eef3f1") for points in _snow()),
        path("M470 396 Q462 440 400 492 Q320 556 226 640 H920 Q800 540 700 496 Q620 460 612 396 Z", "#eef3f1"),
        path("M590 396 Q596 470 664 510 Q750 560 780 640 H920 Q800 540 700 496 Q620 460 612 396 Z", "#d3e2e6"),
        '<clipPath id="ice"><path d="M400 250 H690 V330 Q640 420 660 452 Q780 520 880 640 H240 Q330 540 440 452 V330 Z"/></clipPath>',
        f'<g clip-path="url(#ice)">{_crevasses()}</g>',
        _blankets(),
        path("M-10 440 Q90 470 170 530 Q230 580 250 630 H-10 Z", "#2c3b4b"),
        path("M1114 420 Q1010 470 950 540 Q910 590 906 630 H1114 Z", "#263442"),
        birds([(330, 120, 12), (364, 106, 9)], "#4c6075"),
    )


def _snow() -> tuple[list[tuple[float, float]], ...]:
    return (
        [(236, 96), (266, 138), (252, 150), (244, 138), (232, 160), (222, 142), (206, 150), (216, 124)],
        [(90, 170), (114, 188), (100, 200), (88, 190), (72, 200), (64, 190)],
        [(900, 74), (934, 126), (918, 138), (904, 122), (890, 150), (878, 132), (866, 142), (880, 108)],
        [(800, 110), (822, 142), (806, 156), (796, 142), (780, 160), (784, 138)],
    )


def _crevasses() -> str:
    rng = random.Random(5)
    parts = []
    for n in range(20):
        y = 320 + n * 15
        reach = 52 if n < 8 else 20 + n * 9
        x = 556 + n * 1.4 + rng.uniform(-reach, reach * 0.8)
        length = rng.uniform(20, 54) * (0.6 + n / 16)
        parts.append(
            line(f"M{x} {y} q{length / 2} {10 + n / 3} {length} {rng.uniform(-2, 4)}", "#9fc0cd", 1.6 + n / 12)
        )
    return "".join(parts)


def _blankets() -> str:
    parts = []
    for row, (y, height) in enumerate(((470, 20), (494, 23), (521, 26))):
        for n in range(4):
            w = 54 + row * 6
            x = 404 - row * 22 + n * (w + 4)
            fill = ("#e0d0ae", "#d5c19a", "#e8dcc0", "#cdb98f")[(n + row) % 4]
            skew = -8 - row
            parts.append(polygon([(x, y), (x + w, y), (x + w + skew, y + height), (x + skew, y + height)], fill))
    for x, y in ((644, 520), (664, 526), (372, 514)):
        parts.append(rect(x, y - 20, 7, 18, "#b9442f", radius=3) + disc(x + 3.5, y - 24, 4, "#3a2a35"))
    return "".join(parts)


def lantern_race() -> str:
    """A winding line of small lights climbs a mountain at night."""
    lights = _lights(
        ((-20, 596), (210, 560), (330, 590), (470, 540), (360, 486), (470, 446), (610, 462), (560, 392), (640, 346),
         (716, 356), (700, 300), (742, 262), (772, 222))
    )  # fmt: skip
    mountain = [(-10, 520), (120, 470), (260, 430), (420, 372), (520, 330), (610, 286), (700, 232), (770, 204), (826, 262),
                (900, 316), (1000, 360), (1114, 400)]  # fmt: skip
    return sheet(
        sky("#0f1a38", "#1f3158 40%", "#3f5580 62%", "#6b7a9c 74%", "#6b7a9c"),
        stars(220, 31, below=400),
        halo(246, 132, 30, "#f6ead0", rings=3, opacity=0.06),
        disc(258, 126, 26, "#182647"),
        peaks(
            [
                (-10, 350),
                (110, 286),
                (220, 330),
                (340, 262),
                (470, 322),
                (640, 280),
                (860, 330),
                (1000, 250),
                (1114, 300),
            ],
            6,
            "#334870",
            jag=3,
        ),
        peaks(
            [(-10, 420), (180, 350), (360, 400), (560, 330), (900, 380), (1010, 326), (1114, 366)], 16, "#2a3d64", jag=3
        ),
        peaks(mountain, 9, "#1c2b4b", jag=4),
        polygon(
            [
                (770, 204),
                (826, 262),
                (900, 316),
                (1000, 360),
                (1114, 400),
                (1114, 640),
                (880, 640),
                (800, 480),
                (836, 400),
                (776, 320),
                (790, 260),
            ],
            "#152240",
        ),
        polygon(
            [(770, 204), (800, 238), (786, 250), (776, 240), (764, 262), (752, 244), (736, 256), (744, 222)],
            "#c5d0de",
            more='opacity=".85"',
        ),
        ridge(560, 30, 62, "#111c36", first=520, tilt=50),
        lights,
        _pines(),
    )


def _lights(points: tuple[tuple[float, float], ...]) -> str:
    """Lights along a curve through the points, smaller the higher they are."""
    curve: list[tuple[float, float]] = []
    ends = (points[0], *points, points[-1])
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for n in range(12):
            t = n / 12
            curve.append(tuple(_spline(t, a[i], b[i], c[i], d[i]) for i in (0, 1)))  # type: ignore[arg-type]
    rng = random.Random(8)
    parts, last = [], (-99.0, 0.0)
    trail = "M" + " L".join(f"{x:.0f} {y:.0f}" for x, y in curve)
    parts.append(line(trail, "#ffd98a", 2, opacity=0.13))
    for x, y in curve:
        near = (y - 190) / 410
        if math.hypot(x - last[0], y - last[1]) > 8 + 17 * near:
            last = (x, y)
            size = 1.3 + 2.6 * near
            y += rng.uniform(-1.5, 1.5)
            parts += [
                disc(x, y, size * 4.2, "#ffd98a", opacity=0.1),
                disc(x, y, size * 2.2, "#ffd98a", opacity=0.22),
                disc(x, y, size, "#fff1c9"),
            ]
    return "".join(parts)


def _spline(t: float, a: float, b: float, c: float, d: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def _pines() -> str:
    parts = []
    for x, y, tall in (
        (1040, 640, 210),
        (1092, 640, 150),
        (980, 650, 130),
        (916, 650, 84),
        (30, 660, 120),
        (-4, 650, 90),
    ):
        for level in range(5):
            top, half = y - tall + level * tall * 0.17, tall * (0.1 + 0.05 * level)
            parts.append(polygon([(x, top), (x - half, top + tall * 0.26), (x + half, top + tall * 0.26)], "#0a1224"))
        parts.append(rect(x - 4, y - tall * 0.2, 8, tall * 0.2, "#0a1224"))
    return "".join(parts)
