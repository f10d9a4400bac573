from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from digest import db, tables
from digest.errors import NotFoundError
from digest.model import Depth, Newsletter
from subscribers import segments
from subscribers.model import Preferences
from subscribers.segment import Segment
from tests.articles import NOW, newsletter
from tests.audience import JOINED, subscriber

DAY = timedelta(days=1)


def those(connection: Connection, segment: Segment | None, paper: Newsletter | None = None) -> list[str]:
    """Return the local parts of those who are in the segment."""
    condition = segments.people(connection, paper or newsletter(), segment)
    query = select(tables.subscribers.c.email).where(condition).order_by(tables.subscribers.c.id)
    return [email.partition("@")[0] for email in connection.execute(query).scalars()]


def add(connection: Connection, name: str, *categories: str, **fields: Any) -> int:
    return subscriber(connection, f"{name}@example.org", *categories, **fields)


def test_a_segment_is_saved_found_replaced_and_forgotten(database: Engine) -> None:
    with db.transaction(database) as connection:
        segments.save(connection, Segment(name="quiet", not_reached=3), now=NOW)
        segments.save(connection, Segment(name="french", languages=("fr",)), now=NOW)
        segments.save(connection, Segment(name="quiet", not_reached=5), now=NOW)

        assert [segment.name for segment in segments.every(connection)] == ["french", "quiet"]
        assert segments.find(connection, "quiet").not_reached == 5
        segments.forget(connection, "quiet")
        with pytest.raises(NotFoundError, match=r"no segment “quite”.*known: french"):
            segments.find(connection, "quite")
        with pytest.raises(NotFoundError):
            segments.forget(connection, "quiet")


def test_a_category_that_the_newsletter_lacks_is_got_by_nobody(database: Engine) -> None:
    with db.transaction(database) as connection:
        add(connection, "chose", "Sport")
        add(connection, "nothing")
        paper = newsletter(categories=("World", "Science"))

        assert those(connection, Segment(name="s", categories=("Sport",)), paper) == []
        assert those(connection, Segment(name="s", categories=("Sport", "World")), paper) == ["nothing"]


def test_a_category_is_got_by_who_chose_it_or_nothing_and_did_not_mute_it(database: Engine) -> None:
    with db.transaction(database) as connection:
        add(connection, "chose", "Science", "World")
        add(connection, "other", "Science")
        add(connection, "nothing")
        add(connection, "muted", preferences=Preferences(muted=("World", "news.example")))
        add(connection, "deep", preferences=Preferences(("Science",), depth=(("World", Depth.FULL),)))
        add(connection, "tricky", 'Not "World", really', ",")

        paper = newsletter(categories=("World", "Science", "Culture", 'Not "World", really'))
        assert those(connection, Segment(name="s", categories=("World",)), paper) == ["chose", "nothing"]
        assert those(connection, Segment(name="s", categories=("world", "Culture")), paper) == [
            "chose",
            "nothing",
            "muted",
        ]
        assert those(connection, Segment(name="s", categories=('Not "World", really',)), paper) == [
            "nothing",
            "muted",
            "tricky",
        ]


def test_any_of_one_option_and_all_of_them_together(database: Engine) -> None:
    with db.transaction(database) as connection:
        add(connection, "both", lists=["readers", "pilots"], language="fr")
        add(connection, "french", language="fr")
        add(connection, "pilot", lists=["readers", "pilots"], language="de")
        add(connection, "stranger", lists=["pilots"], language="fr")

        assert those(connection, Segment(name="s", lists=("pilots", "guests"))) == ["both", "pilot"]
        assert those(connection, Segment(name="s", languages=("fr", "de"))) == ["both", "french", "pilot"]
        assert those(connection, Segment(name="s", lists=("pilots",), languages=("fr",))) == ["both"]
        assert those(connection, None) == ["both", "french", "pilot"]


