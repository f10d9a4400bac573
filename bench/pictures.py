"""Lead pictures: 60 of 2000 × 1200 fetched from this machine and stored, the issue after that, 10,000 articles."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image
from sqlalchemy import Engine, func, select

from bench import sample
from digest import articles, db, planning, tables
from digest.config import Fetching, Pictures, Settings

PHOTOGRAPHS = Path(__file__).resolve().parent.parent / "digest/demo/data/images"


def photographs(count: int) -> list[bytes]:
    """Return so many different JPEG files of 2000 × 1200 with the grain of a camera."""
    grain = Image.effect_noise((2000, 1200), 24).convert("RGB")
    files = []
    for number, path in zip(range(count), sorted(PHOTOGRAPHS.glob("*.jpg")) * count, strict=False):
        with Image.open(path) as image:
            large = image.resize((2000, 1200)).rotate(number / 10)
        file = BytesIO()
        Image.blend(large, grain, 0.12).save(file, "JPEG", quality=88)
        files.append(file.getvalue())
    return files


@contextmanager
def served(files: list[bytes]) -> Iterator[tuple[str, list[str]]]:
    """Serve files as /0.jpg, /1.jpg, … and again from the first; yield the address and what is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            data = files[int(self.path.strip("/").removesuffix(".jpg")) % len(files)]
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def _illustrate(engine: Engine, url: str, stories: int) -> None:
    """Give every article a picture at that address."""
    with db.transaction(engine) as connection:
        batch = [replace(sample.article(n), image_url=f"{url}/{n}.jpg") for n in range(stories)]
        articles.store(connection, batch, now=sample.NOW)


def _plan(engine: Engine, settings: Settings, asked: list[str]) -> tuple[float, planning.Plan]:
    """Plan an issue; return the seconds."""
    asked.clear()
    start = time.perf_counter()
    made = planning.plan(engine, settings, settings.newsletter("weekly"), now=sample.NOW)
    return time.perf_counter() - start, made


def _with_pictures(settings: Settings, per_category: int) -> Settings:
    newsletter = settings.newsletters[0].model_copy(update={"max_per_category": per_category})
    allowed = {"fetching": Fetching(allow_private_addresses=True), "pictures": Pictures()}
    return settings.model_copy(update={"newsletters": (newsletter,), **allowed})


def measure(stories: int, per_category: int, files: list[bytes]) -> None:
    """Print what planning takes without pictures, with them, and with those that are stored."""
    with (
        sample.stocked(stories=stories, readers=100, max_articles=24) as (engine, settings),
        served(files) as (url, asked),
    ):
        _illustrate(engine, url, stories)
        bare, _ = _plan(engine, settings, asked)
        first, made = _plan(engine, _with_pictures(settings, per_category), asked)
        requests = len(asked)
        second, again = _plan(engine, _with_pictures(settings, per_category), asked)
        with db.reading(engine) as connection:
            sizes = select(func.count(), func.sum(func.length(tables.pictures.c.jpeg)))
            count, size = connection.execute(sizes.select_from(tables.pictures)).one()
        print(f"{stories:>6,} articles: {bare:.2f} s without pictures")
        print(f"        {first:.2f} s with {made.pictures} of them, {requests} requests, {first - bare:.2f} s more")
        print(f"        {second:.2f} s for the issue after, {len(asked)} requests, {again.pictures} pictures")
        print(f"        {count} stored pictures of {size / count / 1000:.0f} kB, {size / 1e6:.1f} MB together")


if __name__ == "__main__":
    made = photographs(60)
    print(f"files of 2000 × 1200, {sum(map(len, made)) / len(made) / 1000:.0f} kB each")
    measure(60, 10, made)
    measure(10_000, 5, made)
