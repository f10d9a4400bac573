"""Stripes: bands that a dark mode leaves in the wrong colour; contrast tests miss them where no text stands on them."""

import itertools
from typing import NamedTuple

from digest.quality.finding import Finding
from digest.quality.listing import LISTED, abridged
from digest.quality.pane import Pane

WIDTH = 680  # px of the window: the mail's column of 600 and 40 of page on either side
PAGE_X, CARD_X = 20, 48  # px from the left: the page beside the card, and the card's gutter, where no text stands
SLICE = 16_000  # px of height in one picture: Chromium draws none over 16,384
LIMIT = "one colour each"


class Band(NamedTuple):
    """So many rows of one colour, from `top` in px."""

    top: int
    height: int
    colour: tuple[int, int, int]

    @property
    def hexadecimal(self) -> str:
        """The colour as CSS writes it."""
        return "#{:02x}{:02x}{:02x}".format(*self.colour)


class Span(NamedTuple):
    """Rows from `top` up to `bottom`, in px."""

    top: int
    bottom: int


def check(pane: Pane, name: str) -> Finding:
    """Look at what is shown, which must be `WIDTH` wide: down the page beside the card, and down the card's gutter.

    The page may show above and below the card. Lines and pictures that cross the gutter are meant, and do not count.
    """
    height = int(pane.page.evaluate("document.documentElement.scrollHeight"))
    page, card = columns(pane, height)
    drawn = [Span(*span) for span in pane.run("lines", CARD_X)]
    page_bands, card_bands = bands(page, []), bands(card, drawn)
    inside = inside_card(card_bands, page_bands[0].colour)
    passed = len(page_bands) == 1 and len(inside) <= 1
    value = f"{len(inside) or 1} on the card, {len(page_bands)} on the page"
    faults = [(PAGE_X, band) for band in page_bands[1:]] + [(CARD_X, band) for band in strange(inside)]
    first = [] if passed else [_describe(pane, x, band) for x, band in faults[:LISTED]]
    return Finding(
        name=name, passed=passed, value=value, limit=LIMIT, detail="" if passed else abridged(first, len(faults))
    )


def columns(pane: Pane, height: int) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    """Return the colours down the page's column and the card's, one a px."""
    page: list[tuple[int, int, int]] = []
    card: list[tuple[int, int, int]] = []
    for top in range(0, height, SLICE):
        image = pane.photograph(PAGE_X, top, CARD_X - PAGE_X + 1, min(SLICE, height - top))
        for column, x in ((page, 0), (card, image.width - 1)):
            strip = image.crop((x, 0, x + 1, image.height)).tobytes()
            column += [(strip[n], strip[n + 1], strip[n + 2]) for n in range(0, len(strip), 3)]
    return page, card


def bands(column: list[tuple[int, int, int]], meant: list[Span]) -> list[Band]:
    """Return the column as bands of one colour; rows that are meant, of lines and pictures, count to those above."""
    skipped = {row for span in meant for row in range(span.top, span.bottom)}
    rows = [(row, colour) for row, colour in enumerate(column) if row not in skipped]
    found: list[Band] = []
    for colour, band in itertools.groupby(rows, key=lambda one: one[1]):
        places = [row for row, _ in band]
        found.append(Band(places[0], places[-1] + 1 - places[0], colour))
    return found or [Band(0, len(column), column[0] if column else (0, 0, 0))]


def inside_card(found: list[Band], page: tuple[int, int, int]) -> list[Band]:
    """Leave out the page above and below the card."""
    start = 1 if found[0].colour == page else 0
    end = len(found) - 1 if len(found) > start and found[-1].colour == page else len(found)
    return found[start:end]


def strange(inside: list[Band]) -> list[Band]:
    """Return the bands that are not of the colour that most of the card has."""
    rows: dict[tuple[int, int, int], int] = {}
    for band in inside:
        rows[band.colour] = rows.get(band.colour, 0) + band.height
    usual = max(rows, key=lambda colour: rows[colour], default=None)
    return [band for band in inside if band.colour != usual]


def _describe(pane: Pane, x: int, band: Band) -> str:
    painter = pane.run("painter", {"x": x, "y": band.top + band.height / 2})
    return f"{band.hexadecimal} from {band.top} px, {band.height} px high, painted by {painter}"
