"""Rounds of the kill test: senders are started and killed at random moments, until so many were."""

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bench.readership import Readership
from bench.senders import KILLED, Nursery, Sender, signal_group
from digest.model import DeliveryStatus, Issue

OPEN = (DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED, DeliveryStatus.SENDING)
DOUBTFUL = (DeliveryStatus.UNKNOWN, DeliveryStatus.SENDING)
FINE = (0, 3)  # exit codes of `digest send`: all accepted; some not, here those without a mailbox
PAIRED = 0.2  # share of rounds with two senders at once
FRESH = 0.05  # share of rounds whose senders are started afresh, not forked
EARLY, LATE = 0.15, 0.15  # shares of kills before the first message, and near the end of the issue
LOOKED_AT = 0.5  # share of rounds after which the ledger is looked at; else the next sender is the first to open it
MIDDLE_MESSAGES = 250  # at most, before a kill in mid-stream
START_SECONDS = {False: 0.2, True: 1.8}  # to the first message, measured: of a forked sender, of a fresh one
GIVE_UP_SECONDS = 120  # of a sender that is not killed


@dataclass
class Tally:
    """What happened in the rounds so far."""

    kills: int = 0
    early: int = 0  #: kills before the sender had a message accepted
    fresh: int = 0  #: kills of senders that were started afresh
    paired: int = 0  #: kills of senders that were two at once
    issues: int = 0
    worst: int = 0  #: most deliveries that one kill put into doubt, where the ledger was looked at after it
    faults: list[str] = field(default_factory=list)  #: what no law of the ledger covers: exit codes, too many in doubt


class Rounds:
    """One series of kills, from its first issue to its last."""

    def __init__(self, readership: Readership, nurseries: Sequence[Nursery], chance: random.Random) -> None:
        self._readership, self._nurseries, self._chance = readership, nurseries, chance
        self.tally = Tally()
        self._issue, self._open, self._doubtful, self._unseen = self._plan()

    def play(self) -> None:
        """Start one sender or two and kill them; plan the next issue when this one has run out."""
        if self._open == 0:
            self._issue, self._open, self._doubtful, self._unseen = self._plan()
        is_fresh, count = self._chance.random() < FRESH, 2 if self._chance.random() < PAIRED else 1
        before = self._readership.sink.count()
        nurseries = [None if is_fresh else nursery for nursery in self._nurseries[:count]]
        senders = [self._readership.start(self._issue, nursery) for nursery in nurseries]
        self._wait_for_the_moment(senders, before, START_SECONDS[is_fresh])
        for sender in self._chance.sample(senders, count):
            signal_group(sender, signal.SIGKILL)
        codes = [end_of(sender) for sender in senders]
        self._note(codes, is_fresh=is_fresh, is_early=self._readership.sink.count() == before)
        if self._chance.random() < LOOKED_AT or KILLED not in codes:
            self.look()

    def finish(self) -> None:
        """Deliver the rest undisturbed, and look at the ledger once more."""
        codes = deliver_the_rest(self._readership, self._issue, self._nurseries[0])
        self._note(codes, is_fresh=False, is_early=False)
        self.look()

    def look(self) -> None:
        """Count what is open and in doubt, and hold the latter against the kills since the last look."""
        counts = self._readership.counts(self._issue)
        doubtful = sum(counts[status] for status in DOUBTFUL)
        grown, most = doubtful - self._doubtful, self._unseen * self._readership.settings.smtp.connections
        if grown > most:
            self.tally.faults.append(f"{grown} deliveries in doubt after {self._unseen} kills, {most} at most")
        if self._unseen == 1:
            self.tally.worst = max(self.tally.worst, grown)
        self._open, self._doubtful, self._unseen = sum(counts[status] for status in OPEN), doubtful, 0

    def _plan(self) -> tuple[Issue, int, int, int]:
        self.tally.issues += 1
        issue = self._readership.plan()
        return issue, self._readership.counts(issue).total(), 0, 0

    def _wait_for_the_moment(self, senders: Sequence[Sender], before: int, start_seconds: float) -> None:
        """Sleep to a moment before the first message, in mid-stream, or near the end; less when a sender ends."""
        chance, sink = self._chance, self._readership.sink
        kind = chance.random()
        if kind < EARLY:
            time.sleep(chance.uniform(0, start_seconds))
            return
        want = chance.randint(1, min(MIDDLE_MESSAGES, self._open))
        if kind > 1 - LATE:
            want = max(1, self._open - chance.randint(0, 30))
        until = time.monotonic() + GIVE_UP_SECONDS
        while sink.count() < before + want and time.monotonic() < until:
            if all(sender.ended(0.001) is not None for sender in senders):
                return
        time.sleep(chance.uniform(0, 0.02))

    def _note(self, codes: Sequence[int], *, is_fresh: bool, is_early: bool) -> None:
        killed = sum(code == KILLED for code in codes)
        self._unseen += killed
        self.tally.kills += killed
        self.tally.early += killed * is_early
        self.tally.fresh += killed * is_fresh
        self.tally.paired += killed * (len(codes) == 2)
        strange = [code for code in codes if code not in (KILLED, *FINE)]
        self.tally.faults += [f"a sender ended with exit code {code}" for code in strange]


def end_of(sender: Sender) -> int:
    """Wait for a sender's end; raises TimeoutError after GIVE_UP_SECONDS, when it is killed."""
    code = sender.ended(GIVE_UP_SECONDS)
    if code is None:
        signal_group(sender, signal.SIGKILL)
        raise TimeoutError(f"`digest send` has not ended after {GIVE_UP_SECONDS} seconds")
    return code


def open_count(readership: Readership, issue: Issue) -> int:
    """Return how many of the issue's deliveries are not settled."""
    counts = readership.counts(issue)
    return sum(counts[status] for status in OPEN)


def deliver_the_rest(readership: Readership, issue: Issue, nursery: Nursery) -> list[int]:
    """Run one sender after the other, undisturbed, until nothing is open or one changes nothing; return how they ended.

    Each starts two hours later than the one before by its own clock, so that what was put off is due again. What stays
    open, the laws will name.
    """
    codes: list[int] = []
    left = open_count(readership, issue)
    before = left + 1
    while 0 < left < before:
        later = len(codes) * timedelta(hours=2)
        codes.append(end_of(readership.start(issue, nursery, later=later)))
        before, left = left, open_count(readership, issue)
    return codes
