import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from digest import articles, db
from digest.cli import ingest
from digest.ingest.records import Accepted
from tests.articles import NOW, article
from tests.digest.cli.conftest import Digest

LIGHTHOUSE = Path(__file__).parents[2] / "data" / "articles" / "lighthouse.json"


def record(name: str, **fields: object) -> dict[str, Any]:
    return {
        "id": name,
        "url": f"https://news.example/{name}",
        "title": f"Story {name}",
        "category": "World",
        "publishedAt": "2026-11-20T08:00:00Z",
        **fields,
    }


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def test_ingest_twice_finds_everything_unchanged(digest: Digest) -> None:
    first = digest("ingest", str(LIGHTHOUSE), "--json")
    again = digest("ingest", str(LIGHTHOUSE), "--json")

    assert (first.code, first.json) == (0, {"added": 1, "updated": 0, "unchanged": 0, "rejected": []})
    assert (again.code, again.json) == (0, {"added": 0, "updated": 0, "unchanged": 1, "rejected": []})


def test_changed_record_is_an_update(digest: Digest) -> None:
    digest("ingest", "-", stdin=lines(record("a")))

    assert digest("ingest", "-", "--json", stdin=lines(record("a", title="New"))).json["updated"] == 1
    assert digest("article", "a", "--json").json["title"] == "New"


def test_bad_records_are_named_and_the_good_ones_stored(digest: Digest, tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(lines(record("a")) + b"\n{broken\n" + lines(record("b", title=None), record("c")))

    ran = digest("ingest", str(path), "--json")

    assert ran.code == 3
    assert (ran.json["added"], len(ran.json["rejected"])) == (2, 2)
    assert [(one["source"], one["line"]) for one in ran.json["rejected"]] == [(str(path), 3), (str(path), 4)]
    assert "title is missing" in ran.json["rejected"][1]["reason"]


def test_without_json_the_summary_is_talk(digest: Digest) -> None:
    ran = digest("ingest", "-", stdin=lines(record("a"), 5))

    assert (ran.code, ran.out) == (3, "")
    assert ran.err.splitlines()[-1] == "1 added, 0 updated, 0 unchanged, 1 rejected"
    assert ran.err.startswith("-, line 2: ")


def test_later_of_two_records_wins_with_a_warning(digest: Digest) -> None:
    ran = digest("ingest", "-", "--json", stdin=lines(record("a"), record("a"), record("a", title="Late")))

    assert (ran.code, ran.json) == (0, {"added": 1, "updated": 1, "unchanged": 1, "rejected": []})
    assert ran.err.splitlines() == ["digest: “a” comes twice and differs: -, line 2, and -, line 3, which is kept"]
    assert digest("article", "a", "--json").json["title"] == "Late"


def test_missing_source_fails_and_stores_nothing(digest: Digest) -> None:
    ran = digest("ingest", "-", "none.json", stdin=lines(record("a")))

    assert (ran.code, ran.err) == (1, "digest: there is no file or folder none.json\n")
    assert digest("articles").out == ""


def test_interrupted_ingest_keeps_whole_batches(
    engine: Engine, digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> Any:
        for number in range(ingest.ARTICLES_IN_A_TRANSACTION + 10):
            yield Accepted("-", number, article(number))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest._take_in(engine, interrupted(), now=NOW)

    with db.reading(engine) as connection:
        stored = list(articles.listing(connection, category=None, since=None))
    assert len(stored) == ingest.ARTICLES_IN_A_TRANSACTION


def test_articles_are_json_lines_newest_first(digest: Digest) -> None:
    new, old = record("new", category="Sport"), record("old", publishedAt="2026-11-01T08:00:00Z")
    digest("ingest", "-", stdin=lines(old, new))

    assert [row["id"] for row in digest("articles").rows] == ["new", "old"]
    assert [row["id"] for row in digest("articles", "--category", "sPORT", "--json").rows] == ["new"]
    assert [row["id"] for row in digest("articles", "--since", "2026-11-20T08:00:00+00:00").rows] == ["new"]
    assert digest("articles").rows[0] == digest("article", "new", "--json").json


def test_since_without_an_offset_is_wrong_usage(digest: Digest) -> None:
    ran = digest("articles", "--since", "2026-11-20T08:00:00")

    assert ran.code == 2
    assert "no offset" in ran.err


def test_article_is_shown_to_people(digest: Digest) -> None:
    digest("ingest", str(LIGHTHOUSE))

    shown = digest("article", "5d1f3c9e-2b7a-4c0e-9f61-0a4be8d2c713").out

    for words in ("A lighthouse lamp", "Science · harbourpost.example · 20 November 2026", "TL;DR", "Why it matters"):
        assert words in shown
    assert "[[" not in shown


def test_unknown_article_is_an_error(digest: Digest) -> None:
    ran = digest("article", "none\udcff")

    assert ran.code == 1
    assert ran.err == "digest: there is no article “none”: `digest articles` lists those that are there\n"
