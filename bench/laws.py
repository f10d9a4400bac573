"""What must be true of a ledger and of the log of the server it was delivered to, whatever happened on the way."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bench.logging_sink import Accepted, is_refused
from digest.model import DeliveryStatus

SETTLED = {DeliveryStatus.ACCEPTED, DeliveryStatus.REJECTED, DeliveryStatus.UNKNOWN}
SHOWN = 3  # examples of each broken law


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says of one delivery."""

    message_id: str
    recipient: str
    status: DeliveryStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that the laws look at: all entries of the ledger, and all that the server accepted."""

    entries: Sequence[Entry]
    accepted: Sequence[Accepted]

    @property
    def unknown(self) -> int:
        """How many deliveries nobody knows the fate of."""
        return sum(entry.status is DeliveryStatus.UNKNOWN for entry in self.entries)

    @property
    def unknown_and_accepted(self) -> int:
        """How many of those the server had accepted."""
        arrived = {message.message_id for message in self.accepted}
        return sum(entry.status is DeliveryStatus.UNKNOWN and entry.message_id in arrived for entry in self.entries)

    @property
    def twice(self) -> list[str]:
        """The Message-IDs that the server accepted more than once."""
        counted = Counter(message.message_id for message in self.accepted)
        return [message_id for message_id, times in counted.items() if times > 1]

    @property
    def lost(self) -> list[str]:
        """The Message-IDs that the server never accepted, and that the ledger does not doubt, refuse or keep open."""
        arrived = {message.message_id for message in self.accepted}
        excused = {DeliveryStatus.UNKNOWN, DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED, DeliveryStatus.SENDING}
        return [
            entry.message_id
            for entry in self.entries
            if entry.message_id not in arrived and entry.status not in excused and not is_refused(entry.recipient)
        ]


def broken(standing: Standing, *, doubtful: int) -> list[str]:
    """Return the laws that do not hold after all has been delivered that could be, in words; none is the goal.

    `doubtful` is how many deliveries may be `unknown`: one for each connection of each sender that was killed.
    """
    return [
        *_told("accepted twice", standing.twice),
        *_told("lost", standing.lost),
        *_told("delivered to another, or not of the ledger", _strange(standing)),
        *_told("not settled", _unsettled(standing.entries)),
        *_told("rejected without cause, or accepted in spite of it", _misjudged(standing.entries)),
        *([f"{standing.unknown} unknown, {doubtful} at most"] if standing.unknown > doubtful else []),
    ]


def _told(law: str, against: Collection[str]) -> list[str]:
    return [f"{len(against)} {law}: {', '.join(list(against)[:SHOWN])}"] if against else []


def _strange(standing: Standing) -> list[str]:
    """Return what the server accepted and the ledger does not have under that Message-ID for that recipient."""
    known: Mapping[str, str] = {entry.message_id: entry.recipient for entry in standing.entries}
    return [message.message_id for message in standing.accepted if known.get(message.message_id) != message.recipient]


def _unsettled(entries: Sequence[Entry]) -> list[str]:
    return [f"{entry.message_id} {entry.status}" for entry in entries if entry.status not in SETTLED]


def _misjudged(entries: Sequence[Entry]) -> list[str]:
    """Return deliveries that are rejected though the server has the mailbox, or accepted though it has not."""
    judged = {DeliveryStatus.ACCEPTED: False, DeliveryStatus.REJECTED: True}
    return [
        f"{entry.message_id} {entry.status}"
        for entry in entries
        if entry.status in judged and judged[entry.status] is not is_refused(entry.recipient)
    ]
