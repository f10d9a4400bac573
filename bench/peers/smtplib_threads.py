"""smtplib of the standard library, a connection in each of several threads: PORT CONNECTIONS MESSAGES FILE…"""

import smtplib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def _main(port: int, connections: int, messages: int, files: list[str]) -> None:
    bodies = [Path(name).read_bytes() for name in files]
    waiting = iter(range(messages))  # threads may share it: taking a number is one step of the interpreter

    def line() -> None:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
            for number in waiting:
                recipient = f"reader{number}@inbox.example"
                client.sendmail("weekly@news.example.com", [recipient], bodies[number % len(bodies)])

    with ThreadPoolExecutor(connections) as pool:
        for done in [pool.submit(line) for _ in range(connections)]:
            done.result()


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
