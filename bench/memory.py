"""Memory of a whole `send` to 2,000 and to 50,000 subscribers: the most that the process ever had, each its own."""

import multiprocessing
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import sample, sink
from digest import engine as sending
from digest import planning
from digest.config import Smtp
from digest.model import DeliveryStatus

STORIES = 8
READERS = (2_000, 50_000)


def peak_kib() -> int:
    """Return the most resident memory that this process had; ru_maxrss would count its parent before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _send(folder: str, port: int, queue: "multiprocessing.Queue[tuple[int, int, float]]") -> None:
    """Send the planned issue; report the peak of resident memory in KiB, the accepted, and the seconds."""
    from digest import db, issues

    settings = sample.settings(Path(folder), smtp=Smtp(port=port, tls="none", connections=5), stories=STORIES)
    engine = db.open_database(settings.database_url)
    with db.reading(engine) as connection:
        issue = issues.find(connection, "weekly")
    start = time.perf_counter()
    counts = sending.send(engine, settings, issue, clock=lambda: datetime.now(UTC))
    took = time.perf_counter() - start
    queue.put((peak_kib(), counts[DeliveryStatus.ACCEPTED], took))


def measure(readers: int, port: int) -> int:
    """Plan an issue for so many readers, send it in a fresh process, and return that one's peak in KiB."""
    smtp = Smtp(port=port, tls="none")
    with sample.stocked(stories=STORIES, readers=readers, smtp=smtp) as (engine, settings):
        planning.plan(engine, settings, settings.newsletter("weekly"), now=sample.NOW)
        fresh = multiprocessing.get_context("spawn")
        queue = fresh.Queue()
        folder = str(Path(engine.url.database or "").parent)
        process = fresh.Process(target=_send, args=(folder, port, queue))
        process.start()
        peak, accepted, took = queue.get()
        process.join()
    assert accepted == readers, f"{accepted} of {readers} accepted"
    print(f"  {readers:>7,} subscribers: {peak / 1024:>6.0f} MB at most, {accepted / took:>6,.0f} messages/s")
    return int(peak)


if __name__ == "__main__":
    with sink.running() as port:
        print(f"memory of a whole `send`, {STORIES} stories, an edition of their own for nearly everyone")
        few, many = (measure(readers, port) for readers in READERS)
    print(f"  ratio {many / few:.2f}")
