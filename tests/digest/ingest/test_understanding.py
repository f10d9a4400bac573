"""Whole records in many languages, and what a reader would say they mean (tests/data/README.md)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from digest.ingest import records
from digest.ingest.documents import Value
from digest.model import Article, RichText

ENTRIES = json.loads((Path(__file__).parents[2] / "data" / "understanding.json").read_text(encoding="utf-8"))


def cited(passage: RichText) -> list[int]:
    return [int(number) for number in re.findall(r'<a class="cite" href="[^"]+">(\d+)</a>', passage.html)]


def understood(article: Article, key: str) -> object:
    """What the article says under one of the data's keys, in the data's shape."""
    if key == "sources":
        return [source.url for source in article.sources]
    said = getattr(article, key)
    return (said and said.plain) if key == "why_it_matters" else [passage.plain for passage in said]


def citations(article: Article, key: str) -> object:
    said = getattr(article, key)
    return (said and cited(said)) if key == "why_it_matters" else [cited(passage) for passage in said]


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["name"] for entry in ENTRIES])
def test_a_record_means_what_a_reader_would_say(entry: dict[str, Any]) -> None:
    accepted = records.accept(Value("x.json", 1, entry["record"]))
    assert isinstance(accepted, records.Accepted), accepted
    expected = entry["expected"]

    found = {key: understood(accepted.article, key) for key in expected if key != "cited"}
    if "cited" in expected:
        found["cited"] = {key: citations(accepted.article, key) for key in expected["cited"]}

    assert found == expected
