"""What stands for a picture where pictures are blocked, or cannot be seen."""

from digest.quality import page
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail

LONGEST_ALT = 125  # characters; screen readers cut longer ones into several


def check(mail: Mail) -> list[Finding]:
    """Every picture has an alternative text, and a size that keeps its place."""
    images = list(page.parse(mail.html).iter("img"))
    faults, sizeless = [], []
    for image in images:
        alt, source = image.get("alt"), (image.get("src") or "")[:60]
        if alt is None:
            faults.append(f"{source} has no alt")
        elif not alt.strip() and image.getparent().tag == "a" and not page.words(image.getparent()):
            faults.append(f"{source} is all there is of a link, and its alt is empty")
        elif len(alt) > LONGEST_ALT:
            faults.append(f"the alt of {source} has {len(alt)} characters, {LONGEST_ALT} at most")
        if not (image.get("width") or "").isdigit():
            sizeless.append(f"{source} has width “{image.get('width') or ''}”")
        if image.get("height") is not None and not image.get("height").isdigit():
            sizeless.append(f"{source} has height “{image.get('height')}”")
    return [
        of_faults(
            "pictures: alternative texts",
            faults,
            limit="on every picture",
            value="" if faults else f"{len(images)} pictures",
            advice='Say what the picture shows, or write alt="" where it is an ornament',
        ),
        of_faults(
            "pictures: sizes",
            sizeless,
            limit="whole pixels in the attributes",
            advice="Outlook takes the size from the attributes, and HTML allows only whole numbers there",
        ),
    ]
