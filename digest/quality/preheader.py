"""What the inbox shows beside the subject."""

import re
import unicodedata

from digest.quality import page
from digest.quality.finding import Finding, of_faults
from digest.quality.legibility import contrast
from digest.quality.mail import Mail
from digest.quality.page import Element, Look

LEAST, MOST = 40, 110  # columns, and characters: ideographs take two columns
COMMON_WORDS = 4  # in a row: as many make a preheader repeat the subject
INVISIBLE_PX = 6.0
INVISIBLE_CONTRAST = 1.3
_EMPTY = re.compile(
    r"(?:view (?:this email )?(?:in|online)|unsubscribe|having trouble|if you can.t see|images?\b)", re.I
)


def check(mail: Mail) -> list[Finding]:
    """Look at the first text of the body, and at how it is hidden."""
    root = page.parse(mail.html)
    looks = page.looks(root)
    passages = [(looks[element], element, _plain(text)) for element, text in page.texts(root)]
    preheader = next((text for look, _, text in passages[:1] if look.is_hidden), "")
    return [_length(preheader), _own_words(preheader, mail.subject), _hiding(passages), _first_visible(passages)]


def columns(text: str) -> int:
    """Return how many columns of an inbox a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _plain(text: str) -> str:
    """Return a text without the characters that some put in to fill the line."""
    visible = "".join(" " if one == "\u2007" else one for one in text if unicodedata.category(one) not in ("Cf", "Mn"))
    return " ".join(visible.split()) if "\u034f" in text or "\ufeff" in text else " ".join(text.split())


def _length(preheader: str) -> Finding:
    fits = columns(preheader) >= LEAST and len(preheader) <= MOST
    faults = [] if fits else [f"it is “{preheader}”" if preheader else "the first text of the body is not hidden"]
    return of_faults(
        "preheader: length",
        faults,
        limit=f"{LEAST} to {MOST} characters",
        value=f"{len(preheader)} characters" if preheader else "none",
        advice="Begin the wrapper with a hidden line of what else is in the mail",
    )


def _own_words(preheader: str, subject: str) -> Finding:
    runs = _runs(subject) & _runs(preheader)
    same = [f"both say “{' '.join(run)}”" for run in sorted(runs)[:1]]
    return of_faults(
        "preheader: own words",
        same,
        limit=f"no {COMMON_WORDS} words of the subject in a row",
        advice="Name the next stories, or the lead's first point",
    )


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.casefold())
    return {tuple(words[start : start + COMMON_WORDS]) for start in range(len(words) - COMMON_WORDS + 1)}


def _hiding(passages: list[tuple[Look, Element, str]]) -> Finding:
    faults = [
        f"“{text[:40]}” in {page.name(element)} is hidden by its {'colour' if look.font_px > INVISIBLE_PX else 'size'}"
        for look, element, text in passages
        if not look.is_hidden and (look.font_px <= INVISIBLE_PX or contrast(look) < INVISIBLE_CONTRAST)
    ]
    return of_faults(
        "preheader: hiding",
        faults,
        limit="by display:none alone",
        advice="Spam filters take text of the ground's colour or of no size for a trick (HTML_FONT_LOW_CONTRAST)",
    )


def _first_visible(passages: list[tuple[Look, Element, str]]) -> Finding:
    first = next((text for look, _, text in passages if not look.is_hidden and look.font_px > INVISIBLE_PX), "")
    faults = [f"it is “{first[:60]}”"] if not first or _EMPTY.match(first) else []
    return of_faults(
        "preheader: first visible text",
        faults,
        limit="says what the mail is",
        value=f"“{first[:30]}”",
        advice="Some inboxes show it instead of the preheader: begin with the newsletter's name",
    )
