"""Which editions stand for an issue."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine

from digest import db, issues, ledger, tables
from digest.model import Depth, Edition, Issue, Placement
from digest.quality import editions
from tests.deliveries import issue_with

BRIEF = tuple(Placement(f"article-{number}", Depth.BRIEF) for number in range(3))


def edition(number: int, **fields: object) -> Edition:
    """An edition of three stories in one section."""
    values = {
        "issue_id": 1,
        "number": number,
        "placements": BRIEF,
        "subject": "Story",
        "preheader": "More",
        "minutes": 1,
        "html_bytes": 20_000 + number,
        "pieces": ("i0", "s0", "c0b.lp", "c1b", "c2b"),
        "more": (),
    }
    return Edition(**(values | fields))  # type: ignore[arg-type]


def test_each_kind_is_there_once_with_its_reasons() -> None:
    pool = [
        edition(1, html_bytes=10_000),
        edition(2, html_bytes=80_000),
        edition(3),
        edition(4, placements=BRIEF[:1]),
        edition(5, pieces=("s0", "c0b.lp", "s1", "c1b", "s2", "c2b")),
        edition(6, placements=tuple(Placement(one.article_id, Depth.HEADLINES) for one in BRIEF)),
        edition(7, pieces=("k4", "s0", "c0b.lp")),
        edition(8, placements=(Placement("article-0", Depth.BRIEF, is_update=True), *BRIEF[1:])),
        edition(9, pieces=("s0", "c0b.p", "more"), more=("c1b", "c2b")),
        edition(10, placements=(*BRIEF, Placement("article-3", Depth.FULL))),
        edition(11, pieces=("i0", "s0", "c0b.l", "c1b", "c2b")),
        edition(12),
    ]

    found = editions.choose(pool, {number: 5 if number == 3 else 1 for number in range(1, 13)})

    assert {one.edition: one.why for one in found} == {
        2: "largest edition; 1 reader",
        1: "smallest edition; 1 reader",
        3: "edition of most readers; 5 readers",
        4: "edition of fewest stories; 1 reader",
        5: "edition of most sections; 1 reader",
        6: "edition of headlines alone; 1 reader",
        7: "edition with a correction; 1 reader",
        8: "edition with an update; 1 reader",
        9: "edition with more on the web; 1 reader",
        10: "edition of most full stories; 1 reader",
        11: "edition without pictures; 1 reader",
    }


def test_an_edition_may_be_odd_in_many_ways_and_ties_go_to_the_first() -> None:
    found = editions.choose([edition(1), edition(2, html_bytes=20_001)], {1: 2, 2: 2})

    assert found == [
        editions.Sample(
            1, "largest edition, smallest, of most readers, of fewest stories, of most sections; 2 readers", 2
        )
    ]


def test_editions_that_nobody_gets_are_left_out() -> None:
    assert [one.edition for one in editions.choose([edition(1), edition(2)], {2: 1})] == [2]
    assert editions.choose([], {}) == []


def test_the_delivery_is_the_first_of_the_edition(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, "ada@example.org", "bo@example.org")

        assert editions.delivery_in(connection, issue, 1).recipient == "ada@example.org"


@pytest.fixture
def two_issues(database: Engine) -> tuple[Engine, Issue, Issue]:
    with db.transaction(database) as connection:
        first = issue_with(connection)
        row = connection.execute(tables.issues.select().where(tables.issues.c.id == first.id)).one()
        values = {key: value for key, value in row._mapping.items() if key != "id"} | {"number": 2}
        number = connection.execute(tables.issues.insert().values(values).returning(tables.issues.c.id)).scalar_one()
        second = issues.with_id(connection, number)
        assert second
        rows = [issues.edition_row(edition(1, issue_id=first.id, subject=one)) for one in ("Floods",)]
        connection.execute(tables.editions.insert(), rows)
    return database, first, second


def test_subjects_count_once_their_issue_goes_out(two_issues: tuple[Engine, Issue, Issue], now: datetime) -> None:
    database, first, second = two_issues

    def found(connection: Connection, issue: Issue) -> set[str]:
        return editions.earlier_subjects(connection, issue, ["Floods", "Moths"])

    with db.transaction(database) as connection:
        assert found(connection, second) == set()
        ledger.release(connection, first.id, now)
        assert found(connection, second) == {"Floods"}
        assert found(connection, first) == set()
