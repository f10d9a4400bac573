"""aiosmtplib as its documentation shows it, over several connections: PORT CONNECTIONS MESSAGES FILE…"""

import asyncio
import sys
from pathlib import Path

import aiosmtplib


async def _main(port: int, connections: int, messages: int, files: list[str]) -> None:
    bodies = [Path(name).read_bytes() for name in files]  # noqa: ASYNC240 - before the first connection
    waiting = iter(range(messages))

    async def line() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname="localhost")
        async with client:
            for number in waiting:
                recipient = f"reader{number}@inbox.example"
                await client.sendmail("weekly@news.example.com", [recipient], bodies[number % len(bodies)])

    await asyncio.gather(*(line() for _ in range(connections)))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
