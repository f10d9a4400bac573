"""One run over the mails that stand for an issue: every gate that this machine has the parts for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.quality import chromium, gates, laid_out, pane, spam
from digest.quality.finding import Finding
from digest.quality.mail import Mail
from digest.quality.missing import Missing
from digest.quality.pane import Pane
from digest.quality.report import Checked
from digest.quality.shots import Shot

Photograph = Callable[[Pane, Mail], Sequence[Shot]]


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found of each mail, in their order, and which parts were missing for more."""

    checked: tuple[Checked, ...]
    missing: tuple[Missing, ...]


def no_pictures(_pane: Pane, _mail: Mail) -> Sequence[Shot]:
    """Take no pictures of a mail: for whoever wants the figures only."""
    return ()


def examine(mails: Sequence[Mail], *, photograph: Photograph, done: Callable[[int], None]) -> Examination:
    """Run the pure gates, those of the browser and SpamAssassin over the mails; `done` hears of each mail finished."""
    found: list[list[Finding]] = [gates.check(mail) for mail in mails]
    shots: list[Sequence[Shot]] = [() for _ in mails]
    with_html = [place for place, mail in enumerate(mails) if mail.html.strip()]
    missing: list[Missing] = []
    filter_program = spam.find()
    if isinstance(filter_program, Missing):
        missing.append(filter_program)
    else:
        for place, finding in enumerate(spam.check(filter_program, mails)):
            found[place].append(finding)
    browser_program = chromium.find()
    if isinstance(browser_program, Missing):
        missing.append(browser_program)
    else:
        with chromium.opened(browser_program) as browser, pane.opened(browser) as shown:
            for place in with_html:
                found[place] += laid_out.check(shown, mails[place])
                shots[place] = photograph(shown, mails[place])
                done(1)
    checked = (
        Checked(mail, mail.name, tuple(findings), tuple(pictures))
        for mail, findings, pictures in zip(mails, found, shots, strict=True)
    )
    return Examination(tuple(checked), tuple(missing))
