"""Replies in their order, whatever a server sends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.smtp.conversation import Conversation, LineLostError, Reply


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[Conversation, asyncio.StreamWriter]]:
    """A conversation, and the server's end of it."""
    ends: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_server(lambda _, writer: ends.put_nowait(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
    writer = await ends.get()
    conversation = Conversation(transport)
    try:
        yield conversation, writer
    finally:
        conversation.abort()
        writer.close()
        server.close()
        await asyncio.sleep(0)


async def test_replies_in_one_packet_and_in_pieces_are_heard_in_order() -> None:
    async with talking() as (conversation, server):
        conversation.say(b"A\r\nB\r\nC\r\n", replies=3)
        server.write(b"250 one\r\n250-two\r\n250 and more\r\n55")
        assert await conversation.hear(1) == Reply(250, "one")
        assert await conversation.hear(1) == Reply(250, "two\nand more")
        server.write(b"0 three\r\n")
        assert await conversation.hear(1) == Reply(550, "three")


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"250 fine\r\n250 and one more\r\n", "unasked: 250 and one more"),
        (b"hello\r\n", "no reply"),
        (b"250-again\r\n" * 1000, "has no end"),
        (b"2" * 9000, "has no end"),
    ],
)
async def test_what_is_out_of_step_or_endless_ends_the_conversation(sent: bytes, why: str) -> None:
    async with talking() as (conversation, server):
        conversation.say(b"A\r\n", replies=1)
        server.write(sent)
        with pytest.raises(LineLostError, match=why):
            while True:
                await conversation.hear(1)
        assert not conversation.is_open
        with pytest.raises(LineLostError):
            conversation.say(b"B\r\n", replies=1)


async def test_a_reply_that_came_before_the_end_is_still_heard() -> None:
    async with talking() as (conversation, server):
        conversation.say(b"A\r\nB\r\n", replies=2)
        server.write(b"250 taken\r\n")
        server.close()
        await asyncio.sleep(0.05)
        assert await conversation.hear(1) == Reply(250, "taken")
        with pytest.raises(LineLostError, match=r"closed the connection|reset by peer"):
            await conversation.hear(1)


async def test_silence_ends_the_conversation() -> None:
    async with talking() as (conversation, _):
        conversation.say(b"A\r\n", replies=1)
        with pytest.raises(LineLostError, match=r"no answer within 0.05 seconds"):
            await conversation.hear(0.05)
        assert not conversation.is_open


class _Wire(asyncio.Transport):
    """A transport that goes nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.is_aborted = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Accept it."""

    def write(self, data: object) -> None:
        """Lose it."""

    def is_closing(self) -> bool:
        """Tell whether it was aborted."""
        return self.is_aborted

    def abort(self) -> None:
        """Note it."""
        self.is_aborted = True


@given(st.lists(st.binary(max_size=40)))
def test_whatever_bytes_come_nothing_escapes(chunks: list[bytes]) -> None:
    conversation = Conversation(_Wire())
    conversation.say(b"A\r\nB\r\n", replies=2)
    for chunk in chunks:
        conversation.data_received(chunk)


@given(st.lists(st.tuples(st.integers(200, 599), st.text("abc é", min_size=1, max_size=9)), min_size=1), st.data())
def test_replies_are_the_same_however_they_are_cut(replies: list[tuple[int, str]], data: st.DataObject) -> None:
    wire = b"".join(f"{code}-{text}\r\n{code} end\r\n".encode() for code, text in replies)
    conversation = Conversation(_Wire())
    conversation.say(b"", replies=len(replies))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        conversation.data_received(wire[start:end])

    async def hear_all() -> list[Reply]:
        return [await conversation.hear(1) for _ in replies]

    assert asyncio.run(hear_all()) == [Reply(code, f"{text}\nend") for code, text in replies]
