from datetime import timedelta

from sqlalchemy import Engine

from digest import db
from tests.articles import NOW
from tests.audience import subscriber
from tests.digest.cli.conftest import Digest

FOUR_WEEKS = ("--from", "2026-10-19T00:00:00Z", "--to", "2026-11-16T00:00:00Z")


def test_slots_keep_their_local_time(digest: Digest, engine: Engine) -> None:
    with db.transaction(engine) as connection:
        subscriber(connection, "a@example.org")
        subscriber(connection, "b@example.org", lists=["readers", "others"])
        subscriber(connection, "c@example.org", lists=["others"])
        subscriber(connection, "d@example.org", status="pending")

    ran = digest("schedule", "weekly", *FOUR_WEEKS, "--json")

    zone = {"timezone": "Europe/London", "subscribers": 2}
    assert ran.code == 0
    assert ran.json == [
        {"at": "2026-10-19T06:00:00Z", "local": "2026-10-19T07:00", **zone},
        {"at": "2026-10-26T07:00:00Z", "local": "2026-10-26T07:00", **zone},
        {"at": "2026-11-02T07:00:00Z", "local": "2026-11-02T07:00", **zone},
        {"at": "2026-11-09T07:00:00Z", "local": "2026-11-09T07:00", **zone},
    ]


def test_end_is_exclusive(digest: Digest) -> None:
    ran = digest("schedule", "weekly", "--from", "2026-11-16T07:00:00Z", "--to", "2026-11-23T07:00:00Z", "--json")

    assert [slot["local"] for slot in ran.json] == ["2026-11-16T07:00"]


def test_without_a_range_the_next_four_weeks_are_shown(digest: Digest) -> None:
    ran = digest("schedule", "weekly", "--now", NOW.isoformat())

    assert ran.code == 0
    assert [line.split("07:00")[0].strip() for line in ran.out.splitlines()[1:]] == [
        f"{NOW + timedelta(weeks=week):%a %d %b %Y}" for week in range(4)
    ]


def test_range_that_ends_before_it_begins_is_wrong_usage(digest: Digest) -> None:
    ran = digest("schedule", "weekly", "--from", "2026-11-16T07:00:00Z", "--to", "2026-11-16T07:00:00Z")

    assert (ran.code, ran.err) == (2, "digest: --to must be later than --from\n")


def test_newsletter_without_a_schedule_has_no_slots(digest: Digest) -> None:
    text = digest.settings_file.read_text()
    digest.settings_file.write_text(text.replace('schedule = "mon 07:00"', ""))

    assert digest("schedule", "weekly", *FOUR_WEEKS, "--json").json == []
    assert "planned by hand" in digest("schedule", "weekly").err


def test_unknown_newsletter_is_named(digest: Digest) -> None:
    ran = digest("schedule", "weakly", *FOUR_WEEKS)

    assert ran.code == 2
    assert "did you mean “weekly”" in ran.err


def test_wrong_schedule_in_the_settings_is_refused(digest: Digest) -> None:
    text = digest.settings_file.read_text()
    digest.settings_file.write_text(text.replace("mon 07:00", "mno 07:00"))

    ran = digest("schedule", "weekly", *FOUR_WEEKS)

    assert ran.code == 2
    assert "newsletters[0].schedule: “mno” is not a day" in ran.err
