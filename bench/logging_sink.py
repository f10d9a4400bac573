"""An SMTP server that logs what it accepts, in a process of its own: the witness of the kill test.

A message's line is in the log before its 250 is written, so killing the client never takes evidence away. It speaks
PIPELINING as RFC 2920 wants it: replies in order, DATA refused without a recipient, each after what came before.
"""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

LONGEST_DELAY_SECONDS = 0.02  # half of it before a message is logged, half before its reply: kills hit both
END = b"\r\n.\r\n"
GREETED = b"250-witness.example\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"


class Accepted(NamedTuple):
    """A message that the sink took responsibility for; without a Message-ID, that is `-`."""

    message_id: str
    recipient: str


def is_refused(recipient: str) -> bool:
    """Tell whether the sink has no such mailbox: every hundredth reader, so that failed envelopes are killed, too."""
    return recipient.partition("@")[0].endswith("00")


def _address(argument: bytes) -> str:
    """Return what stands between `<` and `>`."""
    return argument.partition(b"<")[2].partition(b">")[0].decode("ascii", "replace")


def _message_id(message: bytes) -> str:
    head = message.partition(b"\r\n\r\n")[0]
    found = [line for line in head.split(b"\r\n") if line.lower().startswith(b"message-id:")]
    return found[0].partition(b":")[2].strip().decode("ascii", "replace") if found else "-"


class Conversation(asyncio.Protocol):
    """One connection: a command or a message at a time; what else has arrived waits in the buffer."""

    def __init__(self, log: int, delays: random.Random) -> None:
        self._log, self._delays = log, delays
        self._buffer = bytearray()
        self._sender, self._recipient = False, ""
        self._is_data = self._is_busy = False
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._write(b"220 witness.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._buffer += data
        while not self._is_busy and (self._take_message() if self._is_data else self._take_command()):
            pass

    def _write(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)

    def _take_command(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        verb, _, argument = bytes(self._buffer[:end]).partition(b" ")
        reply = self._answer(verb.upper(), argument)
        # The line end of DATA stays: a message of nothing but the final dot then ends like any other.
        del self._buffer[: end if self._is_data else end + 2]
        self._write(reply)
        if verb.upper() == b"QUIT":
            self._transport.close()
        return not self._transport.is_closing()

    def _answer(self, verb: bytes, argument: bytes) -> bytes:
        if verb == b"MAIL":
            return self._begin()
        if verb == b"RCPT":
            return self._name(_address(argument))
        if verb == b"DATA":
            self._is_data = bool(self._recipient)
            return b"354 go on\r\n" if self._is_data else b"554 5.5.1 no valid recipients\r\n"
        if verb in (b"EHLO", b"RSET"):
            self._clear()
        known = {b"EHLO": GREETED, b"RSET": b"250 2.0.0 fine\r\n", b"NOOP": b"250 2.0.0 fine\r\n"}
        return known.get(verb, b"221 2.0.0 bye\r\n" if verb == b"QUIT" else b"502 5.5.2 unknown command\r\n")

    def _begin(self) -> bytes:
        if self._sender:
            return b"503 5.5.1 nested MAIL command\r\n"
        self._sender = True
        return b"250 2.1.0 fine\r\n"

    def _name(self, recipient: str) -> bytes:
        if not self._sender:
            return b"503 5.5.1 need MAIL command\r\n"
        if is_refused(recipient):
            return b"550 5.1.1 no such mailbox\r\n"
        self._recipient = recipient
        return b"250 2.1.5 fine\r\n"

    def _clear(self) -> None:
        self._sender, self._recipient, self._is_data, self._searched = False, "", False, 0

    def _take_message(self) -> bool:
        end = self._buffer.find(END, max(0, self._searched - len(END)))
        if end < 0:
            self._searched = len(self._buffer)
            return False
        accepted = Accepted(_message_id(bytes(self._buffer[2 : end + 2])), self._recipient)
        del self._buffer[: end + len(END)]
        self._clear()
        self._is_busy = True
        self._later(self._accept, accepted)
        return False

    def _later(self, what: Callable[..., None], *values: Accepted) -> None:
        delay = self._delays.uniform(0, LONGEST_DELAY_SECONDS / 2)
        asyncio.get_running_loop().call_later(delay, what, *values)

    def _accept(self, accepted: Accepted) -> None:
        """Log first, answer later: from here on the message is accepted, whoever is still there to hear it."""
        os.write(self._log, f"{accepted.message_id} {accepted.recipient}\n".encode())
        self._later(self._confirm)

    def _confirm(self) -> None:
        self._write(b"250 2.0.0 taken\r\n")
        self._is_busy = False
        self.data_received(b"")


async def _main(log: str, port: str, seed: str) -> None:
    file, delays = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), random.Random(int(seed))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(file, delays), "127.0.0.1", int(port), backlog=200)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Sink:
    """The server's process on a port of loopback, which stays the same when it is started again."""

    def __init__(self, log: Path, *, seed: int) -> None:
        self.log, self.port, self._seed = log, 0, seed
        self.start()

    def start(self) -> None:
        """Start the process; what it accepts is added to the log."""
        words = [sys.executable, __file__, str(self.log), str(self.port), str(self._seed)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        """End the process as a power cut would: nothing more is said to anyone."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def count(self) -> int:
        """Return how many messages were accepted so far."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def accepted(self) -> list[Accepted]:
        """Return what was accepted so far, in that order."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [Accepted(*line.split(" ")) for line in lines]


@contextmanager
def running(log: Path, *, seed: int = 1) -> Iterator[Sink]:
    """Start a sink and stop it at the end."""
    sink = Sink(log, seed=seed)
    try:
        yield sink
    finally:
        sink.kill()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
