"""The pictures of the demonstration's stories, one function a scene."""

import random

from paper import (
    HEIGHT,
    WIDTH,
    birds,
    disc,
    glints,
    gradient,
    halo,
    height_at,
    line,
    noise,
    path,
    polygon,
    rect,
    ridge,
    ridge_points,
    sheet,
    sky,
    stars,
)


def night_ferry() -> str:
    """A ferry with lit windows crosses a strait at dusk."""
    ship = [
        path("M250 414 H822 L794 462 Q788 470 776 470 H300 Q284 470 276 458 Z", "#16263c"),
        rect(262, 414, 552, 7, "#e8dcc3"),
        path("M300 414 V372 H716 L742 414 Z", "#efe6d4"),
        path("M338 372 V336 H668 L690 372 Z", "#e3d6bd"),
        path("M380 336 V310 H560 L576 336 Z", "#efe6d4"),
        path("M420 310 L428 258 H482 L488 310 Z", "#b9442f"),
        path("M425 278 L426.6 268 H483 L484.4 278 Z", "#f3e7cf"),
        rect(600, 296, 4, 40, "#efe6d4"),
        disc(602, 292, 4, "#ffd98a"),
        rect(300, 430, 430, 3, "#a63b2a"),
    ]
    rng = random.Random(4)
    for row, (x1, x2, y, size) in enumerate(((318, 712, 384, 11), (356, 664, 347, 9), (396, 556, 318, 7))):
        for x in range(x1, x2, 21 - row * 2):
            ship.append(rect(x, y, size + 2, size, rng.choice(("#ffd98a",) * 4 + ("#46566b",)), radius=2))
    windows = glints(70, 3, "#ffd98a", top=478, bottom=600, centre=515, opacity=0.42)
    return sheet(
        sky("#27365c", "#4a5580 30%", "#a87f8c 52%", "#e8a87c 64%", "#f2c894 68%", "#f2c894"),
        stars(60, 9, below=190),
        halo(846, 372, 34, "#fff0cd"),
        ridge(398, 26, 31, "#8f7590", first=620),
        ridge(420, 22, 12, "#5e5c80", first=380),
        rect(0, 440, WIDTH, 200, "url(#water)"),
        gradient("water", "#5c628a", "#2b3d63 40%", "#16263f"),
        glints(70, 22, "#f2c894", top=444, bottom=612, centre=846, opacity=0.4),
        glints(60, 5, "#8e93b5", top=446, bottom=615, opacity=0.22),
        polygon([(80, 478), (700, 372), (700, 452), (80, 486)], "#ffe3a3", more='opacity=".13"'),
        path("M236 470 Q420 456 620 468 T880 464 Q760 482 560 480 T236 470 Z", "#c9cde0", more='opacity=".5"'),
        *ship,
        path("M262 462 Q420 474 560 468 T810 462 L794 476 H290 Z", "#35466c"),
        windows,
        path("M0 621 V560 Q60 548 96 566 Q150 576 176 600 L190 621 Z", "#0d1828"),
        path("M54 556 L60 488 H78 L84 560 Z", "#0d1828"),
        rect(58, 474, 22, 14, "#ffe3a3", radius=2),
        path("M54 474 L69 460 L84 474 Z", "#0d1828"),
        birds([(960, 190, 15), (1002, 168, 11), (930, 214, 9)], "#27365c"),
    )


