"""The pictures of the demonstration's stories that show what people do, one function a scene."""

import math
import random

from paper import (
    HEIGHT,
    WIDTH,
    birds,
    disc,
    glints,
    gradient,
    halo,
    line,
    mist,
    path,
    polygon,
    rect,
    ridge,
    sheet,
    sky,
    stars,
    wood,
)


def hospital_garden() -> str:
    """A tall window of a quiet room opens on a garden."""
    return sheet(
        rect(0, 0, WIDTH, HEIGHT, "#dcd9cb"),
        rect(0, 520, WIDTH, 120, "#c3b394"),
        rect(0, 514, WIDTH, 8, "#efeadb"),
        '<clipPath id="door"><path d="M316 522 V150 Q316 70 396 70 H756 Q836 70 836 150 V522 Z"/></clipPath>',
        path("M302 524 V148 Q302 56 394 56 H758 Q850 56 850 148 V524 Z", "#f4f0e3"),
        f'<g clip-path="url(#door)">{_garden()}</g>',
        *(rect(x, 70, 7, 452, "#f4f0e3") for x in (486, 660)),
        rect(316, 196, 520, 7, "#f4f0e3"),
        polygon([(316, 522), (836, 522), (980, 621), (170, 621)], "#fbf3d6", more='opacity=".5"'),
        polygon([(486, 522), (493, 522), (446, 621), (436, 621)], "#c3b394", more='opacity=".8"'),
        polygon([(660, 522), (667, 522), (712, 621), (700, 621)], "#c3b394", more='opacity=".8"'),
        _curtain(196, 1),
        _curtain(908, -1),
        _bed(),
        _pot(),
    )


def _garden() -> str:
    rng = random.Random(11)
    parts = [
        gradient("dawn", "#bcd6d4", "#eeeacb 60%", "#f7e6b8"),
        rect(300, 56, 560, 470, "url(#dawn)"),
        halo(716, 172, 34, "#fffbea"),
        ridge(300, 24, 8, "#a9c0a0", first=300),
        wood(316, 3, "#86a37f", 16),
        path("M300 350 Q560 324 860 352 V530 H300 Z", "#a8bd78"),
        path("M566 348 Q622 372 592 402 Q520 450 496 530 H660 Q650 450 664 408 Q672 366 588 347 Z", "#e5d6ae"),
    ]
    for x, y, w, h in ((330, 396, 150, 40), (690, 392, 150, 40), (306, 458, 190, 56), (684, 456, 180, 56)):
        for _ in range(26):
            leaf = rng.choice(("#4d7a45", "#6b9450", "#3d6640", "#86a957"))
            parts.append(disc(rng.uniform(x + 6, x + w - 6), y - rng.uniform(0, h * 0.7), rng.uniform(7, 15), leaf))
        for _ in range(11):
            bloom = rng.choice(("#d9553f", "#e8b04a", "#f4efe0", "#b35a86"))
            parts.append(disc(rng.uniform(x + 8, x + w - 8), y - rng.uniform(4, h * 0.8), rng.uniform(3.4, 5.4), bloom))
        parts.append(rect(x, y, w, h, "#a77f58", radius=3))
        parts.append(rect(x, y + h / 2 - 2, w, 3, "#8b6747"))
    return "".join(parts)


def _curtain(x: float, side: int) -> str:
    folds = "".join(
        path(
            f"M{x + side * n * 20} 0 Q{x + side * (n * 20 + 14)} 300 {x + side * (n * 17 - 6)} 560 h{side * 20} V0 Z",
            fill,
        )
        for n, fill in enumerate(("#a9bdb2", "#bccbc0", "#a9bdb2", "#c9d5ca", "#b3c4b8"))
    )
    return folds


def _bed() -> str:
    return "".join(
        (
            rect(-20, 392, 16, 200, "#8a9aa0"),
            path("M-20 486 H150 Q196 486 206 520 V560 H-20 Z", "#7fa3a0"),
            path("M-20 470 Q60 452 120 474 Q176 480 200 512 L206 530 Q90 500 -20 512 Z", "#f6f1e4"),
            rect(-20, 556, 236, 12, "#7d8b90", radius=4),
            rect(192, 566, 9, 40, "#7d8b90"),
            disc(196, 606, 9, "#56646a"),
        )
    )


