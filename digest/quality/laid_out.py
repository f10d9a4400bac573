"""The gates that look at a mail laid out by a browser, in the order that needs the fewest page loads."""

from digest.quality import axe, dark_mode, images_blocked, narrow, outlook, styles_removed, targets
from digest.quality.finding import Finding
from digest.quality.mail import Mail
from digest.quality.pane import Pane

GATES = (axe, narrow, targets, dark_mode, images_blocked, styles_removed, outlook)


def check(pane: Pane, mail: Mail) -> list[Finding]:
    """Return what every one of these gates finds. The pane may be used for the next mail afterwards."""
    return [finding for gate in GATES for finding in gate.check(pane, mail)]
