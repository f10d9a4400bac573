"""A long way to a server: every byte arrives a while later, in order, at any bandwidth. A process of its own."""

import asyncio
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Way(asyncio.Protocol):
    """One end of a connection: what comes in here goes out at the other end after the delay."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self._late: deque[tuple[float, bytes]] = deque()  # when due, and what; nothing: the end
        self._transport: asyncio.Transport | None = None
        self.other: Way | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Send it on its way."""
        self._delayed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other end, after what is still on its way."""
        self._delayed(b"")

    def put(self, data: bytes) -> None:
        """Let it come out here; nothing: close."""
        if self._transport is None or self._transport.is_closing():
            return
        if data:
            self._transport.write(data)
        else:
            self._transport.close()

    def _delayed(self, data: bytes) -> None:
        self._late.append((self._loop.time() + self._delay, data))
        if len(self._late) == 1:
            self._loop.call_at(self._late[0][0], self._arrive)

    def _arrive(self) -> None:
        """Let out whatever is due, in order."""
        assert self.other
        while self._late and self._late[0][0] <= self._loop.time():
            self.other.put(self._late.popleft()[1])
        if self._late:
            self._loop.call_at(self._late[0][0], self._arrive)


class Entrance(Way):
    """The end that clients connect to: it opens the way to the server first."""

    def __init__(self, delay: float, target: int) -> None:
        super().__init__(delay)
        self._target = target
        self._opening: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Read nothing before there is somewhere to send it."""
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        self._opening = asyncio.create_task(self._open(transport))

    async def _open(self, transport: asyncio.Transport) -> None:
        exit_ = Way(self._delay)
        self.other, exit_.other = exit_, self
        await self._loop.create_connection(lambda: exit_, "127.0.0.1", self._target)
        transport.resume_reading()


async def _main(target: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Entrance(delay, target), "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def before(target: int, *, one_way_seconds: float) -> Iterator[int]:
    """Start a proxy on loopback in front of a port, and yield the proxy's; end it afterwards."""
    command = [sys.executable, __file__, str(target), str(one_way_seconds)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2])))
