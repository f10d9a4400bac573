from datetime import datetime

import pytest
from sqlalchemy import Engine

from digest import articles, db
from tests.articles import article
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest

AT = ("--now", "2026-11-23T07:00:00Z")


@pytest.fixture
def stocked(digest: Digest, engine: Engine, now: datetime) -> Digest:
    """Three readers, of whom one reads French, and two articles."""
    with db.transaction(engine) as connection:
        articles.store(connection, [article(1), article(2, "Science")], now=now)
        subscriber(connection, "ada@example.org", language="fr")
        subscriber(connection, "bo@example.org", "Science")
        subscriber(connection, "cy@example.org", language="fr", status="pending")
    return digest


def test_a_segment_is_set_listed_shown_and_deleted(stocked: Digest) -> None:
    options = ("--category", "world", "--list", "readers", "--language", "FR", "--not-reached", "3")
    since = ("--joined-since", "2026-01-01T01:00:00+01:00")
    saved = {
        "name": "french",
        "categories": ["World"],
        "lists": ["readers"],
        "languages": ["fr"],
        "joined_since": "2026-01-01T00:00:00Z",
        "not_reached": 3,
    }

    assert stocked("segments", "set", "french", *options, *since, "--json").json == saved
    assert stocked("segments", "list").rows == [saved]
    shown = stocked("segments", "show", "french", *AT, "--newsletter", "weekly", "--json").json
    assert shown == {**saved, "newsletters": [{"newsletter": "weekly", "people": 2, "mailable": 1}]}
    assert "weekly: 2 in it, 1 may be mailed now" in stocked("segments", "show", "french", *AT).out
    assert stocked("segments", "delete", "french", "--json").json == {"deleted": "french"}
    assert stocked("segments", "list").out == ""


def test_a_filter_that_cannot_be_is_refused_with_what_would_do(stocked: Digest) -> None:
    for options, said in (
        ((), "a segment without a filter is everybody"),
        (("--category", "Wrold"), "did you mean “World”"),
        (("--language", "French!"), "is not a language such as fr"),
        (("--joined-since", "2026-01-01"), "no offset"),
        (("--not-reached", "0"), "not in the range"),
    ):
        ran = stocked("segments", "set", "quiet", *options)
        assert (ran.code, said in ran.err) == (2, True), ran.err
    assert stocked("segments", "list").out == ""


def test_a_list_that_nobody_is_on_is_told(stocked: Digest) -> None:
    ran = stocked("segments", "set", "pilots", "--list", "piolts")

    assert (ran.code, "nobody is on the list “piolts” yet" in ran.err) == (0, True)


def test_an_unknown_segment_is_named_with_the_known_ones(stocked: Digest) -> None:
    stocked("segments", "set", "french", "--language", "fr")

    for command in (("segments", "show", "frensh"), ("segments", "delete", "frensh")):
        ran = stocked(*command)
        assert (ran.code, "did you mean “french”" in ran.err) == (1, True)
    ran = stocked("plan", "weekly", "--segment", "frensh", *AT)
    assert (ran.code, "known: french" in ran.err) == (1, True)


def test_an_issue_is_planned_for_a_segment_and_says_so(stocked: Digest) -> None:
    stocked("segments", "set", "french", "--language", "fr")

    made = stocked("plan", "weekly", "--segment", "french", *AT, "--json").json

    assert (made["segment"], made["deliveries"], made["skipped"]) == ("french", 1, {"pending": 1})
    assert made["filters"]["languages"] == ["fr"]
    assert "For “french” only: readers reading “fr”" in stocked("plan", "weekly", "--segment", "french", *AT).out
    assert stocked("report", "weekly/1", "--json").json["segment"] == "french"
    assert "for the segment “french” only" in stocked("report", "weekly/1").out
    assert stocked("explain", "weekly/1", "bo@example.org", "--json").json["skipped"] == "not_in_segment"
    ran = stocked("render", "weekly/1", "--as", "bo@example.org")
    assert (ran.code, "bo@example.org gets no mail of weekly/1: not in segment" in ran.err) == (1, True)


def test_an_issue_for_all_names_no_segment(stocked: Digest) -> None:
    made = stocked("plan", "weekly", *AT, "--json").json

    assert (made["segment"], made["filters"]) == (None, None)
    assert stocked("report", "weekly/1", "--json").json["segment"] is None
