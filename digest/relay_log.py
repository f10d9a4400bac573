"""What a relay's log says of messages that we gave it: Postfix's or Exim's main log, as a file or through syslog.

Pure: lines in, fates out. Only what the log shows counts; a message that it does not show may be in another file.

Postfix names a Message-ID before it has the whole message: `cleanup` writes it while the header comes in, and a client
that is lost afterwards leaves the line behind. Responsibility shows in what comes next for that queue id: the queue
manager's line, or a delivery. Exim writes `<=` when the message is safely in its spool (Exim specification, “Log
files”).
"""

import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum, auto
from typing import BinaryIO, NamedTuple

LINE_BYTES = 16_384  # of a line that are read; the rest of a longer one is skipped
FOLLOWED = 100_000  # queue ids that are followed at a time, should a log name one message again and again

_SYSLOG = re.compile(  # RFC 3164 or RFC 3339 time, host, program
    r"(?:<\d{1,3}>1? ?)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,21}) "
    r"(\S+) ([^\s:\[]+)(?:\[\d+\])?: "
)
_POSTFIX_QUEUE_ID = re.compile(r"([0-9A-Za-z]{6,24}): ")
_POSTFIX_STATUS = re.compile(r", dsn=\d\.\d+\.\d+, status=(\w+)")
_EXIM = (
    re.compile(  # a time of its own where syslog gave none, a process, a queue id before or since 4.97, what happened
        r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S{0,8} (?:[+-]\d{4} )?)?(?:\[\d+\] )?"
        r"(\w{6}-(?:\w{6}-\w{2}|\w{11}-\w{4})) (<=|=>|->|>>|\*\*|==|Completed\b)"
    )
)
_EXIM_MESSAGE_ID = re.compile(r" id=(\S+)")


class Fate(StrEnum):
    """How far the log follows a message; all of them mean that the relay took responsibility for it."""

    TAKEN = "taken"
    DELIVERED = "delivered"  #: to the next server
    DEFERRED = "deferred"  #: the relay tries again
    BOUNCED = "bounced"  #: the relay gave up, and sends a report to the envelope's sender


class _Kind(StrEnum):
    """What a line tells of a queue id."""

    NAMED = auto()  # which Message-ID it has
    ARRIVED = auto()  # that, and that the relay has the message
    MOVED = auto()  # how far it came
    ENDED = auto()  # that the queue id may be given to another message


class _Event(NamedTuple):
    queue_id: tuple[str, str]  # host, and the id that is unique there
    kind: _Kind
    message_id: str = ""
    fate: Fate = Fate.TAKEN


def lines(log: BinaryIO) -> Iterator[str]:
    """Return a log's lines, none longer than LINE_BYTES."""
    is_rest = False
    while chunk := log.readline(LINE_BYTES):
        if not is_rest:
            yield chunk.decode("utf-8", "replace").rstrip("\r\n")
        is_rest = not chunk.endswith(b"\n")


def fates(log: Iterable[str], wanted: Collection[str]) -> dict[str, Fate]:
    """Return what became of those of the wanted Message-IDs that the relay took, as far as the log goes.

    Message-IDs have their angle brackets. Memory grows with `wanted`, not with the log. The lines of a message must
    come in the order in which they were written.
    """
    bare = {message_id.strip("<>"): message_id for message_id in wanted}
    followed: dict[tuple[str, str], str] = {}
    found: dict[str, Fate] = {}
    for line in log:
        event = _event(line)
        if event is None:
            continue
        if event.kind in (_Kind.NAMED, _Kind.ARRIVED):
            followed.pop(event.queue_id, None)
            if event.message_id not in bare:
                continue
            followed[event.queue_id] = bare[event.message_id]
            if len(followed) > FOLLOWED:
                del followed[next(iter(followed))]
        message_id = followed.get(event.queue_id)
        if message_id is None or event.kind is _Kind.NAMED:
            continue
        if event.kind is _Kind.ENDED:
            del followed[event.queue_id]
        elif event.fate is not Fate.TAKEN or message_id not in found:
            found[message_id] = event.fate
    return found


def _event(line: str) -> _Event | None:
    prefix = _SYSLOG.match(line)
    host, program, start = (prefix[1], prefix[2], prefix.end()) if prefix else ("", "", 0)
    if "/" in program:
        return _postfix_event(host, program.rpartition("/")[2], line[start:])
    return _exim_event(host, line[start:])


def _postfix_event(host: str, daemon: str, words: str) -> _Event | None:
    found = _POSTFIX_QUEUE_ID.match(words)
    if not found:
        return None
    queue_id, rest = (host, found[1]), words[found.end() :]
    if daemon == "cleanup":
        is_name = rest.startswith("message-id=")
        return _Event(queue_id, _Kind.NAMED, rest.removeprefix("message-id=").strip("<> ")) if is_name else None
    if daemon == "qmgr":
        if rest.startswith("from=<"):
            return _Event(queue_id, _Kind.MOVED)
        return _Event(queue_id, _Kind.ENDED) if rest == "removed" else None
    if rest.startswith("to=<") and (status := _POSTFIX_STATUS.search(rest)):
        return _Event(queue_id, _Kind.MOVED, fate=_POSTFIX_FATES.get(status[1], Fate.TAKEN))
    return None


_POSTFIX_FATES = {"sent": Fate.DELIVERED, "deferred": Fate.DEFERRED, "bounced": Fate.BOUNCED, "expired": Fate.BOUNCED}
_EXIM_FATES = {
    "=>": Fate.DELIVERED,
    "->": Fate.DELIVERED,
    ">>": Fate.DELIVERED,
    "==": Fate.DEFERRED,
    "**": Fate.BOUNCED,
}


def _exim_event(host: str, words: str) -> _Event | None:
    found = _EXIM.match(words)
    if not found:
        return None
    queue_id, what = (host, found[1]), found[2]
    if what == "<=":
        named = _EXIM_MESSAGE_ID.search(words.partition(' T="')[0])  # the subject, where it is logged, comes later
        return _Event(queue_id, _Kind.ARRIVED, named[1].strip("<>") if named else "")
    if what == "Completed":
        return _Event(queue_id, _Kind.ENDED)
    return _Event(queue_id, _Kind.MOVED, fate=_EXIM_FATES[what])
