"""Style blocks removed, as Gmail's apps do for accounts elsewhere: the mail still fits, and reads in order."""

from digest.quality import contrast, guise, narrow
from digest.quality.finding import Finding
from digest.quality.listing import listed
from digest.quality.mail import Mail
from digest.quality.pane import Pane

WIDTH = 320  # px


def check(pane: Pane, mail: Mail) -> list[Finding]:
    """Return findings of the width, the text in its order, the headings and the contrast."""
    guise.LIGHT.show(pane, mail.html, WIDTH)
    before, headings_before = pane.run("words"), pane.run("headings")
    guise.STYLES_REMOVED.show(pane, mail.html, WIDTH)
    after, headings = pane.run("words"), pane.run("headings")
    changed = [f"only with styles: {piece}" for piece in before if piece not in after]
    changed += [f"only without styles: {piece}" for piece in after if piece not in before]
    small = [heading["name"] for heading in headings if not heading["stands_out"]]
    faults = [
        f"{name} looks like the text around it: write its size or weight into its style attribute" for name in small
    ]
    return [
        narrow.fits(pane, "styles removed: width", WIDTH),
        Finding(
            name="styles removed: text",
            passed=before == after,
            value=f"{len(after)} of {len(before)} pieces",
            limit="the same text in the same order",
            detail=listed(changed),
        ),
        Finding(
            name="styles removed: headings",
            passed=len(headings) == len(headings_before) and not faults,
            value=f"{len(headings) - len(small)} of {len(headings_before)}",
            limit="all, larger or bolder than text",
            detail=listed(faults),
        ),
        contrast.finding("styles removed: contrast", contrast.measure(pane)),
    ]
