"""One-click requests that come at once: written together, each answered for itself, and none lost."""

import asyncio

from sqlalchemy import Engine, func, select

from digest import db, tables
from digest.config import Settings
from subscribers.consent import Leaver
from subscribers.model import Status
from subscribers.one_click import TOGETHER, Clicks
from tests import audience
from tests.subscribers.people import events, found


async def click_all(clicks: Clicks, leavers: list[Leaver]) -> list[bool]:
    return await asyncio.gather(*map(clicks.leave, leavers))


def rows(database: Engine) -> tuple[int, int]:
    with db.reading(database) as connection:
        return (
            connection.scalar(select(func.count()).select_from(tables.unsubscriptions)) or 0,
            connection.scalar(select(func.count()).select_from(tables.consent_events)) or 0,
        )


async def test_everybody_who_clicks_at_once_is_written_once(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        people = [audience.subscriber(connection, f"reader{number}@example.com") for number in range(20)]
    twice = [Leaver(one, "weekly") for one in people * 2]

    known = await click_all(Clicks(database, settings), [*twice, Leaver(4711, "weekly")])

    assert known == [*[True] * 40, False]
    assert rows(database) == (20, 20)


async def test_more_than_fit_into_one_transaction_are_all_written(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        person = audience.subscriber(connection, "ada@example.org")
    leavers = [Leaver(person, f"former-{number}") for number in range(TOGETHER + 1)]

    assert all(await click_all(Clicks(database, settings), leavers))
    assert rows(database) == (TOGETHER + 1, TOGETHER + 1)


async def test_two_newsletters_left_in_one_batch_are_two_events_and_the_end(
    database: Engine, settings: Settings
) -> None:
    daily = settings.newsletters[0].model_copy(update={"slug": "daily"})
    two = settings.model_copy(update={"newsletters": (*settings.newsletters, daily)})
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "ada@example.org")

    await click_all(Clicks(database, two), [Leaver(ada, "weekly"), Leaver(ada, "daily")])

    with db.reading(database) as connection:
        person = found(connection, "ada@example.org")
        assert (person.status, person.left) == (Status.UNSUBSCRIBED, ("daily", "weekly"))
        assert [newsletter for _, newsletter, _ in events(connection, person)] == ["weekly", "daily"]


async def test_a_database_that_cannot_write_is_told_to_each_and_the_next_click_works(
    database: Engine, settings: Settings
) -> None:
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "ada@example.org")
    clicks = Clicks(database, settings)
    with db.transaction(database) as connection:
        connection.exec_driver_sql("alter table unsubscriptions rename to elsewhere")

    told = await asyncio.gather(*(clicks.leave(Leaver(ada, "weekly")) for _ in range(3)), return_exceptions=True)

    assert len(told) == 3
    assert all(isinstance(one, Exception) for one in told)
    with db.transaction(database) as connection:
        connection.exec_driver_sql("alter table elsewhere rename to unsubscriptions")
    assert await clicks.leave(Leaver(ada, "weekly"))


async def test_a_visitor_who_goes_away_is_unsubscribed_and_spoils_nothing(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        ada, ben = (audience.subscriber(connection, f"{name}@example.org") for name in ("ada", "ben"))
    clicks = Clicks(database, settings)

    leaving = asyncio.create_task(clicks.leave(Leaver(ada, "weekly")))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await clicks.leave(Leaver(ben, "weekly"))
    assert rows(database) == (2, 2)
