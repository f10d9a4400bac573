"""All gates that need nothing but the mail. Those that need a browser or SpamAssassin stand beside this module."""

from collections.abc import Callable

from digest.quality import (
    clients,
    headers,
    headings,
    legibility,
    link_texts,
    links,
    mailpit,
    pictures,
    preheader,
    size,
    structure,
    subject,
    syntax,
    text_part,
)
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail

Gate = Callable[[Mail], list[Finding]]

OF_MESSAGES: tuple[Gate, ...] = (headers.check, subject.check)
OF_CONTENT: tuple[Gate, ...] = (
    size.check,
    syntax.check,
    mailpit.check,
    clients.check,
    structure.check,
    headings.check,
    pictures.check,
    legibility.check,
    link_texts.check,
    preheader.check,
    links.check,
    text_part.check,
)


def check(mail: Mail) -> list[Finding]:
    """Run every gate over one mail; where there is no HTML part, say that instead of measuring it."""
    found = [finding for gate in OF_MESSAGES for finding in gate(mail)]
    if not mail.html.strip():
        return [*found, of_faults("HTML part", ["there is none"], limit="there", advice="See “headers: parts”")]
    return found + [finding for gate in OF_CONTENT for finding in gate(mail)]
