"""Narrow screens: nothing scrolls sideways, nothing is cut off, and no text is too small to read."""

from digest.quality.finding import Finding
from digest.quality.listing import listed
from digest.quality.mail import Mail
from digest.quality.pane import Pane

WIDTHS = (320, 375)  # px: the narrowest phone in use, and the usual one
LEAST_TEXT = 14  # px


def check(pane: Pane, mail: Mail) -> list[Finding]:
    """Return a finding of the width for each width, and one of the smallest text; both directions alike."""
    found = []
    for width in WIDTHS:
        pane.show(mail.html, width)
        found.append(fits(pane, f"narrow: {width} px", width))
    pane.show(mail.html, WIDTHS[0])
    text = pane.run("text_size", LEAST_TEXT)
    found.append(
        Finding(
            name="narrow: text size",
            passed=not text["small"],
            value=f"{text['least']:g} px",
            limit=f"at least {LEAST_TEXT} px",
            detail=listed(text["small"]),
        )
    )
    return found


def fits(pane: Pane, name: str, width: int) -> Finding:
    """Judge what is shown now, at a window's width in px: neither wider than it, nor cut off at its edge."""
    measured = pane.run("width", width)
    return Finding(
        name=name,
        passed=measured["width"] <= width and not measured["outside"],
        value=f"{measured['width']} px",
        limit=f"{width} px, nothing cut off",
        detail=listed(measured["outside"]),
    )
