"""`digest ingest` of feeds: from files, from the web, from the settings."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import web_server
from tests.digest.cli.conftest import Digest
from tests.web_server import Handler, Server, answer

FEEDS = Path(__file__).parents[2] / "data" / "feeds"
ITEM = b"<item><title>%s</title><link>https://a.example/%d</link></item>"
FETCHING = "\n[fetching]\nallow_private_addresses = true\ntimeout_seconds = 5\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with web_server.running() as server:
        yield server


def rss(*titles: bytes) -> bytes:
    items = b"".join(ITEM % (title, number) for number, title in enumerate(titles, start=1))
    return b'<rss version="2.0"><channel>' + items + b"</channel></rss>"


def versioned(body: bytes, etag: str) -> Callable[[Handler], None]:
    """A page that is not sent again to those who have it."""

    def page(handler: Handler) -> None:
        known = handler.headers["If-None-Match"] == etag
        answer(b"" if known else body, status=304 if known else 200, ETag=etag)(handler)

    return page


def configure(digest: Digest, *sources: str) -> None:
    text = digest.settings_file.read_text()
    digest.settings_file.write_text(text + FETCHING + "".join(f"\n[[sources]]\n{one}\n" for one in sources))


def counts(added: int, updated: int, unchanged: int) -> dict[str, object]:
    return {"added": added, "updated": updated, "unchanged": unchanged, "rejected": []}


def test_feeds_are_ingested_from_files(digest: Digest) -> None:
    first = digest("ingest", str(FEEDS), "--json")
    again = digest("ingest", str(FEEDS), "--json")

    assert (first.code, first.json["added"], again.json["added"], again.json["unchanged"]) == (3, 8, 0, 8)
    assert [(Path(one["source"]).name, one["line"]) for one in first.json["rejected"]] == [
        ("press.rss", 44),
        ("slow.json", 1),
    ]
    weir = digest("article", "https://www.millpond.example/?p=11", "--json").json
    assert weir["category"] == "Science"
    assert weir["tldr"] == ["The weir opens on Sunday.", "Ducks use the 2 * 3 m ladder."]
    assert weir["why_it_matters"] == "Fish & fowl can pass for the first time since 1911."


def test_feed_without_dates_read_again_changes_nothing(digest: Digest, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(rss(b"One", b"Two"))

    digest("ingest", str(tmp_path / "a.xml"))
    published = [row["published_at"] for row in digest("articles").rows]

    assert digest("ingest", str(tmp_path / "a.xml"), "--json").json == counts(0, 0, 2)
    assert [row["published_at"] for row in digest("articles").rows] == published


def test_settings_say_what_is_read_without_arguments(digest: Digest, server: Server) -> None:
    server.pages["/feed"] = versioned(rss(b"One"), '"1"')
    (digest.settings_file.parent / "notes.xml").write_bytes(rss(b"One", b"Two").replace(b"a.example", b"b.example"))
    configure(
        digest,
        f'location = "{server.url("/feed")}"\ncategory = "Sport"',
        f'location = "{server.url("/gone")}"',
        'location = "notes.xml"\nlanguage = "fr"',
        'location = "nothing.xml"',
    )

    ran = digest("ingest", "--json")

    missing = digest.settings_file.parent / "nothing.xml"
    assert ran.code == 3
    assert ran.json == counts(3, 0, 0) | {
        "rejected": [
            {"source": server.url("/gone"), "line": 0, "reason": "the server answers 404 Not Found"},
            {"source": str(missing), "line": 0, "reason": f"there is no file or folder {missing}"},
        ]
    }
    assert digest("article", "https://a.example/1", "--json").json["category"] == "Sport"
    assert digest("article", "https://b.example/1", "--json").json["language"] == "fr"


def test_feed_that_has_not_changed_is_not_sent_again(digest: Digest, server: Server) -> None:
    server.pages["/feed"] = versioned(rss(b"One"), '"1"')
    configure(digest, f'location = "{server.url("/feed")}"')

    assert digest("ingest", "--json").json == counts(1, 0, 0)
    again = digest("ingest")
    assert digest("ingest", "--json", "--refresh").json == counts(0, 0, 1)
    server.pages["/feed"] = versioned(rss(b"New", b"Two"), '"2"')
    assert digest("ingest", server.url("/feed"), "--json").json == counts(1, 1, 0)

    assert (again.code, again.err.splitlines()) == (
        0,
        ["not changed since they were read last: 1 of the feeds", "0 added, 0 updated, 1 unchanged, 0 rejected"],
    )
    assert [headers.get("If-None-Match") for _, headers in server.asked] == [None, '"1"', None, '"1"']


def test_typed_category_is_for_this_time_only(digest: Digest, server: Server) -> None:
    server.pages["/feed"] = versioned(rss(b"One"), '"1"')
    configure(digest)

    digest("ingest", server.url("/feed"), "--category", "Culture")
    assert digest("article", "https://a.example/1", "--json").json["category"] == "Culture"
    digest("ingest", server.url("/feed"))
    assert digest("article", "https://a.example/1", "--json").json["category"] == "General"


def test_typed_source_is_read_as_the_settings_say(digest: Digest, server: Server) -> None:
    server.pages["/feed"] = answer(rss(b"One"))
    configure(digest, f'location = "{server.url("/feed")}"\ncategory = "Sport"')

    digest("ingest", server.url("/feed"))

    assert digest("article", "https://a.example/1", "--json").json["category"] == "Sport"


def test_address_that_fails_is_named_without_a_line(digest: Digest, server: Server) -> None:
    configure(digest)

    ran = digest("ingest", server.url("/none").replace("//", "//ada:s3cret@"))

    assert ran.code == 3
    assert ran.err.splitlines() == [
        f"{server.url('/none')}: the server answers 404 Not Found",
        "0 added, 0 updated, 0 unchanged, 1 rejected",
    ]


def test_private_address_is_refused_unless_the_settings_allow_it(digest: Digest) -> None:
    ran = digest("ingest", "http://10.0.0.1:9/feed", "--json")

    assert ran.code == 3
    assert "allow_private_addresses = true" in ran.json["rejected"][0]["reason"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "[[sources]]"), (["--category", "World"], "--category goes with a SOURCE")],
)
def test_nothing_to_read_is_wrong_usage(digest: Digest, arguments: list[str], words: str) -> None:
    ran = digest("ingest", *arguments)

    assert ran.code == 2
    assert words in ran.err


def test_address_of_another_kind_is_an_error(digest: Digest) -> None:
    ran = digest("ingest", "ftp://a.example/feed")

    assert ran.code == 1
    assert ran.err == "digest: “ftp://” cannot be read: use an address with https:// or http://, or a path\n"


def test_this_machine_is_not_read_from_unless_the_settings_allow_it(digest: Digest, server: Server) -> None:
    ran = digest("ingest", server.url("/articles.json"), "--json")

    assert ran.code == 3
    assert "allow_private_addresses = true" in ran.json["rejected"][0]["reason"]
    assert server.asked == []


def test_records_on_the_web_are_read_too(digest: Digest, server: Server) -> None:
    record = {
        "id": "a",
        "url": "https://a.example/",
        "title": "T",
        "category": "World",
        "publishedAt": "2026-11-20T08:00:00Z",
    }
    server.pages["/articles.json"] = answer(json.dumps([record]).encode())
    configure(digest)

    assert digest("ingest", server.url("/articles.json"), "--json").json == counts(1, 0, 0)
