"""The SMTP server: whether it lets us in, and what it offers. No message is sent."""

import asyncio
from email.utils import parseaddr
from typing import NamedTuple

from digest.config import Settings
from digest.doctor import problem
from digest.doctor.problem import Problem
from digest.errors import ServerError
from digest.smtp.envelope import path
from digest.smtp.login import log_in
from digest.smtp.route import Route
from digest.smtp.session import Session, size_limit

# The HTML has 90,000 bytes at most, the text of the same stories less; quoted-printable makes up to three of each.
LARGEST_BYTES = 500_000


class Offer(NamedTuple):
    """What a server said to EHLO after the log-in."""

    has_pipelining: bool
    has_smtputf8: bool
    size_limit: int  #: bytes of a message; 0 when it names none


def check(settings: Settings, route: Route) -> list[Problem]:
    """Log in once, take leave, and judge what was offered. Waits for `route.limits.connect` seconds a step."""
    try:
        offer = asyncio.run(_ask(route))
    except ServerError as error:
        return [problem.of_error("smtp", error, fix="check [smtp] in the settings")]
    return [*_notes(route.place, offer), *([] if offer.has_smtputf8 else _senders(settings))]


async def _ask(route: Route) -> Offer:
    smtp = await log_in(route)
    offer = Offer(smtp.supports_extension("pipelining"), smtp.supports_extension("smtputf8"), size_limit(smtp))
    await Session(smtp, route).quit()
    return offer


def _notes(place: str, offer: Offer) -> list[Problem]:
    notes = []
    if not offer.has_pipelining:
        notes.append(
            (
                "has no PIPELINING: each message takes four round trips, not one",
                "more smtp.connections make up for it, or a relay of your own nearby",
            )
        )
    if 0 < offer.size_limit < LARGEST_BYTES:
        notes.append(
            (
                f"takes {offer.size_limit:,} bytes at most, and a long issue in a script such as Arabic or "
                f"Japanese can have {LARGEST_BYTES:,}",
                "raise its limit, or lower max_articles of the newsletters",
            )
        )
    if not offer.has_smtputf8:
        notes.append(
            (
                "has no SMTPUTF8: readers whose address has more than ASCII before the @ are skipped",
                "nothing, unless you have such readers; Postfix and Exim can be built with it",
            )
        )
    return [Problem("smtp", f"{place} {what}", fix, is_note=True) for what, fix in notes]


def _senders(settings: Settings) -> list[Problem]:
    """Name the newsletters whose sender needs SMTPUTF8."""
    found = []
    for number, newsletter in enumerate(settings.newsletters):
        sender = path(parseaddr(newsletter.sender)[1])
        if sender is None or sender.needs_smtputf8:
            found.append(
                Problem(
                    f"newsletters[{number}].sender",
                    f"the address of “{newsletter.slug}” has more than ASCII before the @, and the server no SMTPUTF8",
                    "take another address, or a server that has SMTPUTF8",
                )
            )
    return found
