"""What became of one attempt, and whose failure it was (RFC 5321 §4.2.1, RFC 1047)."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from digest.model import Culprit, DeliveryStatus

REPLY_LENGTH = 500  # characters of a server's reply that are kept: enough for every real reason and its link
_OURS = (
    re.compile(  # RFC 3463: 5.6 is content, 5.7 policy, 5.3.4 size; many relays say in words alone that they are none
        r"(?<![\d.])5\.[67]\.\d|(?<![\d.])5\.3\.4|relay(ing)?\s+(access\s+)?(is\s+)?(denied|not\s)", re.IGNORECASE
    )
)
_NOT_LOGGED_IN = 530
CLOSING = 421  # "service not available, closing transmission channel": may come at any stage


class Stage(StrEnum):
    """How far a conversation had come."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    MESSAGE = "message"  #: from the first byte of the message's body to the reply to its final dot


class Reaction(StrEnum):
    """What a verdict asks of the whole run, beside the recipient."""

    GO_ON = "go on"
    SLOW_DOWN = "slow down"  #: the server throttles us
    REST = "rest"  #: a quota of hours or a day is used up
    STOP = "stop"  #: it will be refused again: our log-in, our sender


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one attempt.

    `planned` means that nothing was handed over: the attempt costs the recipient nothing and may be made again.
    `code` is 0 where no reply of the server decided.
    """

    status: DeliveryStatus
    code: int
    text: str
    stage: Stage
    culprit: Culprit
    reaction: Reaction = Reaction.GO_ON


def clean(text: str) -> str:
    """Return a server's words as one line of printable text, at most REPLY_LENGTH characters."""
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    printable = "".join(c if c.isprintable() else " " for c in readable)
    return " ".join(printable.split())[:REPLY_LENGTH]


def not_handed_over(stage: Stage, text: str, *, code: int = 0) -> Verdict:
    """Return the verdict of an attempt that ended before the message's body: no recipient is to blame."""
    return Verdict(DeliveryStatus.PLANNED, code, clean(text), stage, Culprit.SERVER)


def refused_here(
    text: str, *, status: DeliveryStatus = DeliveryStatus.REJECTED, culprit: Culprit = Culprit.RECIPIENT
) -> Verdict:
    """Return the verdict on a message that this server cannot take, known before a byte of it was written."""
    return Verdict(status, 0, clean(text), Stage.MAIL, culprit)


def refused_sender(text: str) -> Verdict:
    """Return the verdict on a sender that this server cannot take: nobody gets anything."""
    return Verdict(DeliveryStatus.PLANNED, 0, clean(text), Stage.MAIL, Culprit.OURS, Reaction.STOP)


def judge(stage: Stage, code: int, text: str) -> Verdict:
    """Return the verdict that a reply to RCPT, DATA or the message gives.

    Any 2xx after the final dot is acceptance, 251 too. A reply to the message that is none at all (1xx, 3xx) leaves
    open whether the server has it.
    """
    if stage is Stage.MAIL and code >= 500:
        return Verdict(DeliveryStatus.PLANNED, code, clean(text), stage, Culprit.OURS, Reaction.STOP)
    if stage is Stage.MAIL or (stage is not Stage.MESSAGE and code == CLOSING):
        verdict = not_handed_over(stage, text, code=code)
        return replace(verdict, reaction=Reaction.SLOW_DOWN) if code == CLOSING else verdict
    if stage is not Stage.MESSAGE and code == _NOT_LOGGED_IN:
        return Verdict(DeliveryStatus.PLANNED, code, clean(text), stage, Culprit.OURS, Reaction.STOP)
    if code >= 500 and (stage is Stage.MESSAGE or _OURS.search(text)):
        return Verdict(DeliveryStatus.REJECTED, code, clean(text), stage, Culprit.OURS)
    by_class = {
        2: (DeliveryStatus.ACCEPTED, Culprit.NOBODY),
        4: (DeliveryStatus.DEFERRED, Culprit.RECIPIENT),
        5: (DeliveryStatus.REJECTED, Culprit.RECIPIENT),
    }
    status, culprit = by_class.get(code // 100, (DeliveryStatus.UNKNOWN, Culprit.UNKNOWN))
    return Verdict(status, code, clean(text), stage, culprit)
