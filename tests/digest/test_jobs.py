"""What a run hands out: batch after batch, without a gap between them."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Engine

from digest import db
from digest.jobs import Job, Jobs
from digest.journal import BATCH, Journal
from digest.model import Delivery
from digest.smtp.envelope import Mail
from digest.smtp.pace import Pace
from tests.articles import NOW
from tests.deliveries import issue_with


def compose(deliveries: Sequence[Delivery]) -> list[Mail]:
    return [Mail("weekly@news.example.com", delivery.recipient, b"Subject: a\r\n\r\n") for delivery in deliveries]


def clock() -> float:
    return asyncio.get_running_loop().time()


async def soon(jobs: Jobs) -> Job:
    """Return a job that is ready at once, or as soon as the next batch is prepared, which takes a moment."""
    for _ in range(5000):
        if job := jobs.ready(clock()):
            return job
        await asyncio.sleep(0.001)
    raise TimeoutError("no job")


async def test_the_next_batch_is_at_hand_when_one_ends_and_each_job_is_handed_out_once(database: Engine) -> None:
    with db.transaction(database) as connection:
        issue = issue_with(connection, *(f"reader{number}@example.org" for number in range(2 * BATCH + 1)))
    with Journal(database, issue, token="me", clock=lambda: NOW) as journal:
        jobs = Jobs(journal, compose, Pace(0, {}), [])
        first = await jobs.take(asyncio.Event())
        assert first
        handed = [first.mail.recipient]
        for _ in range(2 * BATCH):
            handed.append((await soon(jobs)).mail.recipient)
        assert jobs.ready(clock()) is None
        assert await jobs.take(asyncio.Event()) is None
        await jobs.close()

    assert len(set(handed)) == len(handed) == 2 * BATCH + 1
