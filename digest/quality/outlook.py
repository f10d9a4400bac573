"""Outlook on Windows reads markup of its own; laid out here by Chromium, which shows whether it is whole."""

from digest.quality import guise
from digest.quality.finding import Finding
from digest.quality.listing import listed
from digest.quality.mail import Mail
from digest.quality.pane import Pane

WIDTH, COLUMN = 680, 600  # px: the window, and the mail's one column


def check(pane: Pane, mail: Mail) -> list[Finding]:
    """Return findings of the column's width and of the text. Word's own rendering is not emulated."""
    guise.LIGHT.show(pane, mail.html, WIDTH)
    before = pane.run("words")
    guise.OUTLOOK.show(pane, mail.html, WIDTH)
    after, column = pane.run("words"), pane.run("column")
    changed = [f"not in Outlook: {piece}" for piece in before if piece not in after]
    changed += [f"only in Outlook: {piece}" for piece in after if piece not in before]
    faults = list(column["beside"])
    if column["page"] > WIDTH:
        faults.insert(0, f"the page is {column['page']} px wide: something in the column is wider than {COLUMN} px")
    if column["width"] != COLUMN:
        faults.insert(0, f"it is {column['width']} px wide: the [if mso] table needs width={COLUMN}, and its end")
    return [
        Finding(
            name="Outlook: column",
            passed=not faults,
            value=f"{column['width']} px",
            limit=f"one of {COLUMN} px",
            detail=listed(faults),
        ),
        Finding(
            name="Outlook: text",
            passed=before == after,
            value=f"{len(after)} of {len(before)} pieces",
            limit="the same text in the same order",
            detail=listed(changed),
        ),
    ]