def border_market() -> str:
    """Striped awnings on a stone bridge with arches, over a quiet river."""
    colours = (("#c2523c", "#f5ead3"), ("#3f6f6b", "#f5ead3"), ("#d79a3d", "#fbf3df"), ("#51608f", "#f0e7d4"))
    stalls = []
    rng = random.Random(12)
    x = 92.0
    while x < 1000:
        width = rng.choice((78, 92, 104))
        strong, pale = rng.choice([c for c in colours if not stalls or c[0] not in stalls[-1]])
        drop = rng.uniform(-6, 6)
        top = 270 + drop
        stripes, parts = 6, [rect(x + 8, top + 34, width - 16, 74, "#5a4636")]
        for n in range(stripes):
            piece = width / stripes
            fill = strong if n % 2 == 0 else pale
            left = x + n * piece
            parts.append(polygon(_awning(x, width, left, left + piece, top), fill))
            parts.append(disc(left + piece / 2, top + 40, piece / 2, fill))
        for n in range(5):
            parts.append(
                disc(x + 18 + n * (width - 36) / 4, 346, 7, rng.choice(("#d79a3d", "#a8bf72", "#c2523c", "#ead7b0")))
            )
        parts.append(rect(x + 6, 350, width - 12, 24, "#7a5f48"))
        stalls.append("".join(parts))
        x += width + rng.choice((16, 26, 34))
    people = []
    for px in (82, 214, 330, 352, 478, 604, 690, 712, 846, 968, 1026):
        coat = rng.choice(("#2f3d56", "#7d3b34", "#46604f", "#8a6a3c", "#4d4360"))
        tall = rng.uniform(44, 54)
        people.append(path(f"M{px - 9} 378 q-1 {-tall + 8} 9 {-tall + 8} q10 0 9 {tall - 8} Z", coat))
        people.append(disc(px, 378 - tall, 7.4, "#e6bf98"))
    arches = "".join(
        path(f"M{x} 621 V500 a68 68 0 0 1 136 0 V621 Z", "url(#river)") for x in (46, 221, 396, 571, 746, 921)
    )
    return sheet(
        sky("#cfe0dc", "#e9e8d6 45%", "#f6e7c6 62%", "#f6e7c6"),
        halo(236, 128, 40, "#fffaf0"),
        ridge(250, 46, 44, "#b9cdbf", first=700),
        ridge(292, 34, 27, "#93b09f", first=520),
        _town(),
        gradient("river", "#7fa8a5 0%", "#4c8081"),
        rect(-10, 374, 1130, 260, "#b89f83"),
        arches,
        *(line(f"M{x - 5} 500 a73 73 0 0 1 146 0", "#a18769", 9) for x in (46, 221, 396, 571, 746, 921)),
        glints(40, 8, "#d9ebe2", top=540, bottom=615, opacity=0.35),
        rect(-10, 374, 1130, 16, "#d3bd9f"),
        rect(-10, 390, 1130, 5, "#8f775f"),
        *stalls,
        *people,
        rect(-10, 376, 1130, 22, "#cbb392"),
        rect(-10, 398, 1130, 5, "#8f775f"),
        _bunting(),
        birds([(700, 96, 13), (742, 76, 10), (668, 72, 9)], "#5b7468"),
    )


def _awning(x: float, width: float, left: float, right: float, top: float) -> list[tuple[float, float]]:
    def squeeze(at: float) -> float:
        return x + 10 + (at - x) * (width - 20) / width

    return [(squeeze(left), top), (squeeze(right), top), (right, top + 40), (left, top + 40)]


def _town() -> str:
    rng = random.Random(3)
    parts, x = [], 640.0
    while x < WIDTH + 30:
        width, tall = rng.uniform(34, 58), rng.uniform(30, 74)
        fill = rng.choice(("#c9b79c", "#b8a68e", "#d8c6a8", "#c4a78c"))
        parts.append(rect(x, 330 - tall, width, tall + 60, fill))
        parts.append(
            polygon([(x - 3, 331 - tall), (x + width / 2, 312 - tall), (x + width + 3, 331 - tall)], "#8c5f4a")
        )
        x += width + 2
    parts.append(rect(760, 196, 26, 140, "#cdbb9f") + polygon([(756, 198), (773, 146), (790, 198)], "#6e7f72"))
    return "".join(parts)


def _bunting() -> str:
    parts = []
    for start, end in ((-20, 280), (280, 560), (560, 840), (840, 1124)):
        parts.append(line(f"M{start} 214 Q{(start + end) / 2} 262 {end} 214", "#6d5c4b", 1.6))
        for n in range(1, 10):
            t = n / 10
            x, y = start + (end - start) * t, 214 + 96 * t * (1 - t)
            fill = ("#c2523c", "#f5ead3", "#3f6f6b", "#d79a3d")[n % 4]
            parts.append(polygon([(x - 7, y), (x + 7, y), (x, y + 15)], fill))
    for x in (280, 560, 840):
        parts.append(rect(x - 2, 206, 4, 172, "#6d5c4b"))
    return "".join(parts)


