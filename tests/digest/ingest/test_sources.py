import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.config import Fetching
from digest.errors import SourceError
from digest.feeds import Validators, Visit
from digest.ingest import sources
from digest.ingest.documents import Rejection
from digest.ingest.records import Accepted
from digest.ingest.sources import Fetched, Found, NotModified, Terms
from digest.model import Article
from digest.source_settings import Source
from tests import web_server
from tests.digest.ingest.test_records import RECORD
from tests.web_server import Server, answer

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
OPEN = Terms(NOW, limits=Fetching(timeout_seconds=5, allow_private_addresses=True))
RSS = b'<rss version="2.0"><channel><item><title>T</title><link>https://a.example/1</link></item></channel></rss>'


@pytest.fixture
def server() -> Iterator[Server]:
    with web_server.running() as server:
        yield server


def walk(*locations: Path | str, stdin: bytes = b"", terms: Terms = OPEN) -> list[Found]:
    return list(sources.walk([Source(location=str(one)) for one in locations], io.BytesIO(stdin), terms))


def ids(found: list[Found]) -> list[str]:
    return [one.article.id if isinstance(one, Accepted) else f"{one}" for one in found]


def article(found: Found) -> Article:
    assert isinstance(found, Accepted), found
    return found.article


def test_folder_is_read_at_every_depth_in_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.JSON").write_text(json.dumps([RECORD | {"id": "2"}, RECORD | {"id": "3"}]))
    (tmp_path / "a.jsonl").write_text(json.dumps(RECORD | {"id": "0"}) + "\n\n" + json.dumps(RECORD | {"id": "1"}))
    (tmp_path / "c.ndjson").write_text(json.dumps(RECORD | {"id": "4"}))
    (tmp_path / "d.xml").write_bytes(RSS)
    (tmp_path / "notes.txt").write_text("not for us")

    assert ids(walk(tmp_path)) == ["0", "1", "2", "3", "4", "https://a.example/1"]


def test_missing_file_stops_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no file or folder .*none\.json"):
        walk("-", tmp_path / "none.json", stdin=json.dumps(RECORD).encode())


def test_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")

    with pytest.raises(SourceError, match=r"read from \.json"):
        walk(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("articles", json.dumps([RECORD], indent=2).encode()),
        ("articles", json.dumps(RECORD).encode() + b"\n"),
        ("a.xml", json.dumps([RECORD]).encode()),
        ("a.json", RSS),
        (
            "a.json",
            b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "https://a.example/1", "title": "T"}]}',
        ),
        ("feed", b"\xef\xbb\xbf\n" + RSS),
    ],
)
def test_kind_of_a_file_is_told_by_what_it_holds(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)

    (found,) = walk(tmp_path / name)

    assert article(found).id in ("a1", "https://a.example/1")


@pytest.mark.parametrize(("name", "data"), [("a.xml", b""), ("a.rss", b"Hello\n\nthere"), ("a.atom", b"<html></html>")])
def test_file_that_holds_nothing_of_ours_is_rejected_once(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)

    (found,) = walk(tmp_path / name)

    assert isinstance(found, Rejection)


def test_item_without_a_date_counts_as_published_now(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(RSS)

    (found,) = walk(tmp_path / "a.xml")

    assert isinstance(found, Accepted)
    assert (found.article.published_at, found.dated) == (NOW, False)


def test_record_without_a_date_is_still_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({key: RECORD[key] for key in RECORD if key != "publishedAt"}))

    assert walk(tmp_path / "a.json") == [Rejection(str(tmp_path / "a.json"), 1, "publishedAt is missing")]


def test_items_of_a_json_feed_are_named_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": "https://a.example/"}, 3]})
    )

    assert walk(path) == [
        Rejection(str(path), 1, "item 1: title: is blank"),
        Rejection(str(path), 1, "item 2: is no JSON object"),
    ]


def test_source_decides_over_category_and_language(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(RSS)
    (tmp_path / "b.json").write_text(json.dumps(RECORD))
    wanted = [Source(location=str(tmp_path), category="Sport", language="fr")]

    for found in sources.walk(wanted, io.BytesIO(), OPEN):
        assert (article(found).category, article(found).language) == ("Sport", "fr")


@pytest.mark.parametrize("data", [RSS, json.dumps([RECORD]).encode(), json.dumps(RECORD).encode() + b"\n"])
def test_web_address_is_read_by_what_it_holds(server: Server, data: bytes) -> None:
    server.pages["/x"] = answer(data, ETag='"1"', Content_Type="application/octet-stream")

    found, done = walk(server.url("/x"))

    assert article(found)
    assert done == Fetched(server.url("/x"), Visit(Validators('"1"', ""), 1))


def test_relative_links_start_where_the_redirects_end(server: Server) -> None:
    server.pages |= {
        "/x": web_server.redirect("/blog/feed"),
        "/blog/feed": answer(RSS.replace(b"https://a.example/", b"")),
    }

    found, _ = walk(server.url("/x"))

    assert article(found).url == server.url("/blog/1")


def test_unchanged_document_is_not_read(server: Server) -> None:
    server.pages["/x"] = answer(b"", status=304)
    terms = Terms(NOW, limits=OPEN.limits, known={server.url("/x"): Visit(Validators('"1"'), 7)})

    assert walk(server.url("/x"), terms=terms) == [NotModified(server.url("/x"), 7)]


def test_document_with_a_rejection_is_not_remembered(server: Server) -> None:
    """It is read again next time, so that its fault is reported until it is mended."""
    server.pages["/x"] = answer(RSS.replace(b"</channel>", b"<item/></channel>"), ETag='"1"')

    assert [type(one) for one in walk(server.url("/x"))] == [Accepted, Rejection]


@pytest.mark.parametrize(("body", "reason"), [(b"Hello", "neither a feed"), (b" ", "empty"), (b"<html>", "a web page")])
def test_web_address_of_something_else_is_rejected_as_a_whole(server: Server, body: bytes, reason: str) -> None:
    server.pages["/x"] = answer(body)

    (found,) = walk(server.url("/x"))

    assert isinstance(found, Rejection)
    assert reason in found.reason


def test_password_is_not_in_what_is_reported(server: Server) -> None:
    (found,) = walk(server.url("/none").replace("//", "//ada:s3cret@"))

    assert found == Rejection(server.url("/none"), 0, "the server answers 404 Not Found")


def test_failures_leave_the_other_sources_alone(server: Server, tmp_path: Path) -> None:
    pages = {f"/{number}": answer(RSS.replace(b"/1<", b"/%d<" % number)) for number in range(20) if number != 3}
    server.pages |= pages
    (tmp_path / "a.json").write_text(json.dumps(RECORD))
    locations = [*(server.url(f"/{number}") for number in range(20)), str(tmp_path / "none"), str(tmp_path / "a.json")]

    found = list(sources.walk_patiently([Source(location=one) for one in locations], OPEN))

    kept = [one for one in found if isinstance(one, Accepted | Rejection)]
    assert [one.article.id.rpartition("/")[2] if isinstance(one, Accepted) else one.source for one in kept] == [
        *("0", "1", "2", server.url("/3"), *(str(number) for number in range(4, 20)), str(tmp_path / "none"), "a1")
    ]
