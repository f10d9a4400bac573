"""What became of one attempt, and whose failure it was (RFC 5321 §4.2.1, RFC 1047)."""

from dataclasses import dataclass
from enum import StrEnum

from digest.model import DeliveryStatus

REPLY_LENGTH = 500  # characters of a server's reply that are kept: enough for every real reason and its link
CLOSING = 421  # "service not available, closing transmission channel": may come at any stage


class Stage(StrEnum):
    """How far a conversation had come."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    MESSAGE = "message"  #: from the first byte of the message's body to the reply to its final dot


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


def clean(text: str) -> str:
    """Return a server's words as one line of printable text, at most REPLY_LENGTH characters."""
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    printable = "".join(c if c.isprintable() else " " for c in readable)
    return " ".join(printable.split())[:REPLY_LENGTH]


def not_handed_over(stage: Stage, text: str, *, code: int = 0) -> Verdict:
    """Return the verdict of an attempt that ended before the message's body: no recipient is to blame."""
    return Verdict(DeliveryStatus.PLANNED, code, clean(text), stage)


def refused_here(text: str) -> Verdict:
    """Return the verdict on a message that this server cannot take, known before a byte of it was written."""
    return Verdict(DeliveryStatus.REJECTED, 0, clean(text), Stage.MAIL)


def judge(stage: Stage, code: int, text: str) -> Verdict:
    """Return the verdict that a reply to RCPT, DATA or the message gives.

    Any 2xx after the final dot is acceptance, 251 too. A reply to the message that is none at all (1xx, 3xx) leaves
    open whether the server has it.
    """
    if stage is not Stage.MESSAGE and code == CLOSING:
        return not_handed_over(stage, text, code=code)
    by_class = {
        2: DeliveryStatus.ACCEPTED,
        4: DeliveryStatus.DEFERRED,
        5: DeliveryStatus.REJECTED,
    }
    return Verdict(by_class.get(code // 100, DeliveryStatus.UNKNOWN), code, clean(text), stage)
