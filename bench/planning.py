"""Planning for 10,000 and for 100,000 subscribers of random preferences: seconds, the most memory, how both grow."""

import multiprocessing
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import sample
from bench.usage import peak_kib
from digest.model import Depth
from subscribers.model import Preferences

READERS = (10_000, 100_000)
ARTICLES = 400
CATEGORIES = tuple(f"Topic {number}" for number in range(1, 13))
DEPTHS = list(Depth)


def preferences(source: random.Random) -> Preferences:
    """Return a reader's own choice: 2 to 12 topics in an order of their own, depths for some, a mute for some."""
    chosen = tuple(source.sample(CATEGORIES, source.randint(2, len(CATEGORIES))))
    deep = source.sample(chosen, source.randint(0, len(chosen)))
    muted = (f"news{source.randrange(ARTICLES)}.example",) if source.random() < 0.5 else ()
    return Preferences(chosen, tuple((name, source.choice(DEPTHS)) for name in deep), muted)


def _plan(readers: int, queue: "multiprocessing.Queue[tuple[float, int, int, int]]") -> None:
    """Plan for so many readers; report seconds, the process's peak in KiB, editions and deliveries."""
    from digest import planning

    stocked = sample.stocked(
        stories=ARTICLES, readers=readers, categories=CATEGORIES, preferences=preferences, max_articles=24
    )
    with stocked as (engine, settings):
        before = peak_kib()
        start = time.perf_counter()
        made = planning.plan(engine, settings, settings.newsletter("weekly"), now=sample.NOW)
        took = time.perf_counter() - start
        print(f"    before planning {before / 1024:.0f} MB", file=sys.stderr)
        queue.put((took, peak_kib(), made.editions, made.deliveries))


def measure(readers: int) -> tuple[float, int]:
    """Plan in a fresh process, print what it took, and return seconds and its peak in KiB."""
    fresh = multiprocessing.get_context("spawn")
    queue = fresh.Queue()
    process = fresh.Process(target=_plan, args=(readers, queue))
    process.start()
    took, peak, editions, deliveries = queue.get()
    process.join()
    assert deliveries == readers, f"{deliveries} deliveries for {readers} readers"
    print(f"  {readers:>7,} subscribers: {took:>6.1f} s, {peak / 1024:>5.0f} MB at most, {editions:,} editions")
    return took, peak


if __name__ == "__main__":
    print(f"planning on SQLite, {len(CATEGORIES)} categories, {ARTICLES} articles, preferences at random")
    (first, small), (last, large) = (measure(readers) for readers in READERS)
    grown = READERS[1] / READERS[0]
    print(
        f"  {grown:.0f} times the subscribers: {last / first:.1f} times the time, {large / small:.2f} times the memory"
    )
    print(f"  {READERS[1]:,} subscribers in {last:.0f} s    (goal: under 60)")
