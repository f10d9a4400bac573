"""Many pictures fetched and decoded at once, within one budget of time."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as FuturesTimeoutError
from contextlib import suppress
from dataclasses import dataclass
from queue import LifoQueue
from typing import NamedTuple

from digest.config import Fetching
from digest.feeds import Validators
from digest.ingest import fetching
from digest.ingest.connections import Network
from digest.ingest.decoder import Decoder
from digest.ingest.fetching import Failure, Unchanged
from digest.ingest.picture_files import Cropped, Unusable

AT_ONCE = 8
DECODERS = 2  # processes; so many pictures are pixels at a time
MOST_BYTES = 10_000_000  # of a file as it comes
MOST_SECONDS = 10  # for one file, so that a few servers that stall do not take the time of all
DECODING_SECONDS = 5  # for one picture; 40 million pixels take 1


class Fetched(NamedTuple):
    """What became of a picture's address."""

    url: str
    outcome: Cropped | Unusable


@dataclass(frozen=True)
class _Job:
    """What fetching one picture takes."""

    limits: Fetching
    network: Network
    decoders: LifoQueue[Decoder]
    deadline: float  #: of time.monotonic

    def run(self, url: str) -> Fetched | None:
        """Fetch and decode; None where the time is over before anything can be said of the picture."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            return None
        limits = self.limits.model_copy(
            update={
                "timeout_seconds": min(self.limits.timeout_seconds, MOST_SECONDS, left),
                "max_bytes": min(self.limits.max_bytes, MOST_BYTES),
            }
        )
        document = fetching.fetch(url, Validators(), limits, self.network)
        if isinstance(document, fetching.Document):
            outcome = self._decode(document.data)
        else:
            outcome = Unusable(_reason(document))
        is_late = isinstance(outcome, Unusable) and time.monotonic() >= self.deadline
        return None if is_late else Fetched(url, outcome)

    def _decode(self, data: bytes) -> Cropped | Unusable:
        decoder = self.decoders.get()
        try:
            left = self.deadline - time.monotonic()
            return decoder.make(data, seconds=min(DECODING_SECONDS, left)) if left > 0 else Unusable("no time is left")
        finally:
            self.decoders.put(decoder)


def _reason(document: Failure | Unchanged) -> str:
    """Say why there is no file, without the settings in brackets: pictures have limits of their own beside those."""
    return document.reason.partition(" (")[0] if isinstance(document, Failure) else "the server sends no picture"


def fetch_all(urls: Sequence[str], limits: Fetching, network: Network, *, seconds: float) -> Iterator[Fetched]:
    """Yield each picture as it comes; those that are not there after so many seconds are not yielded.

    The first addresses are fetched first. Nothing raises.
    """
    deadline = time.monotonic() + seconds
    own = [Decoder() for _ in range(DECODERS)]
    waiting: LifoQueue[Decoder] = LifoQueue()  # so that the last one, which runs already, is taken first
    for decoder in own:
        waiting.put(decoder)
    job = _Job(limits, network, waiting, deadline)
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        with suppress(FuturesTimeoutError):
            for done in as_completed([pool.submit(job.run, url) for url in urls], timeout=max(0, seconds)):
                if (fetched := done.result()) is not None:
                    yield fetched
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for decoder in own:
            decoder.close()
