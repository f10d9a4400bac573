"""Links that a finger can hit: WCAG 2.2, 2.5.8, target size (minimum)."""

from digest.quality.finding import Finding
from digest.quality.listing import listed
from digest.quality.mail import Mail
from digest.quality.pane import Pane

WIDTH = 320  # px: a phone's, where fingers are
LEAST = 24  # px, of height and width, or of the free circle around the middle


def check(pane: Pane, mail: Mail) -> list[Finding]:
    """Return one finding. Links inside a sentence may be as high as its lines are."""
    pane.show(mail.html, WIDTH)
    measured = pane.run("targets", LEAST)
    return [
        Finding(
            name="link targets",
            passed=not measured["faults"],
            value=f"{len(measured['faults'])} too small of {measured['links']}",
            limit=f"{LEAST} px high, or {LEAST} px apart",
            detail=listed(measured["faults"]),
        )
    ]
