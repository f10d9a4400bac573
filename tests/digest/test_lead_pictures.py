"""Which pictures an issue wants, and planning with those of a real server: from the request to the frozen row."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest import articles, candidates, config, corrections, db, issues, lead_pictures, pictures, ranking
from digest.config import Settings
from digest.lead_pictures import LeadPictures, wanted
from digest.model import Candidate, CorrectionKind, Picture
from digest.planning import Plan, plan
from tests import web_server
from tests.articles import NOW, article, candidate, newsletter
from tests.audience import subscriber
from tests.pictures import encoded, landscape
from tests.web_server import Handler, Server, answer, trickle

GOOD = encoded(landscape())


def url(number: int) -> str:
    return f"https://pictures.example/{number}.jpg"


def pool(*found: Candidate, **fields: object) -> ranking.Pool:
    return ranking.prepare(found, newsletter(**fields), until=NOW)


def pictured(number: int, category: str = "World", **fields: object) -> Candidate:
    of = article(number, category, image_url=url(number), **{k: v for k, v in fields.items() if k == "language"})
    return candidate(of, number, **{k: v for k, v in fields.items() if k != "language"})


# which


def test_all_that_can_come_first_is_wanted_before_what_can_come_second() -> None:
    found = pool(pictured(1), pictured(2), pictured(3, "Science"), pictured(4, "Science"), pictured(5, "Sport"))

    assert sorted(wanted(found)[:2]) == [url(1), url(3)]
    assert sorted(wanted(found)[2:]) == [url(2), url(4)]


def test_no_more_are_wanted_than_a_section_has_places() -> None:
    found = pool(*(pictured(number) for number in range(1, 10)), max_per_category=2)

    assert wanted(found) == [url(1), url(2)]


def test_a_place_without_picture_is_a_place() -> None:
    assert wanted(pool(candidate(article(1), 1), pictured(2), pictured(3), max_per_category=2)) == [url(2)]


def test_readers_of_each_language_have_their_own_first_places() -> None:
    english, french = [pictured(1), pictured(2)], [pictured(3, language="fr"), pictured(4, language="fr")]

    assert sorted(wanted(pool(*english, *french, max_per_category=1))) == [url(1), url(3)]


def test_all_that_is_pinned_is_wanted() -> None:
    pinned = [pictured(number, is_pinned=True) for number in (7, 8, 9)]

    assert wanted(pool(*pinned, pictured(1), max_per_category=1)) == [url(7), url(8), url(9)]


def test_what_is_withdrawn_takes_no_place() -> None:
    assert wanted(pool(pictured(1, is_withdrawn=True), pictured(2), max_per_category=1)) == [url(2)]


def test_one_address_is_wanted_once_and_no_more_than_the_most() -> None:
    same = pool(pictured(1), candidate(article(2, image_url=url(1)), 2))
    many = pool(*(pictured(number) for number in range(1, 400)), max_per_category=200)
    more = pool(*(pictured(n, is_pinned=True) for n in range(1, 400)), max_per_category=200)

    assert wanted(same) == [url(1)]
    assert len(wanted(many)) == lead_pictures.MOST
    assert len(wanted(more)) == lead_pictures.MOST


def test_candidates_get_their_picture_or_why_there_is_none() -> None:
    picture = Picture("https://news.example.com/pictures/1.jpg", 552, 310)
    found = LeadPictures({url(1): picture}, {url(2): "404"})

    given = found.given([pictured(1), pictured(2), pictured(3), candidate(article(4), 4)])

    assert [(one.picture, one.picture_failure) for one in given] == [
        (picture, ""),
        (None, "404"),
        (None, ""),
        (None, ""),
    ]


# planning with them


@pytest.fixture
def server() -> Iterator[Server]:
    with web_server.running() as server:
        yield server


@pytest.fixture
def open_settings(settings_file: Path) -> Settings:
    """Settings that allow pictures of this machine."""
    text = settings_file.read_text().replace("fetch_seconds = 0", "fetch_seconds = 20")
    settings_file.write_text(f"{text}\n[fetching]\nallow_private_addresses = true\n")
    return config.load(settings_file)


@pytest.fixture
def stocked(database: Engine, server: Server, now: datetime) -> Engine:
    """Three articles with pictures, one of which is not there, one without, and two readers."""
    server.pages |= {"/1.jpg": answer(GOOD), "/2.jpg": answer(encoded(landscape(400, 300), "PNG"))}
    found = [article(n, "World", image_url=server.url(f"/{n}.jpg")) for n in (1, 2, 3)]
    with db.transaction(database) as connection:
        articles.store(connection, [*found, article(4, "Science")], now=now)
        subscriber(connection, "ada@example.org")
        subscriber(connection, "bo@example.org", "Science")
    return database


def planned(engine: Engine, settings: Settings, now: datetime) -> Plan:
    return plan(engine, settings, settings.newsletter("weekly"), now=now)


def frozen(engine: Engine, made: Plan) -> dict[str, Candidate]:
    with db.reading(engine) as connection:
        return candidates.frozen(connection, made.issue)


def test_pictures_are_fetched_stored_and_frozen_with_the_issue(
    stocked: Engine, server: Server, open_settings: Settings, now: datetime
) -> None:
    made = planned(stocked, open_settings, now)

    found = frozen(stocked, made)
    first, second = found["article-1"].picture, found["article-2"].picture
    assert first and second
    assert first.url.startswith("https://news.example.com/pictures/")
    assert (first.width, first.height, second.width, second.height) == (552, 310, 400, 225)
    assert (found["article-3"].picture, found["article-4"].picture) == (None, None)
    assert found["article-3"].picture_failure == "the server answers 404 Not Found"
    assert (made.pictures, dict(made.picture_failures)) == (2, {"article-3": "the server answers 404 Not Found"})
    assert sorted(path for path, _ in server.asked) == ["/1.jpg", "/2.jpg", "/3.jpg"]
    with db.reading(stocked) as connection:
        jpeg = pictures.jpeg(connection, pictures.name_in(first.url))
    assert jpeg and jpeg.startswith(b"\xff\xd8")


def test_the_next_issue_has_the_same_addresses_and_asks_nobody(
    stocked: Engine, server: Server, open_settings: Settings, now: datetime
) -> None:
    first = planned(stocked, open_settings, now)
    server.asked.clear()

    second = planned(stocked, open_settings, now + timedelta(hours=1))

    assert server.asked == []
    assert {i: c.picture for i, c in frozen(stocked, second).items()} == {
        i: c.picture for i, c in frozen(stocked, first).items()
    }
    assert second.picture_failures == first.picture_failures


def test_what_failed_is_asked_for_again_later_and_only_that(
    stocked: Engine, server: Server, open_settings: Settings, now: datetime
) -> None:
    planned(stocked, open_settings, now)
    server.asked.clear()
    server.pages["/3.jpg"] = answer(GOOD)

    made = planned(stocked, open_settings, now + lead_pictures.RETRY_AFTER)

    assert [path for path, _ in server.asked] == ["/3.jpg"]
    assert (made.pictures, dict(made.picture_failures)) == (3, {})


def test_another_picture_of_an_article_is_fetched(
    stocked: Engine, server: Server, open_settings: Settings, now: datetime
) -> None:
    planned(stocked, open_settings, now)
    server.asked.clear()
    server.pages["/new.jpg"] = answer(GOOD)
    with db.transaction(stocked) as connection:
        changed = article(1, "World", image_url=server.url("/new.jpg"), modified_at=now)
        articles.store(connection, [changed], now=now)

    planned(stocked, open_settings, now + timedelta(minutes=1))

    assert [path for path, _ in server.asked] == ["/new.jpg"]


def test_a_picture_that_its_source_has_deleted_stays(
    stocked: Engine, server: Server, open_settings: Settings, now: datetime
) -> None:
    first = planned(stocked, open_settings, now)
    server.pages.clear()

    later = planned(stocked, open_settings, now + timedelta(days=2))

    assert frozen(stocked, later)["article-1"].picture == frozen(stocked, first)["article-1"].picture


def test_a_frozen_picture_outlives_its_article_and_its_withdrawal(
    stocked: Engine, open_settings: Settings, now: datetime
) -> None:
    made = planned(stocked, open_settings, now)
    before = frozen(stocked, made)["article-1"].picture
    with db.transaction(stocked) as connection:
        articles.store(connection, [article(1, "World", modified_at=now)], now=now)
        corrections.correct(connection, "article-2", CorrectionKind.WITHDRAWN, "Not so.", now=now)

    assert frozen(stocked, made)["article-1"].picture == before
    assert frozen(stocked, made)["article-2"].picture is not None


@pytest.mark.slow
def test_slow_pictures_are_left_out_and_not_held_against_their_source(
    stocked: Engine, server: Server, settings_file: Path, open_settings: Settings, now: datetime
) -> None:
    settings_file.write_text(settings_file.read_text().replace("fetch_seconds = 20", "fetch_seconds = 0.3"))
    server.pages["/3.jpg"] = trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x")
    lead_pictures.gather(stocked, open_settings, [server.url("/1.jpg"), server.url("/2.jpg")], now=now)

    made = planned(stocked, config.load(settings_file), now)

    assert (made.pictures, dict(made.picture_failures)) == (2, {"article-3": lead_pictures.TOO_LATE})
    server.pages["/3.jpg"] = answer(GOOD)
    assert planned(stocked, open_settings, now).pictures == 3


def test_with_no_time_nobody_is_asked_and_nothing_is_missed(
    stocked: Engine, server: Server, settings_file: Path, open_settings: Settings, now: datetime
) -> None:
    settings_file.write_text(settings_file.read_text().replace("fetch_seconds = 20", "fetch_seconds = 0"))

    made = planned(stocked, config.load(settings_file), now)

    assert server.asked == []
    assert (made.pictures, dict(made.picture_failures), made.deliveries) == (0, {}, 2)


def test_private_addresses_are_not_asked_for_pictures(
    stocked: Engine, server: Server, settings: Settings, now: datetime
) -> None:
    fetching = settings.model_copy(update={"pictures": config.Pictures(fetch_seconds=20)})

    made = planned(stocked, fetching, now)

    assert server.asked == []
    assert made.pictures == 0
    assert all("not on the public Internet" in reason for reason in made.picture_failures.values())


def test_a_slot_that_has_its_issue_asks_nobody(
    stocked: Engine, server: Server, open_settings: Settings, now: datetime
) -> None:
    weekly = open_settings.newsletter("weekly")
    first = plan(stocked, open_settings, weekly, now=now, slot="2026-11-23T07:00")
    server.asked.clear()

    again = plan(stocked, open_settings, weekly, now=now + timedelta(days=1), slot="2026-11-23T07:00")

    assert again == first
    assert server.asked == []


def test_what_is_withdrawn_while_pictures_are_fetched_is_not_planned(
    stocked: Engine, server: Server, open_settings: Settings, now: datetime
) -> None:
    def withdrawing(handler: Handler) -> None:
        with db.transaction(stocked) as connection:
            corrections.correct(connection, "article-2", CorrectionKind.WITHDRAWN, "Not so.", now=now)
        answer(GOOD)(handler)

    server.pages["/1.jpg"] = withdrawing

    made = planned(stocked, open_settings, now)

    assert frozen(stocked, made)["article-2"].is_withdrawn
    assert frozen(stocked, made)["article-1"].picture
    assert len(server.asked) == 3


def test_what_is_fetched_is_kept_when_planning_fails_afterwards(
    stocked: Engine, server: Server, open_settings: Settings, now: datetime
) -> None:
    found = pool(pictured(1))
    assert wanted(found) == [url(1)]
    lead_pictures.gather(stocked, open_settings, [server.url("/1.jpg")], now=now)
    server.asked.clear()

    again = lead_pictures.gather(stocked, open_settings, [server.url("/1.jpg")], now=now)

    assert server.asked == []
    assert list(again.found) == [server.url("/1.jpg")]
    with db.reading(stocked) as connection:
        assert issues.all_issues(connection) == []
