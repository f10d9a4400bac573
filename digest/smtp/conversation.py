"""Replies in the order of their commands, on a connection that is open already (RFC 5321 §4.2, RFC 2920)."""

import asyncio
from collections import deque
from typing import NamedTuple

LINE_BYTES = 8192  # RFC 5321 §4.5.3.1.5 says 512; real servers go beyond it
REPLY_LINES = 200


class Reply(NamedTuple):
    """What the server answered: a code, and its words with a line feed between lines."""

    code: int
    text: str


class LineLostError(Exception):
    """The conversation ended: lost, timed out, or out of step. The message says how."""


class Conversation(asyncio.Protocol):
    """Says commands and hears their replies, several of them in flight at once.

    A reply that nobody asked for ends the conversation, since it could be taken for the answer to the next command. So
    does silence: a call is never cancelled and followed by another, which would give one recipient's reply to the next.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        """Take over a transport; replies that its former protocol has not heard are lost."""
        self._transport = transport
        self._replies: deque[Reply] = deque()
        self._awaited = 0  # replies that are still to come
        self._lines: list[bytes] = []  # of a reply whose last line is still to come
        self._rest = b""  # of a line whose end is still to come
        self._lost = ""  # why the conversation is over
        self._listener: asyncio.Future[None] | None = None
        self._is_paused = False
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Tell whether more can be said."""
        return not self._lost and not self._transport.is_closing()

    def say(self, words: bytes, *, replies: int) -> None:
        """Write commands, or a message, that so many replies will answer.

        Raises LineLostError, and then nothing was written.
        """
        if not self.is_open:
            raise LineLostError(self._lost or "the connection was lost")
        self._awaited += replies
        self._transport.write(words)

    async def hear(self, seconds: float) -> Reply:
        """Return the next reply. Raises LineLostError when it does not come within so many seconds, or ever."""
        while not self._replies:
            await self._wait(seconds)
        return self._replies.popleft()

    async def drain(self, seconds: float) -> None:
        """Wait until what was said has room on the way. Raises LineLostError when that takes longer."""
        while self._is_paused:
            await self._wait(seconds)

    def abort(self) -> None:
        """Drop the connection and whatever is still in its buffers; closing would flush them."""
        self._lost = self._lost or "the connection was dropped"
        self._transport.abort()

    async def _wait(self, seconds: float) -> None:
        """Wait for something to happen."""
        if self._lost:
            raise LineLostError(self._lost)
        loop = asyncio.get_running_loop()
        self._listener = loop.create_future()
        timer = loop.call_later(seconds, self._end, f"no answer within {seconds:g} seconds")
        try:
            await self._listener
        finally:
            timer.cancel()
            self._listener = None

    def _wake(self) -> None:
        if self._listener is not None and not self._listener.done():
            self._listener.set_result(None)

    def _end(self, why: str) -> None:
        self._lost = self._lost or why
        self._transport.abort()
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Take replies apart; what is no reply, or goes on for ever, ends the conversation."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_BYTES:
            self._end("a line of the reply has no end")
        for line in lines:
            if self._lost:
                return
            self._hear_line(line)
        if self._replies:
            self._wake()

    def _hear_line(self, line: bytes) -> None:
        code, mark = line[:3], line[3:4]
        if not (code.isdigit() and mark in b"- \r"):
            self._end(f"what came is no reply: {line[:80]!r}")
            return
        self._lines.append(line[4:].rstrip(b"\r"))
        if mark == b"-":
            if len(self._lines) >= REPLY_LINES:
                self._end("a reply has no end")
            return
        reply = Reply(int(code), b"\n".join(self._lines).decode("utf-8", "surrogateescape"))
        self._lines = []
        if self._awaited:
            self._awaited -= 1
            self._replies.append(reply)
        else:
            self._end(f"the server said, unasked: {reply.code} {reply.text}")

    def eof_received(self) -> bool:
        """Close, too."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Let whoever listens know."""
        self._lost = self._lost or (str(exc) if exc and str(exc) else "the server closed the connection")
        self._is_paused = False
        self._wake()

    def pause_writing(self) -> None:
        """Hold back: the transport's buffer is full."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self._is_paused = False
        self._wake()
