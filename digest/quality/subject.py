"""The subject, in itself and beside those of the newsletter's earlier issues."""

import re
from collections.abc import Collection, Mapping

from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail
from digest.quality.preheader import columns

LEAST, MOST = 20, 60  # columns, and characters: what phones and desktops show
_REPLY = re.compile(r"(?:re|fwd?|aw|wg|tr|rv|sv|vs)\s*:", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff\u00ad]")


def check(mail: Mail) -> list[Finding]:
    """Look at one mail's subject."""
    subject = mail.subject
    return [_length(subject), _tone(subject), _characters(subject)]


def _length(subject: str) -> Finding:
    fits = columns(subject) >= LEAST and len(subject) <= MOST
    return of_faults(
        "subject: length",
        [] if fits else [f"“{subject}”" if subject.strip() else "there is no subject"],
        limit=f"{LEAST} to {MOST} characters",
        value=f"{len(subject)} characters",
        advice="Inboxes show about 60; shorter than 20 says too little",
    )


def _tone(subject: str) -> Finding:
    letters = [one for one in subject if one.isalpha()]
    faults = []
    if len(letters) > 3 and all(one.isupper() for one in letters):
        faults.append("it is all capitals (SUBJ_ALL_CAPS)")
    faults += [f"it holds “{shout}”" for shout in ("!!", "$$", "€€", "££", "??") if shout in subject]
    if _REPLY.match(subject.strip()):
        faults.append(f"it begins with “{subject.strip().split(':')[0]}:”, as if it were an answer")
    return of_faults(
        "subject: tone", faults, limit="calm, and no answer", advice="Change the lead story's title, or pin another one"
    )


def _characters(subject: str) -> Finding:
    found = sorted({f"U+{ord(one):04X}" for one in _CONTROL.findall(subject)})
    return of_faults(
        "subject: characters",
        [f"it holds {', '.join(found)}"] if found else [],
        limit="no control characters",
        advice="They break lines or turn the direction of what stands around",
    )


def repeated(subjects: Mapping[str, str], earlier: Collection[str]) -> Finding:
    """Compare an issue's subjects, by name of the edition, with all of the newsletter's earlier issues."""
    known = {subject.casefold() for subject in earlier}
    faults = [f"{name}: “{subject}”" for name, subject in subjects.items() if subject.casefold() in known]
    return of_faults(
        "subject: new",
        faults,
        limit="not that of an earlier issue",
        advice="Gmail joins mails of one subject and hides what they share: pin another lead story",
    )
