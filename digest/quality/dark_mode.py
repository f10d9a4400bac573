"""Dark mode in every rendering that readers get: the mail's own palette and three kinds of forced inversion."""

from digest.quality import boxes, contrast, guise, stripes
from digest.quality.finding import Finding
from digest.quality.mail import Mail
from digest.quality.pane import Pane


def check(pane: Pane, mail: Mail) -> list[Finding]:
    """Return findings for each guise of colours: contrast, stripes, and in the dark the boxes that light sets off."""
    found: list[Finding] = []
    guise.LIGHT.show(pane, mail.html, stripes.WIDTH)
    in_light = boxes.seen(pane)
    for look in guise.COLOURS:
        look.show(pane, mail.html, stripes.WIDTH)
        found.append(contrast.finding(f"contrast: {look.name}", contrast.measure(pane)))
        found.append(stripes.check(pane, f"stripes: {look.name}"))
        if look is not guise.LIGHT:
            found.append(boxes.finding(f"boxes: {look.name}", in_light, boxes.seen(pane)))
    return found