def _pot() -> str:
    leaves = "".join(
        path(f"M978 470 q{dx} {-30 - abs(dy) / 3} {dx * 1.5} {dy} q{-dx * 0.2} {-dy * 0.5} {-dx * 1.5} {-dy} Z", fill)
        for dx, dy, fill in (
            (-52, -74, "#4d7a45"),
            (48, -80, "#5f8a4b"),
            (-22, -118, "#6b9450"),
            (20, -126, "#4d7a45"),
            (58, -30, "#3d6640"),
            (-60, -26, "#5f8a4b"),
        )
    )
    table = (
        rect(908, 520, 140, 10, "#8b6747", radius=3)
        + rect(922, 530, 8, 80, "#74553a")
        + rect(1026, 530, 8, 80, "#74553a")
    )
    return (
        leaves
        + path("M946 466 H1010 L1002 520 H954 Z", "#c2694b")
        + rect(940, 460, 76, 12, "#d17d5c", radius=3)
        + table
    )


def cinema_barge() -> str:
    """A barge with a glowing screen is moored on a canal at night; people sit on the bank."""
    rng = random.Random(7)
    people = []
    for n in range(19):
        x = 70 + n * 54 + rng.uniform(-12, 12)
        y = 600 + 10 * math.sin(n * 1.3)
        coat = rng.choice(("#1f2a3d", "#2a2438", "#233138", "#30283a"))
        people.append(path(f"M{x - 19} 640 V{y - 8} q2 -24 19 -24 q17 0 19 24 V640 Z", coat))
        people.append(
            disc(x, y - 44, 12.5, coat) + disc(x - 1.5, y - 47, 10.5, rng.choice(("#5a4a4f", "#4f4552", "#6a5650")))
        )
    return sheet(
        sky("#141c38", "#26335a 40%", "#4c4f7c 58%", "#6d6288"),
        stars(110, 4, below=250),
        _street(),
        rect(0, 392, WIDTH, 240, "url(#canal)"),
        gradient("canal", "#3d4a70", "#1d2846 60%", "#121a30"),
        polygon([(400, 480), (716, 480), (800, 600), (316, 600)], "#fff0cd", more='opacity=".16"'),
        glints(60, 3, "#fff0cd", top=478, bottom=590, centre=556, opacity=0.4),
        glints(50, 9, "#8e95bd", top=400, bottom=600, opacity=0.2),
        rect(384, 140, 344, 214, "#2a1f2c", radius=4),
        _film(),
        *(rect(x, 350, 8, 66, "#2a1f2c") for x in (404, 700)),
        path("M210 412 H900 Q900 470 850 474 H262 Q214 470 210 412 Z", "#7d3b34"),
        path("M210 412 H900 L899 424 H211 Z", "#d8b27a"),
        path("M226 452 H886 Q876 472 850 474 H262 Q236 470 226 452 Z", "#552a2c"),
        rect(770, 356, 104, 58, "#e2d2b0"),
        rect(762, 348, 120, 10, "#3f6f6b", radius=2),
        *(rect(x, 370, 20, 20, "#ffd98a", radius=2) for x in (782, 812, 842)),
        *(disc(x, 374 + 14 * math.sin((x - 226) / 48), 3.6, "#ffd98a") for x in range(226, 384, 20)),
        line("M226 356 V412 M384 374 Q304 420 226 374", "#2a1f2c", 2),
        _bank_light(),
        path("M-10 596 Q280 574 560 590 T1114 584 V630 H-10 Z", "#0f1626"),
        *people,
    )


def _film() -> str:
    return "".join(
        (
            gradient("film", "#f9e3b8", "#f3c98f 60%", "#e0a06a"),
            '<clipPath id="screen"><rect x="394" y="150" width="324" height="194"/></clipPath>',
            '<g clip-path="url(#screen)">',
            rect(394, 150, 324, 194, "url(#film)"),
            disc(612, 250, 38, "#fff6df"),
            path("M380 310 Q450 240 520 286 T660 270 T730 290 V350 H380 Z", "#c07a55"),
            path("M380 330 Q480 290 560 318 T730 312 V350 H380 Z", "#7d4a44"),
            *(
                path(f"M{x - w} {y} L{x - w * 0.7} {y - h} q{w * 0.7} {-w * 0.8} {w * 1.4} 0 L{x + w} {y} Z", "#3a2430")
                + disc(x, y - h - w * 0.85, w * 0.62, "#3a2430")
                for x, y, w, h in ((478, 318, 10, 34), (506, 316, 9, 28))
            ),
            line("M487 300 L498 302", "#3a2430", 3),
            "</g>",
        )
    )