def sail_freighter() -> str:
    """A cargo ship with three tall rigid sails on a calm sea."""
    parts = []
    for x, lean in ((352, 0), (520, 0), (688, 0)):
        parts.append(
            path(f"M{x} 424 V112 Q{x + 92} 150 {x + 106} 250 Q{x + 112} 350 {x + 100} 400 L{x} 408 Z", "#f8efdc")
        )
        parts.append(path(f"M{x} 424 V112 Q{x + 40} 180 {x + 44} 262 Q{x + 46} 350 {x + 38} 405 L{x} 408 Z", "#e3d3b4"))
        for y in (176, 240, 304, 362):
            parts.append(line(f"M{x + 2} {y} Q{x + 50} {y - 6 + lean} {x + 98} {y + 6}", "#c9b48d", 1.6, opacity=0.8))
        parts.append(rect(x - 4, 100, 7, 326, "#3d4a58"))
    hull = path("M238 424 H850 L886 404 L866 476 Q862 490 846 490 H300 Q280 490 270 474 Z", "#a23f2c")
    return sheet(
        sky("#9fc3cf", "#cfdfd6 36%", "#f3e6c8 60%", "#f7d9ae 66%", "#f7d9ae"),
        halo(206, 262, 46, "#fff6df", opacity=0.12),
        _clouds(),
        rect(0, 418, WIDTH, 220, "url(#sea)"),
        gradient("sea", "#8db9bb", "#4f8d97 35%", "#23566a"),
        path("M880 418 Q960 380 1030 392 Q1080 398 1112 386 V418 Z", "#9db8b4"),
        path("M960 418 Q1020 398 1112 404 V418 Z", "#7fa3a2"),
        glints(60, 6, "#fff1cf", top=424, bottom=600, centre=206, opacity=0.55),
        glints(60, 7, "#cfe3dc", top=424, bottom=615, opacity=0.28),
        *parts,
        rect(270, 402, 560, 24, "#e9dec6"),
        rect(770, 356, 62, 48, "#f3ead7"),
        rect(778, 364, 46, 9, "#2e4a5a"),
        rect(786, 336, 30, 20, "#e9dec6"),
        *(
            rect(x, 406 - 16 * (n % 2), 34, 18, fill)
            for n, (x, fill) in enumerate(
                zip(
                    (296, 332, 404, 440, 476, 572, 608, 644),
                    ("#4d7f80", "#d79a3d", "#51608f", "#c2523c") * 2,
                    strict=True,
                )
            )
        ),
        hull,
        path("M262 462 L872 456 L866 476 Q862 490 846 490 H300 Q280 490 270 474 Z", "#6e2a22"),
        path("M180 488 Q420 474 620 486 T960 484 Q800 500 600 498 T180 488 Z", "#dcebe2", more='opacity=".55"'),
        path("M150 500 Q400 492 640 504 T1000 500 Q800 514 600 510 T150 500 Z", "#23566a", more='opacity=".35"'),
        birds([(960, 210, 16), (1006, 236, 11), (150, 150, 10), (112, 168, 8)], "#4a6a74"),
    )


def _clouds() -> str:
    spots = ((690, 90, 150), (930, 150, 120), (420, 60, 90), (80, 110, 110))
    return "".join(
        rect(x - w / 2, y + 14 * n, w * (1 - 0.22 * n), 14, "#fffaf0", radius=7, more='opacity=".55"')
        for x, y, w in spots
        for n in range(2)
    )


