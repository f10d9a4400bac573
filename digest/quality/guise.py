"""The guises in which readers get one mail: what clients make of its colours, pictures and styles."""

from collections.abc import Callable
from typing import NamedTuple

from digest.quality import conditional_comments
from digest.quality.pane import Pane


class Guise(NamedTuple):
    """One of them: `show` lays a mail's HTML out like that, at a width in px."""

    name: str  #: as reports name it
    show: Callable[[Pane, str, int], None]


def _light(pane: Pane, html: str, width: int) -> None:
    pane.show(html, width)


def _dark(pane: Pane, html: str, width: int) -> None:
    pane.show(html, width, "dark")


def _inverted(how: str) -> Callable[[Pane, str, int], None]:
    def show(pane: Pane, html: str, width: int) -> None:
        pane.show(html, width)
        pane.alter("inversion", how)

    return show


def _without_pictures(pane: Pane, html: str, width: int) -> None:
    pane.show_without_pictures(html, width)


def _without_styles(pane: Pane, html: str, width: int) -> None:
    pane.show(html, width)
    pane.alter("without_styles")


def _in_outlook(pane: Pane, html: str, width: int) -> None:
    pane.show(conditional_comments.as_outlook_reads(html), width)


LIGHT = Guise("light", _light)
DARK = Guise("dark", _dark)  #: the mail's own dark palette: Apple Mail, Samsung, Thunderbird
PARTLY_INVERTED = Guise("partly inverted", _inverted("partly"))  #: Gmail on Android
FULLY_INVERTED = Guise("fully inverted", _inverted("fully"))  #: Gmail on iOS
OUTLOOK_COM = Guise("Outlook.com, dark", _inverted("outlook.com"))
PICTURES_BLOCKED = Guise("pictures blocked", _without_pictures)
STYLES_REMOVED = Guise("styles removed", _without_styles)  #: Gmail's apps for accounts elsewhere
OUTLOOK = Guise("Outlook branch", _in_outlook)  #: what [if mso] gives to Outlook on Windows, laid out by Chromium

COLOURS = (LIGHT, DARK, PARTLY_INVERTED, FULLY_INVERTED, OUTLOOK_COM)