def _street() -> str:
    rng = random.Random(16)
    parts, x = [], -14.0
    while x < WIDTH + 20:
        width, tall = rng.uniform(58, 96), rng.uniform(78, 168)
        fill = rng.choice(("#2b3557", "#323a5f", "#252e4d", "#3a3f63"))
        top = 394 - tall
        parts.append(rect(x, top, width + 1, tall, fill))
        parts.append(polygon([(x - 3, top + 1), (x + width / 2, top - 30), (x + width + 4, top + 1)], "#1c2440"))
        for row in range(int(tall // 44)):
            for column in range(int(width // 28)):
                if rng.random() < 0.42:
                    lit = rng.choice(("#f0c47a", "#e3b06a", "#4a5480", "#4a5480"))
                    parts.append(rect(x + 12 + column * 26, top + 16 + row * 40, 12, 18, lit, radius=1))
        x += width
    return "".join(parts) + rect(-10, 386, WIDTH + 20, 10, "#1a2138")


def _bank_light() -> str:
    lamps = ""
    for x in (96, 1010):
        lamps += (
            rect(x - 2, 470, 5, 130, "#0f1626") + disc(x, 462, 34, "#ffd98a", opacity=0.12) + disc(x, 462, 9, "#ffe3a3")
        )
    return lamps


def bells() -> str:
    """A row of bronze bells hangs in an arched tower; hills and swallows beyond."""
    view = rect(0, 0, WIDTH, HEIGHT, "url(#view)")
    clip = "".join(f"M{x} 640 V250 a118 128 0 0 1 236 0 V640 Z" for x in (50, 306, 562, 818))
    return sheet(
        rect(0, 0, WIDTH, HEIGHT, "#5a4452"),
        _stones(),
        f'<clipPath id="open"><path d="{clip}"/></clipPath>',
        gradient("view", "#8fb3bd", "#d7ddc9 40%", "#f6dcae 64%", "#f6dcae"),
        f'<g clip-path="url(#open)">{view}{halo(700, 356, 36, "#fff6df")}',
        ridge(408, 30, 19, "#c9a98e", first=520),
        ridge(452, 30, 44, "#9c8577", first=420),
        ridge(506, 24, 5, "#6f6560", first=360),
        birds([(420, 250, 13), (452, 232, 10), (650, 206, 12), (900, 262, 11), (130, 268, 10)], "#5a4452"),
        "</g>",
        *(line(f"M{x} 640 V250 a118 128 0 0 1 236 0 V640", "#7d6470", 12) for x in (50, 306, 562, 818)),
        rect(0, 176, WIDTH, 30, "#3a2a35"),
        rect(0, 202, WIDTH, 6, "#2a1d28"),
        *(
            _bell(x, 206, size, turn)
            for x, size, turn in ((168, 0.78, 0), (424, 1.0, 11), (680, 1.14, -9), (936, 0.86, 0))
        ),
        rect(0, 598, WIDTH, 30, "#3f2f3b"),
        rect(0, 592, WIDTH, 8, "#7d6470"),
    )


def _stones() -> str:
    rng = random.Random(2)
    return "".join(
        rect(
            x + 30 * (row % 2) - 30,
            row * 34,
            58,
            32,
            rng.choice(("#5f4957", "#654e5c", "#553f4d", "#5a4452")),
            radius=2,
        )
        for row in range(19)
        for x in range(0, WIDTH + 60, 60)
    )


def _bell(x: float, y: float, size: float, turn: float) -> str:
    left = "M0 44 C-44 44 -54 80 -56 120 C-58 170 -72 196 -92 214 L-92 224 H0 Z"
    body = (
        rect(-16, -6, 32, 56, "#4a3440", radius=4)
        + path(
            "M0 44 C-44 44 -54 80 -56 120 C-58 170 -72 196 -92 214 L-92 224 H92 L92 214 C72 196 58 170 56 120 C54 80 44 44 0 44 Z",
            "#b47f3f",
        )
        + path(left, "#cf9d57")
        + path("M-30 60 C-42 90 -40 150 -66 206 H-46 C-28 150 -32 90 -18 54 Z", "#e8c684", more='opacity=".75"')
        + path("M92 214 C72 196 58 170 56 120 C54 92 50 70 38 58 C44 110 42 170 62 224 H92 Z", "#8c5e30")
        + path("M-60 150 Q0 164 60 150 L61 158 Q0 172 -61 158 Z", "#8c5e30")
        + path("M-80 202 Q0 218 80 202 L86 209 Q0 226 -86 209 Z", "#8c5e30")
    )
    clapper = disc(0, 240, 15, "#3a2a35")
    return f'<g transform="translate({x} {y}) rotate({turn}) scale({size})">{clapper}{body}</g>'


def regatta() -> str:
    """Rowing boats seen from above on green water, with fog drifting over."""
    boats = ((250, 150, "#f4efe0", "#c2523c"), (420, 300, "#f4efe0", "#2f4a6b"), (180, 452, "#f4efe0", "#d79a3d"))
    fog = (
        (-60, 20, 420, 90, 0.5), (640, -20, 600, 130, 0.75), (820, 100, 400, 90, 0.6), (-120, 540, 560, 90, 0.5),
        (250, 560, 990, 110, 0.65), (880, 370, 340, 70, 0.5), (-120, 232, 250, 60, 0.4), (930, 230, 300, 70, 0.5),
    )  # fmt: skip
    return sheet(
        sky("#9bbdb0", "#6f9f97 50%", "#55877f"),
        _swell(),
        *(_lane(y) for y in (78, 228, 378, 530)),
        *(_boat(*boat) for boat in boats),
        mist(fog, "#e4ece1", blur=26),
    )


def _swell() -> str:
    rng = random.Random(10)
    return "".join(
        line(
            f"M{x:.0f} {y:.0f} q{w / 4:.0f} -5 {w / 2:.0f} 0 t{w / 2:.0f} 0",
            rng.choice(("#b6d2c4", "#4a7b74", "#86b0a5")),
            2,
            opacity=0.4,
        )
        for x, y, w in ((rng.uniform(-40, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(30, 110)) for _ in range(120))
    )


def _lane(y: float) -> str:
    return "".join(
        disc(x, y, 4.5, "#e9e2cb" if n % 6 else "#c2523c", opacity=0.9) for n, x in enumerate(range(6, WIDTH, 34))
    )


def _boat(x: float, y: float, hull: str, blade: str) -> str:
    long = 500
    parts = [
        path(f"M{x - 30} {y} l-120 -9 q60 9 0 18 Z", "#d5e4d8", more='opacity=".5"'),
        path(
            f"M{x} {y + 9} Q{x + 60} {y - 4} {x + long / 2} {y - 5} Q{x + long - 60} {y - 4} {x + long} {y + 8} Q{x + long - 60} {y + 22} {x + long / 2} {y + 23} Q{x + 60} {y + 22} {x} {y + 9} Z",
            "#2f5852",
            more='opacity=".35"',
        ),
        path(
            f"M{x} {y} Q{x + 60} {y - 13} {x + long / 2} {y - 14} Q{x + long - 60} {y - 13} {x + long} {y} Q{x + long - 60} {y + 13} {x + long / 2} {y + 14} Q{x + 60} {y + 13} {x} {y} Z",
            hull,
        ),
        path(
            f"M{x + 70} {y} Q{x + 110} {y - 7} {x + long / 2} {y - 8} Q{x + long - 110} {y - 7} {x + long - 70} {y} Q{x + long - 110} {y + 7} {x + long / 2} {y + 8} Q{x + 110} {y + 7} {x + 70} {y} Z",
            "#b98d5c",
        ),
    ]
    for n in range(8):
        sx = x + 104 + n * 38
        side = -1 if n % 2 else 1
        tip = (sx - 40, y + side * 58)
        parts.append(line(f"M{sx + 6} {y + side * 8} L{tip[0]} {tip[1]}", "#f4efe0", 3))
        parts.append(line(f"M{tip[0] + 3} {tip[1] - side * 6} L{tip[0] - 8} {tip[1] + side * 15}", blade, 9))
        parts.append(disc(tip[0] + 26, tip[1] + side * 4, 9, "#dcebe2", opacity=0.35))
        parts.append(path(f"M{sx - 12} {y - 10} h18 q6 10 0 20 h-18 q-6 -10 0 -20 Z", blade))
        parts.append(disc(sx - 2, y, 7, ("#6b4630", "#3a2a2a", "#a9764a")[n % 3]))
    parts.append(
        path(f"M{x + long - 94} {y - 8} h14 q5 8 0 16 h-14 q-5 -8 0 -16 Z", "#3a4750")
        + disc(x + long - 86, y, 6, "#d9a877")
    )
    return "".join(parts)
