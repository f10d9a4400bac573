"""Taking in 1,000 and 10,000 full records: files read, checked, understood, stored, and grouped into stories."""

import io
import json
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import sample
from bench.stories import Language
from digest import articles, db
from digest.ingest import sources
from digest.ingest.records import Accepted
from digest.source_settings import Source

RECORDS = (1_000, 10_000)
BATCH = 500


def record(number: int, language: Language) -> dict[str, object]:
    """Return a record of usual length: three points, six key points with citations, details, why it matters."""

    def said(words: int) -> str:
        text = language.sentence([f"{language.random.choice(language.names)}"], words)
        return text.replace(" ", " **", 1).replace(" ", "** ", 2) if language.random.random() < 0.3 else text

    cited = [f"https://source{n}.example/{number}" for n in range(1, 6)]
    points = "\n".join(f"- {said(18)}[[{n}]]({url})" for n, url in enumerate(cited, 1))
    summary = (
        f"## TL;DR\n- {said(16)}\n- {said(16)}\n- {said(16)}\n\n## The story at a glance\n{said(60)}\n\n"
        f"## Key points\n{points}\n\n## Details and context\n{said(80)}\n\n{said(70)}\n\n## Why it matters\n{said(50)}"
    )
    return {
        "id": f"record-{number}",
        "url": f"https://news{number % 300}.example/2026/11/{number}?utm_source=feed",
        "title": said(9),
        "category": sample.CATEGORIES[number % 8],
        "publishedAt": f"2026-11-{16 + number % 7:02}T{number % 24:02}:{number % 60:02}:00Z",
        "description": said(20),
        "summary": summary,
        "sources": [{"url": url, "title": ""} for url in cited],
        "viewCount": number,
    }


def measure(count: int) -> float:
    """Take so many records in, print how long each part took, and return the seconds."""
    language = Language(count)
    with TemporaryDirectory(prefix="digest-bench-") as name:
        path = Path(name) / "records.jsonl"
        path.write_text("\n".join(json.dumps(record(number, language)) for number in range(count)))
        engine = db.connect(f"sqlite:///{name}/digest.db")
        db.migrate(engine)
        start = time.perf_counter()
        found = list(sources.walk([Source(location=str(path))], io.BytesIO(), sources.Terms(datetime.now(UTC))))
        read = time.perf_counter()
        accepted = [one.article for one in found if isinstance(one, Accepted)]
        assert len(accepted) == count
        for first in range(0, count, BATCH):
            with db.transaction(engine) as connection:
                articles.store(connection, accepted[first : first + BATCH], now=datetime.now(UTC))
        stored = time.perf_counter()
        with db.transaction(engine) as connection:
            articles.file_stories(connection, articles.ungrouped_stories(connection))
        end = time.perf_counter()
        engine.dispose()
    print(
        f"  {count:>6,} records: {end - start:>5.1f} s    (understood {read - start:.1f}, stored {stored - read:.1f}, "
        f"grouped {end - stored:.1f})"
    )
    return end - start


if __name__ == "__main__":
    random.seed(1)
    print("taking records in, about 2.5 KB of markdown each")
    few, many = (measure(count) for count in RECORDS)
    print(f"  {RECORDS[1] // RECORDS[0]} times the records: {many / few:.1f} times the time")
