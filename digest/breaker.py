"""When the failures say that it is us: an issue must not be refused everywhere for a fault that can be mended."""

import re
from collections import Counter, deque
from typing import NamedTuple

from digest.model import Culprit
from digest.shortening import shortened
from digest.smtp.verdict import Verdict

EARLY = 50  # attempts at the beginning of a run, in which a fault of the set-up shows itself
SAME = 5  # refusals in the same words among them that are enough
WINDOW = 200  # attempts, afterwards
FEWEST = 10  # refusals in the window that are enough
SHARE = 0.2  # of the attempts looked at; more than that must have been refused in both cases
QUOTED_LENGTH = 200

_ADDRESS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|(?<![^\s<>"])[^\s<>"@＠]*)[@＠][^\s<>]*')
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_IDENTIFIER = re.compile(r"(?<!\S)\S*\d\S*")  # whatever has a digit: a queue id, an IP address, a count


class _Refusal(NamedTuple):
    kind: str  #: equal for replies that say the same, whatever address, number or queue id they name
    words: str  #: to quote


class Breaker:
    """Watches the attempts of one run at an issue; says so when it should not go on.

    It trips when more than a fifth of the attempts were refused for a fault of ours: five or more of the first 50 in
    the same words, which is how a wrong set-up shows itself, or ten or more of the last 200 in any. What a recipient or
    a throttling server is to blame for never trips it.
    """

    def __init__(self, issue_name: str) -> None:
        self._issue_name = issue_name
        self._window: deque[_Refusal | None] = deque(maxlen=WINDOW)  # None: not our fault
        self._attempts = 0
        self._ours = 0  # in the window
        self._reason: str | None = None

    def note(self, verdict: Verdict) -> str | None:
        """Count a finished attempt; return why to pause, once it has tripped, and from then on.

        The reason quotes the server, without any address, and says how to go on.
        """
        refusal = _refusal(verdict) if verdict.culprit is Culprit.OURS else None
        if len(self._window) == WINDOW:
            self._ours -= self._window[0] is not None
        self._window.append(refusal)
        self._attempts += 1
        if refusal is not None:
            self._ours += 1
            self._reason = self._reason or self._judge(refusal)
        return self._reason

    def _judge(self, newest: _Refusal) -> str | None:
        if self._attempts <= EARLY:
            same = sum(refusal is not None and refusal.kind == newest.kind for refusal in self._window)
            if same >= SAME and same > SHARE * self._attempts:
                return self._told(same, newest.words)
        if self._ours >= FEWEST and self._ours > SHARE * len(self._window):
            return self._told(self._ours, f"most often {self._commonest()}")
        return None

    def _commonest(self) -> str:
        refusals = [refusal for refusal in self._window if refusal is not None]
        ((kind, _),) = Counter(refusal.kind for refusal in refusals).most_common(1)
        return next(refusal.words for refusal in refusals if refusal.kind == kind)

    def _told(self, count: int, words: str) -> str:
        which = "first" if self._attempts <= WINDOW else "last"
        return (
            f"{count} of the {which} {len(self._window)} messages were refused for a fault of ours: "
            f"{words}: mend it, then `digest send {self._issue_name}` goes on"
        )


def _refusal(verdict: Verdict) -> _Refusal:
    told = _ADDRESS.sub("…", verdict.text)
    status = _STATUS.match(told)
    kind = f"{verdict.code} {status[0] if status else ''} {_IDENTIFIER.sub('…', told).casefold()}"
    return _Refusal(kind, shortened(f"{verdict.code} {told}" if verdict.code else told, QUOTED_LENGTH))
