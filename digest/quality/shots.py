"""Pictures of a mail in every guise, for people to look at: what a gate measured, one sees."""

import io
from dataclasses import dataclass
from typing import NamedTuple

from PIL import Image

from digest.quality import guise
from digest.quality.guise import Guise
from digest.quality.mail import Mail
from digest.quality.pane import Pane

TALLEST = 2400  # px: what is below looks the same, and a report of eight editions stays under 15 MB
PALETTE = 128  # colours: mails are text on plain grounds, which this keeps sharp at a quarter of the bytes


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: the mail from its top, down to `TALLEST`."""

    name: str  #: of the guise: “dark”
    width: int  #: of the window, in px
    whole: int  #: height of the whole mail in px, of which the picture may show only the beginning
    png: bytes


class View(NamedTuple):
    """A guise at a width in px."""

    guise: Guise
    width: int


VIEWS = (
    View(guise.LIGHT, 600),
    View(guise.DARK, 600),
    View(guise.LIGHT, 320),
    View(guise.DARK, 320),
    View(guise.PARTLY_INVERTED, 600),
    View(guise.FULLY_INVERTED, 600),
    View(guise.OUTLOOK_COM, 600),
    View(guise.PICTURES_BLOCKED, 600),
    View(guise.STYLES_REMOVED, 320),
    View(guise.OUTLOOK, 680),
)


def take(pane: Pane, mail: Mail) -> list[Shot]:
    """Return a picture for each of `VIEWS`; grey boxes stand for the mail's pictures, which are not fetched."""
    return [_shoot(pane, mail, view) for view in VIEWS]


def _shoot(pane: Pane, mail: Mail, view: View) -> Shot:
    view.guise.show(pane, mail.html, view.width)
    whole = int(pane.page.evaluate("Math.ceil(document.body.getBoundingClientRect().bottom + scrollY)"))
    height = max(1, min(whole, TALLEST))
    return Shot(view.guise.name, view.width, whole, _png(pane.photograph(0, 0, view.width, height)))


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    # Pillow's usual method gives a small label the colour of its neighbours: a category's would be grey.
    picture.quantize(PALETTE, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