def test_a_language_is_met_with_its_regions_and_by_who_reads_the_newsletters(database: Engine) -> None:
    with db.transaction(database) as connection:
        for name, language in {"fr": "fr", "ca": "fr-CA", "fro": "frr", "none": "", "en": "en-GB"}.items():
            add(connection, name, language=language)

        assert those(connection, Segment(name="s", languages=("fr",))) == ["fr", "ca"]
        assert those(connection, Segment(name="s", languages=("fr-CA",))) == ["ca"]
        assert those(connection, Segment(name="s", languages=("en",))) == ["none", "en"]
        assert those(connection, Segment(name="s", languages=("fr",)), newsletter(language="fr")) == [
            "fr",
            "ca",
            "none",
        ]


def test_who_joined_at_the_instant_or_later(database: Engine) -> None:
    with db.transaction(database) as connection:
        add(connection, "old")
        add(connection, "new", created_at=JOINED + DAY)

        assert those(connection, Segment(name="s", joined_since=JOINED + DAY)) == ["new"]


def issue(connection: Connection, number: int, *, accepted: list[int], segment: str = "", **fields: Any) -> None:
    """Add an issue of the Weekly, released unless a test says otherwise, that was accepted for these people."""
    at = NOW + number * DAY
    row = {
        "newsletter": "weekly",
        "number": number,
        "segment": segment,
        "frozen": "{}",
        "base_url": "",
        "nonce": "n",
        "since": at - 7 * DAY,
        "until": at,
        "created_at": at,
        "released_at": at,
    }
    insert = tables.issues.insert().values(row | fields).returning(tables.issues.c.id)
    issue_id = connection.execute(insert).scalar_one()
    for subscriber_id in accepted:
        delivery = {"issue_id": issue_id, "subscriber_id": subscriber_id, "edition": 1, "choices": 1, "recipient": ""}
        delivery |= {"name": "", "status": "accepted", "attempts": 1, "code": 250, "reply": ""}
        connection.execute(tables.deliveries.insert().values(delivery))


def test_whom_the_last_issues_did_not_reach(database: Engine) -> None:
    with db.transaction(database) as connection:
        often, once, never, rejected = (add(connection, name) for name in ("often", "once", "never", "rejected"))
        issue(connection, 1, accepted=[often, once])
        issue(connection, 2, accepted=[often])
        issue(connection, 3, accepted=[often, rejected])
        connection.execute(
            tables.deliveries.update().where(tables.deliveries.c.subscriber_id == rejected).values(status="rejected")
        )
        issue(connection, 4, accepted=[never], released_at=None)
        issue(connection, 1, accepted=[never], newsletter="daily")

        assert those(connection, Segment(name="s", not_reached=2)) == ["once", "never", "rejected"]
        assert those(connection, Segment(name="s", not_reached=3)) == ["never", "rejected"]
        assert those(connection, Segment(name="s", not_reached=9)) == ["never", "rejected"]


def test_an_issue_to_a_part_of_the_readers_reaches_them_and_counts_for_nobody_else(database: Engine) -> None:
    with db.transaction(database) as connection:
        regular, part, neither = (add(connection, name) for name in ("regular", "part", "neither"))
        issue(connection, 1, accepted=[regular])
        issue(connection, 2, accepted=[part], segment="quiet")

        assert those(connection, Segment(name="s", not_reached=1)) == ["neither"]
        assert neither


def test_before_the_first_issue_nobody_was_reached(database: Engine) -> None:
    with db.transaction(database) as connection:
        add(connection, "ada")

        assert those(connection, Segment(name="s", not_reached=1)) == ["ada"]


def test_heads_are_counted_with_those_who_may_be_mailed(database: Engine) -> None:
    with db.transaction(database) as connection:
        add(connection, "ada", language="fr")
        add(connection, "left", language="fr", status="unsubscribed")
        add(connection, "english", language="en")

        assert segments.count(connection, newsletter(), Segment(name="s", languages=("fr",)), now=NOW) == (2, 1)
