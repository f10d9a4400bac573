"""A run over an issue: real ledger, real server in this loop, composed messages of two lines."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import OperationalError

from digest import db, tables
from digest.config import Smtp
from digest.deliver import Order, Run, unless_stopped
from digest.errors import DatabaseError, IssuePausedError, ServerRefusedError, ServerUnavailableError, TemplateError
from digest.jobs import Compose
from digest.journal import BATCH, Journal
from digest.model import Delivery, DeliveryStatus, Issue
from digest.smtp.envelope import Mail
from digest.smtp.login import open_session
from digest.smtp.route import Limits, Route
from digest.smtp.session import Session
from digest.smtp.throttle import Waiting
from tests.articles import NOW
from tests.deliveries import issue_with, standing
from tests.smtp_server import Conduct, Inbox, serving

SENDER = "weekly@news.example.com"
LIMITS = Limits(connect=2, envelope=1, data=1, message=1, quit=1)


def compose(deliveries: Sequence[Delivery]) -> list[Mail]:
    return [Mail(SENDER, d.recipient, b"Subject: %d\r\n\r\nHello\r\n" % d.subscriber_id) for d in deliveries]


@dataclass
class Told:
    """What a run told of its progress, and the wish to stop it after so many."""

    stop_after: int = 1_000_000
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    statuses: list[DeliveryStatus] = field(default_factory=list)
    waits: list[Waiting] = field(default_factory=list)

    def __call__(self, event: DeliveryStatus | Waiting) -> None:
        """Count one."""
        if isinstance(event, Waiting):
            self.waits.append(event)
            return
        self.statuses.append(event)
        if len(self.statuses) == self.stop_after:
            self.stop.set()


def plan(engine: Engine, *emails: str) -> Issue:
    with db.transaction(engine) as connection:
        return issue_with(connection, *emails)


def people(count: int) -> list[str]:
    return [f"reader{number}@example.org" for number in range(count)]


async def run(
    engine: Engine,
    issue: Issue,
    conduct: Conduct | None = None,
    *,
    told: Told | None = None,
    connections: int = 3,
    limits: Limits = LIMITS,
    domains: dict[str, float] | None = None,
    compose: Compose = compose,
) -> Inbox:
    """Deliver the issue to a server that behaves like that, and return what it got."""
    told = told or Told()
    async with serving(conduct or Conduct()) as server:
        smtp = Smtp(host="127.0.0.1", port=server.port, tls="none")
        order = Order(
            route=Route(smtp, "client.example", limits, ssl.create_default_context()),
            issue_name=issue.name,
            connections=connections,
            messages_per_second=0,
            domains=domains or {},
            clock=lambda: NOW,
            first_wait_seconds=0.01,
            first_pause_seconds=0.01,
        )
        first = await open_session(order.route)
        try:
            with Journal(engine, issue, token="me", clock=lambda: NOW) as journal:
                await Run(order, journal, compose, stop=told.stop, progress=told).work(first)
        except Exception as error:
            error.inbox = server.inbox  # type: ignore[attr-defined]
            raise
        return server.inbox


def claims(engine: Engine) -> set[str | None]:
    with db.reading(engine) as connection:
        return set(connection.execute(select(tables.deliveries.c.claim)).scalars())


async def test_everyone_gets_one_message_and_each_connection_works(database: Engine) -> None:
    issue = plan(database, *people(BATCH * 2 + 30))
    inbox = await run(database, issue, Conduct(delay=0.001))

    assert set(standing(database).values()) == {"accepted"}
    assert sorted(message.recipient for message in inbox.accepted) == sorted(standing(database))
    assert inbox.connections == 3
    assert claims(database) == {None}


async def test_connections_that_are_not_allowed_yet_sleep(database: Engine) -> None:
    """Were they to wake each other, the loop would turn thousands of times while the server takes its time."""
    issue = plan(database, *people(20))
    loop = asyncio.get_running_loop()
    turns, call_soon = 0, loop.call_soon

    def counting(*args: Any, **more: Any) -> asyncio.Handle:
        nonlocal turns
        turns += 1
        return call_soon(*args, **more)

    loop.call_soon = counting  # type: ignore[method-assign]
    await run(database, issue, Conduct(delay=0.05), connections=10)

    assert turns < 200 * len(standing(database))


async def test_each_is_judged_alone(database: Engine) -> None:
    wanted = {
        "rcpt-550.a@example.org": "rejected",
        "ok1@example.org": "accepted",
        "rcpt-450.a@example.org": "deferred",
        "message-554.a@example.org": "rejected",
        "ok2@example.org": "accepted",
        "message-451.a@example.org": "deferred",
        "message-lost.a@example.org": "unknown",
        "ok3@example.org": "accepted",
        "message-drop.a@example.org": "unknown",
        "ok4@example.org": "accepted",
    }
    told = Told()
    await run(database, plan(database, *wanted), told=told, connections=1)

    assert standing(database) == wanted
    assert sorted(told.statuses) == sorted(wanted.values())


async def test_one_that_breaks_the_connection_stops_nobody_else(database: Engine) -> None:
    breakers = ["rcpt-drop.a@example.org", "rcpt-421.a@example.org", "data-421.a@example.org"]
    inbox = await run(database, plan(database, *breakers, *people(5)), connections=1)

    found = standing(database)
    assert [found.pop(address) for address in breakers] == ["deferred"] * 3
    assert set(found.values()) == {"accepted"}
    assert inbox.connections > 1
    assert claims(database) == {None}


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_connection_that_has_served_enough_slows_nothing_down(database: Engine, pipelining: bool) -> None:
    told, issue = Told(), plan(database, *people(20))
    conduct = Conduct(most_messages=3, pipelining=pipelining)
    inbox = await run(database, issue, conduct, told=told, connections=2)

    assert set(standing(database).values()) == {"accepted"}
    assert told.waits == []
    assert inbox.connections >= 7


async def test_a_server_that_takes_no_message_over_any_connection_is_given_up(database: Engine) -> None:
    issue = plan(database, *people(3))
    with pytest.raises(ServerRefusedError, match="too many messages"):
        await run(database, issue, Conduct(most_messages=0))

    assert set(standing(database).values()) == {"planned"}


async def test_a_server_that_recovers_gets_everything(database: Engine) -> None:
    issue = plan(database, *people(10))
    inbox = await run(database, issue, Conduct(mail="drop", mail_times=3))

    assert set(standing(database).values()) == {"accepted"}
    assert len(inbox.accepted) == 10


@pytest.mark.parametrize(
    ("mail", "error"),
    [
        ("drop", ServerUnavailableError),
        ("421 4.3.2 closing", ServerRefusedError),
        ("451 4.3.0 later", ServerRefusedError),
        ("550 5.7.1 not yours", ServerRefusedError),
    ],
)
async def test_trouble_of_the_server_leaves_everything_planned(
    database: Engine, mail: str, error: type[Exception]
) -> None:
    issue = plan(database, *people(10))
    with pytest.raises(error):
        await run(database, issue, Conduct(mail=mail))

    with db.reading(database) as connection:
        table = tables.deliveries.c
        rows = connection.execute(select(table.status, table.attempts, table.claim))
        assert {tuple(row) for row in rows} == {("planned", 0, None)}


async def test_a_refused_sender_is_tried_once_on_each_connection(database: Engine) -> None:
    issue = plan(database, *people(10))
    with pytest.raises(ServerRefusedError) as caught:
        await run(database, issue, Conduct(mail="550 5.7.1 not yours"))

    assert caught.value.inbox.mails <= 3  # type: ignore[attr-defined]


async def test_a_server_that_takes_few_connections_gets_everything_over_those(database: Engine) -> None:
    issue = plan(database, *people(60))
    inbox = await run(database, issue, Conduct(greetings_refused_after=1, delay=0.01), connections=4)

    assert len(inbox.accepted) == 60
    assert set(standing(database).values()) == {"accepted"}


async def test_connections_are_replaced_when_they_have_served_enough(database: Engine) -> None:
    issue = plan(database, *people(7))
    inbox = await run(database, issue, connections=1, limits=replace(LIMITS, messages=3))

    assert inbox.connections == 3
    assert inbox.commands.count("QUIT") == 3
    assert len(inbox.accepted) == 7


@pytest.mark.slow
@pytest.mark.parametrize("stop_after", [1_000_000, 3])
async def test_a_line_that_waits_for_its_quit_hears_that_the_others_ended(database: Engine, stop_after: int) -> None:
    issue = plan(database, *people(4))
    replies = {"reader0@example.org": ("RCPT", "451 4.7.1 Too many messages, slow down")}
    conduct = Conduct(silent_quits=1, delay=0.05, replies=replies)
    async with asyncio.timeout(8):
        await run(database, issue, conduct, told=Told(stop_after), limits=replace(LIMITS, quit=1.5))


async def test_a_stop_lets_what_is_in_flight_end_well(database: Engine) -> None:
    issue = plan(database, *people(50))
    inbox = await run(database, issue, Conduct(delay=0.01), told=Told(stop_after=10))

    found = list(standing(database).values())
    assert set(found) == {"accepted", "planned"}
    assert found.count("accepted") == len(inbox.accepted) < 20
    assert inbox.commands.count("QUIT") == 3  # at the end of each connection, while another may still be busy
    assert claims(database) == {None}


async def test_a_session_that_opens_in_spite_of_a_stop_is_dropped() -> None:
    """Seen under load: `asyncio.wait_for` of Python 3.11 lets a cancellation pass that comes when its work is done."""
    opened: list[Session] = []
    stop = asyncio.Event()

    async def deaf(route: Route) -> Session:
        stop.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            opened.append(await open_session(route))
        return opened[0]

    async with serving(Conduct()) as server:
        smtp = Smtp(host="127.0.0.1", port=server.port, tls="none")
        route = Route(smtp, "client.example", LIMITS, ssl.create_default_context())
        assert await unless_stopped(stop, deaf(route)) is None
        assert [session.is_usable for session in opened] == [False]


async def test_trouble_of_one_lets_the_others_finish_their_message(database: Engine) -> None:
    def fails_later(deliveries: Sequence[Delivery]) -> list[Mail]:
        if deliveries[0].subscriber_id > 1:
            raise TemplateError("broken")
        return compose(deliveries)

    issue = plan(database, *people(BATCH + 5))
    with pytest.raises(TemplateError):
        await run(database, issue, Conduct(delay=0.001), compose=fails_later)

    assert set(standing(database).values()) == {"accepted", "planned"}
    assert claims(database) == {None}


@pytest.mark.slow
async def test_no_more_than_two_batches_are_composed_ahead(database: Engine) -> None:
    told, most = Told(), 0
    composed = 0

    def counted(deliveries: Sequence[Delivery]) -> list[Mail]:
        nonlocal composed, most
        composed += len(deliveries)
        most = max(most, composed - len(told.statuses))
        return compose(deliveries)

    await run(database, plan(database, *people(BATCH * 5)), told=told, compose=counted)

    assert composed == BATCH * 5
    assert most <= BATCH * 2 + 2 * 3  # each connection has a message under way and one announced


async def test_nothing_is_handed_over_that_the_ledger_could_not_note(database: Engine) -> None:
    issue = plan(database, *people(20))
    commits = 0

    @event.listens_for(database, "commit")
    def fill_the_disk(connection: Connection) -> None:
        nonlocal commits
        commits += connection.get_execution_options().get("digest_write", False)
        if 8 < commits < 14:
            raise OperationalError("", {}, Exception("database or disk is full"))

    with pytest.raises(DatabaseError, match="make room") as caught:
        await run(database, issue, connections=2)

    event.remove(database, "commit", fill_the_disk)
    found = standing(database)
    arrived = {message.recipient for message in caught.value.inbox.accepted}  # type: ignore[attr-defined]
    in_doubt = {email for email, status in found.items() if status in ("sending", "unknown")}
    assert 0 < len(arrived) < 20
    assert len(in_doubt) <= 2
    assert arrived <= {email for email, status in found.items() if status == "accepted"} | in_doubt


async def test_what_was_accepted_while_the_ledger_was_away_is_noted_later(database: Engine) -> None:
    issue = plan(database, "ada@example.org")
    failures = 0

    @event.listens_for(database, "commit")
    def away_once(connection: Connection) -> None:
        nonlocal failures
        accepted = connection.exec_driver_sql("select 1 from deliveries where status = 'accepted'").first()
        if accepted and not failures:
            failures += 1
            raise OperationalError("", {}, Exception("server closed it"), connection_invalidated=True)

    await run(database, issue)

    assert failures == 1
    assert standing(database) == {"ada@example.org": "accepted"}


async def test_a_message_that_another_worker_took_over_is_not_sent(database: Engine) -> None:
    issue = plan(database, "ada@example.org", "bo@example.org")

    def stolen(deliveries: Sequence[Delivery]) -> list[Mail]:
        with db.transaction(database) as connection:
            table = tables.deliveries
            theirs = table.update().where(table.c.subscriber_id == deliveries[0].subscriber_id)
            connection.execute(theirs.values(claim="another"))
        return compose(deliveries)

    inbox = await run(database, issue, connections=1, compose=stolen)

    assert [message.recipient for message in inbox.accepted] == ["bo@example.org"]
    assert standing(database)["ada@example.org"] == "planned"
    assert claims(database) == {"another", None}


async def test_refusals_of_our_content_pause_the_issue(database: Engine) -> None:
    issue = plan(database, *(f"message-554.{number}@example.org" for number in range(40)))
    with pytest.raises(
        IssuePausedError, match=r"5 of the first 5 .*554 5\.6\.0 content.*digest send weekly/1"
    ) as caught:
        await run(database, issue, connections=1)

    assert "@" not in str(caught.value)
    found = list(standing(database).values())
    assert set(found) == {"rejected", "planned"}
    assert 5 <= found.count("rejected") <= 6


async def test_a_slow_domain_keeps_nobody_else_waiting(database: Engine) -> None:
    slow = [f"reader{number}@slow.example" for number in range(4)]
    told = Told(stop_after=62)
    inbox = await run(database, plan(database, *slow, *people(60)), told=told, domains={"Slow.example": 2})

    domains = [message.recipient.rpartition("@")[2] for message in inbox.accepted]
    assert domains.count("example.org") == 60
    assert domains[0] == "slow.example"
    assert domains.count("slow.example") < 4


async def test_a_server_that_dies_over_each_message_is_given_up_soon(database: Engine) -> None:
    issue = plan(database, *(f"message-drop.{number}@example.org" for number in range(60)))
    with pytest.raises(ServerUnavailableError, match="broke off at message"):
        await run(database, issue, connections=1)

    assert list(standing(database).values()).count("unknown") == 6
