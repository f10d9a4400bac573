"""Clients against each other: as many messages into a fresh sink each, round after round, each time another first."""

import statistics
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import sink, usage
from bench.clients import Client

ROUNDS = 5
Way = Callable[[int], AbstractContextManager[int]]  #: from the sink's port to the one that clients connect to


@dataclass(frozen=True, slots=True)
class Result:
    """What one run came to, or the medians of several."""

    rate: float  #: messages a second, from the first connection to the last acceptance
    whole_seconds: float  #: of the process, start-up included


def run(client: Client, *, messages: int, way: Way = nullcontext) -> Result:
    """Let a client send so many messages. Raises RuntimeError when it fails, or the sink got another number."""
    with sink.running() as server, way(server.port) as port, TemporaryDirectory(prefix="digest-bench-") as folder:
        used = usage.run(client.command(port, Path(folder)), sink.CLIENTS_CORES)
        seconds = server.seconds(messages)
    return Result(messages / seconds, used.seconds)


def medians(results: Sequence[Result]) -> Result:
    """Return the median of each figure."""
    return Result(
        statistics.median(result.rate for result in results),
        statistics.median(result.whole_seconds for result in results),
    )


def compete(
    clients: Sequence[Client], *, messages: int, rounds: int = ROUNDS, way: Way = nullcontext
) -> dict[str, Result]:
    """Let all clients send so many messages, several times; print and return their medians, by name."""
    results: dict[str, list[Result]] = {client.name: [] for client in clients}
    for turn in range(rounds):
        first = turn % len(clients)
        for client in (*clients[first:], *clients[:first]):
            results[client.name].append(run(client, messages=messages, way=way))
    print(f"  {'':<28} {'messages/s':>10}   {'least–most':>15} {'whole process':>15}")
    found = {name: medians(several) for name, several in results.items()}
    for name, result in found.items():
        rates = sorted(one.rate for one in results[name])
        print(
            f"  {name:<28} {result.rate:>10,.0f}   {f'{rates[0]:,.0f}–{rates[-1]:,.0f}':>15} "
            f"{result.whole_seconds:>13.1f} s"
        )
    return found