def hilltop_masts() -> str:
    """Slender radio masts on layered hills at dusk."""
    hills = ((330, 40, 71, "#b88aa0"), (388, 44, 15, "#8d6f93"), (446, 42, 33, "#605881"), (520, 40, 52, "#3a3e63"))
    parts = []
    for number, (y, rise, seed, fill) in enumerate(hills):
        points = ridge_points(y, rise, seed, first=560)
        parts.append(polygon([(-8, HEIGHT + 8), *points, (WIDTH + 12, HEIGHT + 8)], fill))
        for mast in ((), (270, 812), (500, 966), (148, 742))[number]:
            parts.append(_mast(mast, dict((int(x), py) for x, py in points), 60 + 34 * number, fill))
    rng = random.Random(2)
    points = ridge_points(566, 26, 95, first=480)
    edge = {int(x): y for x, y in points}
    for x in (300, 356, 404, 470, 520, 584, 640):
        y = edge[x // 4 * 4]
        size = rng.uniform(15, 24)
        parts.append(rect(x - size, y - size, size * 2, size + 16, "#2b3156"))
        parts.append(polygon([(x - size - 5, y - size), (x, y - size * 1.9), (x + size + 5, y - size)], "#171c38"))
        for wx in (-0.55, 0.15):
            parts.append(rect(x + size * wx, y - size * 0.72, size * 0.36, size * 0.42, "#ffcf7d", radius=1))
    parts.append(polygon([(-8, HEIGHT + 8), *points, (WIDTH + 12, HEIGHT + 8)], "#1f2745"))
    return sheet(
        sky("#2f3a6b", "#6a5c8f 26%", "#c98a8f 44%", "#f3b98a 58%", "#f6cf9e"),
        stars(46, 3, below=150),
        halo(606, 318, 52, "#fff0cf", opacity=0.1),
        *parts,
    )


def _mast(x: int, edge: dict[int, float], tall: float, fill: str) -> str:
    foot = edge[x // 4 * 4] + 8
    top = foot - tall
    half = tall * 0.045
    parts = [line(f"M{x - half} {foot} L{x} {top} L{x + half} {foot}", fill, 2.4)]
    for n in range(1, 6):
        y = foot - tall * n / 6.4
        reach = half * (1 - n / 6.4)
        parts.append(line(f"M{x - reach} {y} L{x + reach} {y - tall / 9}", fill, 1.4))
    parts += [rect(x - 5, top + tall * 0.12, 3, tall * 0.12, fill), rect(x + 3, top + tall * 0.16, 3, tall * 0.1, fill)]
    parts += [disc(x, top - 2, 7, "#ff8a6b", opacity=0.3), disc(x, top - 2, 2.8, "#ffb199")]
    return "".join(parts)


def vineyard() -> str:
    """Rows of vines run over rounded hills under a low sun."""
    parts = []
    hill = "M-10 621 V452 Q260 330 560 392 T1114 372 V621 Z"
    for n in range(-24, 26):
        x = 552 + n * 62
        parts.append(line(f"M{552 + n * 22} {372} Q{552 + n * 34} 470 {x + n * 26} 640", "#55723c", 13))
    back = []
    for n in range(-6, 30):
        x = 620 + n * 19
        back.append(line(f"M{x} 300 Q{x - 40} 350 {x - 150} 430", "#84965a", 4.2))
    return sheet(
        sky("#bcd3d2", "#e4dfc3 34%", "#f8dda6 54%", "#f6c583"),
        halo(300, 236, 58, "#fff4d6", opacity=0.13),
        ridge(268, 40, 81, "#b9bfa0", first=700),
        ridge(312, 30, 18, "#a3b086", first=600),
        '<clipPath id="far"><path d="M520 430 Q700 280 900 284 T1120 300 V460 H520 Z"/></clipPath>',
        path("M420 440 Q680 276 900 284 T1120 300 V470 H420 Z", "#a9b16d"),
        f'<g clip-path="url(#far)">{"".join(back)}</g>',
        _cypresses(),
        f'<clipPath id="near"><path d="{hill}"/></clipPath>',
        path(hill, "#c9b06a"),
        f'<g clip-path="url(#near)">{"".join(parts)}</g>',
        f'<g clip-path="url(#near)">{_leaves()}</g>',
        _robot(),
    )


def _leaves() -> str:
    rng = random.Random(21)
    parts = []
    for n in range(-24, 26):
        for step in range(20):
            t = step / 19
            x0, x1, x2 = 552 + n * 22, 552 + n * 34, 552 + n * 88
            x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * x1 + t * t * x2
            y = (1 - t) ** 2 * 372 + 2 * t * (1 - t) * 470 + t * t * 640
            if -20 < x < WIDTH + 20:
                size = 4.2 + 9.5 * t
                fill = rng.choice(("#6b8a47", "#7d9a50", "#47652f", "#93a95c"))
                parts.append(disc(x + rng.uniform(-3, 3), y - size * 0.8, size * rng.uniform(0.7, 1.1), fill))
    return "".join(parts)


def _cypresses() -> str:
    spots = ((846, 286, 60), (868, 286, 78), (892, 286, 66), (914, 288, 52), (1004, 292, 60))
    trees = "".join(
        path(f"M{x} {y - h} q{h * 0.16} {h * 0.6} 0 {h} q{-h * 0.16} {-h * 0.4} 0 {-h} Z", "#54683f")
        for x, y, h in spots
    )
    house = rect(930, 262, 56, 32, "#f0e2c4") + polygon([(924, 264), (958, 240), (992, 264)], "#b5583c")
    return trees + house + rect(940, 274, 9, 20, "#6d5540") + rect(962, 272, 11, 10, "#6d5540")


def _robot() -> str:
    return "".join(
        (
            path("M520 528 q32 -10 64 0 l4 8 h-72 Z", "#2d3542", more='opacity=".25"'),
            rect(514, 474, 72, 38, "#e4603f", radius=9),
            rect(514, 496, 72, 16, "#b9442f", radius=6),
            rect(546, 446, 6, 30, "#39424f"),
            rect(532, 428, 34, 22, "#39424f", radius=6),
            disc(549, 439, 7, "#ffe3a3"),
            disc(549, 439, 3, "#39424f"),
            *(disc(x, 516, 15, "#39424f") + disc(x, 516, 6, "#aeb6bf") for x in (526, 574)),
        )
    )


def moths() -> str:
    """Moths cross the face of a large pale moon."""
    spots = (
        (330, 250, 1.5, -18), (472, 170, 1.1, -26), (560, 312, 2.2, -20), (716, 214, 1.35, -28), (800, 338, 1.0, -14),
        (640, 120, 0.8, -30), (892, 170, 0.9, -24), (220, 372, 0.95, -12), (430, 420, 1.25, -22), (960, 286, 0.7, -20),
        (140, 226, 0.7, -26), (700, 440, 0.85, -18), (1030, 120, 0.6, -28), (300, 120, 0.6, -20),
    )  # fmt: skip
    rng = random.Random(6)
    marks = "".join(
        disc(560 + rng.uniform(-150, 150), 268 + rng.uniform(-150, 150), rng.uniform(8, 34), "#e6d6ae", opacity=0.55)
        for _ in range(11)
    )
    return sheet(
        sky("#101c3a", "#1c3056 50%", "#39507a"),
        stars(150, 14, below=470),
        halo(560, 268, 206, "#f6ead0", rings=2, opacity=0.04),
        marks,
        *(_moth(*spot) for spot in spots),
        ridge(548, 26, 41, "#1b2d4c", first=500),
        _treeline(556, 17, "#13213b", 15),
        _treeline(600, 5, "#0b1527", 24),
    )


def _moth(x: float, y: float, size: float, turn: float) -> str:
    wing = (
        path("M0 -10 C-24 -30 -66 -34 -92 -14 C-80 -2 -44 8 -4 12 Z", "#b9794a")
        + path("M0 -10 C-24 -30 -66 -34 -92 -14 C-66 -18 -30 -14 -4 2 Z", "#e0ab6f")
        + path("M-3 8 C-24 8 -46 18 -44 28 C-34 38 -10 30 -2 18 Z", "#8f5a4a")
        + line("M-66 -24 Q-58 -12 -62 -2", "#7a4a3c", 3)
        + disc(-40, -14, 4, "#5b3a3c")
    )
    body = path("M0 -16 C6 -10 6 16 0 42 C-6 16 -6 -10 0 -16 Z", "#3a2a35")
    feelers = line("M-1 -15 q-6 -16 -16 -20 M1 -15 q6 -16 16 -20", "#3a2a35", 1.8)
    return (
        f'<g transform="translate({x} {y}) rotate({turn + 50}) scale({size * 0.62})">'
        f'{wing}<g transform="scale(-1 1)">{wing}</g>{body}{feelers}</g>'
    )


def _treeline(y: float, seed: int, fill: str, tall: float) -> str:
    rng = random.Random(seed)
    parts, x = [ridge(y + 6, 16, seed, fill, first=420)], -10.0
    waves = noise(seed, first=420)
    while x < WIDTH + 20:
        foot = y + 12 - 16 * height_at(x, waves)
        h = tall * rng.uniform(1.4, 3)
        w = h * 0.36
        for level in range(3):
            top = foot - h + level * h * 0.24
            half = w * (0.5 + 0.28 * level)
            parts.append(polygon([(x, top), (x - half, top + h * 0.42), (x + half, top + h * 0.42)], fill))
        x += w * rng.uniform(0.8, 1.9)
    return "".join(parts)
