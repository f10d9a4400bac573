"""Pictures blocked, as many clients do at first: each says in words what it shows, and the mail reads on."""

from digest.quality import contrast, guise
from digest.quality.finding import Finding
from digest.quality.listing import counted, listed
from digest.quality.mail import Mail
from digest.quality.pane import Pane

WIDTHS = (600, 320)  # px: alt text that fits the desktop's box may not fit the phone's
WORDS_A_PICTURE = 20  # a headline and a sentence


def check(pane: Pane, mail: Mail) -> list[Finding]:
    """Return findings of the alt texts, of all text's contrast, and of how much the text alone tells."""
    faults: list[str] = []
    pictures = 0
    for width in WIDTHS:
        guise.PICTURES_BLOCKED.show(pane, mail.html, width)
        seen = pane.run("alt_texts")
        pictures = len(seen)
        faults += [f"{width} px: {picture['name']} {picture['fault']}" for picture in seen if picture["fault"]]
    words = sum(len(piece.split()) for piece in pane.run("words"))
    pane.alter("without_backgrounds")
    return [
        Finding(
            name="images blocked: alt text",
            passed=not faults,
            value=counted(len(faults), "fault"),
            limit="every picture says what it shows",
            detail=listed(faults),
        ),
        contrast.finding("images blocked: contrast", contrast.measure(pane)),
        _told(words, pictures),
    ]


def _told(words: int, pictures: int) -> Finding:
    passed = words >= WORDS_A_PICTURE * pictures
    return Finding(
        name="images blocked: text",
        passed=passed,
        value=f"{words} words, {counted(pictures, 'picture')}",
        limit=f"at least {WORDS_A_PICTURE} words a picture",
        detail="" if passed else "the pictures tell the story, which nobody sees at first: write it as text",
    )
