"""The outline by which screen readers move through a mail."""

from digest.quality import page
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail

LEVELS = {f"h{level}": level for level in range(1, 7)}


def check(mail: Mail) -> list[Finding]:
    """One h1, then levels that never jump; none empty."""
    found = [(LEVELS[one.tag], one) for one in page.parse(mail.html).iter(*LEVELS)]
    faults = [f"an empty {page.name(one)}" for _, one in found if not page.words(one)]
    count = sum(level == 1 for level, _ in found)
    if count != 1:
        faults.append(f"there are {count} h1")
    before = 0
    for level, one in found:
        if level > before + 1:
            faults.append(f"h{level} “{page.words(one)}” follows h{before}" if before else f"it begins with h{level}")
        before = level
    return [
        of_faults(
            "headings",
            faults,
            limit="one h1, then no level left out",
            value=f"{len(found)} headings" if not faults else "",
            advice="h1 is the newsletter's name, h2 a section, h3 a story",
        )
    ]
