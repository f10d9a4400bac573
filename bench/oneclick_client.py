"""Unsubscribes people by one click (RFC 8058) at a steady rate, over connections that last; prints what came of it.

A process of its own: `oneclick_client.py PORT RATE CONNECTIONS < paths`. Each request has its moment, whether or not
the one before it was answered, and its latency is counted from that moment: a server that falls behind cannot hide it.
"""

import asyncio
import json
import sys
import time

BODY = b"List-Unsubscribe=One-Click"
HEAD = (
    b"POST %b HTTP/1.1\r\nHost: news.example.com\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
PATIENCE_SECONDS = 30.0


async def click(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """Send one request, read its answer to the end, and return the status."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head[9:12])


async def work(port: int, turns: list[tuple[float, bytes]], start: float, answers: list[tuple[int, float]]) -> None:
    """Send over one connection what has its turn there; a connection that breaks is opened anew."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for moment, request in turns:
        await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
        try:
            status = await asyncio.wait_for(click(reader, writer, request), PATIENCE_SECONDS)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            status = 0
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers.append((status, time.monotonic() - start - moment))
    writer.close()


async def main(port: int, rate: float, connections: int, paths: list[bytes]) -> None:
    """Send one request for each path, and print `{"statuses", "latencies", "seconds"}`."""
    requests = [HEAD % (path, len(BODY), BODY) for path in paths]
    turns = [[(n / rate, requests[n]) for n in range(first, len(paths), connections)] for first in range(connections)]
    start, answers = time.monotonic() + 0.5, list[tuple[int, float]]()
    await asyncio.gather(*(work(port, own, start, answers) for own in turns))
    seconds = time.monotonic() - start
    statuses, latencies = zip(*answers, strict=True)
    print(json.dumps({"statuses": statuses, "latencies": latencies, "seconds": seconds}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.stdin.buffer.read().split()))
