"""What became of one attempt, and whose failure it was (RFC 5321 §4.2.1, RFC 1047): replies read by the table of rules.

The table is data, `verdicts.toml` beside this module. A reply's words come from strangers and repeat our recipients'
addresses, so addresses, host names and links are cut out before a rule looks at them: nobody can sign up with an
address that reads like a throttling server.
"""

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from digest.model import Culprit, DeliveryStatus

REPLY_LENGTH = 500  # characters of a server's reply that are kept: enough for every real reason and its link
CLOSING = 421  # "service not available, closing transmission channel": may come at any stage
_ENHANCED = re.compile(r"(?:\S+ )?\(?#?([45]\.\d{1,3}\.\d{1,3})(?![\d.])|.*\(#([45]\.\d{1,3}\.\d{1,3})\)")
_SOMEBODYS_NAME = re.compile(  # an address in brackets or bare, a link, a host's name or number
    r"""<[^<>]*>|"[^"]*"@\S+|\S+@\S+|\w+://\S+|\[[^\[\]\s]*[.:][^\[\]]*\]|\S*\w\.\w\S*"""
)


class Stage(StrEnum):
    """How far a conversation had come."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    MESSAGE = "message"  #: from the first byte of the message's body to the reply to its final dot


class Reaction(StrEnum):
    """What a verdict asks of the whole run, beside the recipient."""

    GO_ON = "go on"
    RECONNECT = "connect again"  #: this connection has served enough
    SLOW_DOWN = "slow down"  #: the server throttles us
    REST = "rest"  #: a quota of hours or a day is used up
    STOP = "stop"  #: it will be refused again: our log-in, our sender


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one attempt.

    `planned` means that nothing was handed over: the attempt costs the recipient nothing and may be made again.
    `code` is 0 where no reply of the server decided; then `rule`, the row of the table that did, is empty.
    """

    status: DeliveryStatus
    code: int
    text: str
    stage: Stage
    culprit: Culprit
    reaction: Reaction = Reaction.GO_ON
    rule: str = ""


class Example(NamedTuple):
    """A reply as a real server says it, line breaks included, and what becomes of the delivery."""

    stage: Stage
    reply: str
    becomes: DeliveryStatus


class Condition(NamedTuple):
    """What a reply must be like. None fits everything."""

    code: re.Pattern[str]
    enhanced: re.Pattern[str] | None
    text: re.Pattern[str] | None

    def fits(self, enhanced: str, text: str) -> bool:
        """Tell whether a reply of that code has the rest of what is asked for."""
        return bool(
            (self.enhanced is None or self.enhanced.fullmatch(enhanced))
            and (self.text is None or self.text.search(text))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the table: which replies it is about, whose failure they are, and what is done about it."""

    name: str
    why: str
    source: str
    stages: frozenset[Stage]
    when: tuple[Condition, ...]
    culprit: Culprit
    reaction: Reaction
    becomes: DeliveryStatus | None  #: None: what the code says
    examples: tuple[Example, ...]


class Usual(NamedTuple):
    """What becomes of a delivery by stage and code alone."""

    stages: frozenset[Stage]
    code: re.Pattern[str]
    becomes: DeliveryStatus


class Table(NamedTuple):
    """All rows, in the order in which they are tried."""

    usual: tuple[Usual, ...]
    rules: tuple[Rule, ...]


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
    """Return the verdict that a reply gives, to MAIL, RCPT, DATA or the final dot; never raises.

    `text` is what follows the code, of a reply of several lines each line's.
    """
    words = clean(text)
    rule, status = _row(stage, str(code) if 100 <= code <= 599 else "000", words)
    return Verdict(status, code, words, stage, rule.culprit, rule.reaction, rule.name)


def _row(stage: Stage, code: str, words: str) -> tuple[Rule, DeliveryStatus]:
    candidates, usual = _candidates(stage, code)
    first, conditions = candidates[0]
    if any(condition.enhanced is condition.text is None for condition in conditions):
        return first, first.becomes or usual  # nearly always: accepted, whatever the words are
    enhanced, text = _taken_apart(code, words)
    rule = next(rule for rule, conditions in candidates if any(c.fits(enhanced, text) for c in conditions))
    return rule, rule.becomes or usual


def _taken_apart(code: str, words: str) -> tuple[str, str]:
    """Return a reply's enhanced status, where it has one of its code's class, and its words without names.

    A reply of several lines repeats its status in each of them; words that were wrapped there are joined again.
    """
    found = _ENHANCED.match(words)
    enhanced = (found[1] or found[2]) if found else ""
    text = words.replace(enhanced, " ") if enhanced else words
    text = " ".join(_SOMEBODYS_NAME.sub(" … ", text).split())
    return enhanced if enhanced[:1] == code[:1] else "", text


@lru_cache(maxsize=1024)
def _candidates(stage: Stage, code: str) -> tuple[list[tuple[Rule, list[Condition]]], DeliveryStatus]:
    """Return the rules that may fit by stage and code, with what remains to be seen, and what the code alone says.

    The last of them fits every reply with that code: a test goes through all codes.
    """
    rules = ((rule, [c for c in rule.when if c.code.fullmatch(code)]) for rule in table().rules if stage in rule.stages)
    usual = next(row.becomes for row in table().usual if stage in row.stages and row.code.fullmatch(code))
    return [(rule, conditions) for rule, conditions in rules if conditions], usual


@lru_cache(maxsize=1)
def table() -> Table:
    """Return the table of `verdicts.toml`, read once."""
    data = tomllib.loads((files("digest.smtp") / "verdicts.toml").read_text("utf-8"))
    usual = (
        Usual(_stages(row), re.compile(row["code"], re.DOTALL), DeliveryStatus(row["becomes"]))
        for row in data["status"]
    )
    return Table(tuple(usual), tuple(_rule(row) for row in data["rule"]))


def _stages(row: dict[str, Any]) -> frozenset[Stage]:
    return frozenset(Stage(word) for word in row["stages"])


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        name=row["name"],
        why=row["why"],
        source=row["source"],
        stages=_stages(row),
        when=tuple(_condition(**condition) for condition in row["when"]),
        culprit=Culprit(row["culprit"]),
        reaction=Reaction(row["reaction"]),
        becomes=DeliveryStatus(row["becomes"]) if "becomes" in row else None,
        examples=tuple(
            Example(Stage(stage), reply, DeliveryStatus(becomes)) for stage, reply, becomes in row["examples"]
        ),
    )


def _condition(*, code: str, enhanced: str | None = None, text: str | None = None) -> Condition:
    return Condition(
        re.compile(code),
        re.compile(enhanced) if enhanced is not None else None,
        re.compile(text, re.IGNORECASE) if text is not None else None,
    )
