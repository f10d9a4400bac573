"""Every failure has its culprit, and never the next recipient."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from digest.config import Smtp
from digest.errors import ServerRefusedError, ServerUnavailableError
from digest.model import Culprit, DeliveryStatus
from digest.smtp.envelope import Mail
from digest.smtp.login import open_session
from digest.smtp.route import Limits, Route
from digest.smtp.session import Session
from digest.smtp.verdict import Reaction, Stage, Verdict
from tests.smtp_server import Conduct, Running, serving

SENDER = "weekly@news.example.com"
MESSAGE = b"Subject: a\r\n\r\nbody\r\n"
QUICK = Limits(connect=2, envelope=0.3, data=0.3, message=0.3, quit=0.3)


def route(port: int, *, limits: Limits = QUICK, tls: ssl.SSLContext | None = None, **server: object) -> Route:
    values = {"host": "127.0.0.1", "port": port, "tls": "none", **server}
    return Route(Smtp.model_validate(values), "client.example", limits, tls or ssl.create_default_context())


@asynccontextmanager
async def connected(conduct: Conduct | None = None, limits: Limits = QUICK) -> AsyncIterator[tuple[Session, Running]]:
    async with serving(conduct or Conduct()) as server:
        session = await open_session(route(server.port, limits=limits))
        yield session, server
        await session.quit()


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def deliver(session: Session, recipient: str, message: bytes = MESSAGE) -> Verdict:
    return await session.deliver(Mail(SENDER, recipient, message), yes)


async def deliver_all(session: Session, *recipients: str) -> list[Verdict]:
    """Deliver to each, the next one's envelope travelling with this one's message where the server can."""
    mails = [Mail(SENDER, recipient, MESSAGE) for recipient in recipients]
    verdicts = []
    for number, mail in enumerate(mails):
        verdicts.append(await session.deliver(mail, yes, lambda n=number + 1: mails[n] if n < len(mails) else None))
        if not session.is_usable:
            break
    return verdicts


@pytest.mark.parametrize(
    ("recipient", "status", "code", "stage"),
    [
        ("rcpt-550.a@example.org", DeliveryStatus.REJECTED, 550, Stage.RCPT),
        ("rcpt-553.a@example.org", DeliveryStatus.REJECTED, 553, Stage.RCPT),
        ("rcpt-450.a@example.org", DeliveryStatus.DEFERRED, 450, Stage.RCPT),
        ("data-451.a@example.org", DeliveryStatus.DEFERRED, 451, Stage.DATA),
        ("data-554.a@example.org", DeliveryStatus.REJECTED, 554, Stage.DATA),
        ("message-554.a@example.org", DeliveryStatus.REJECTED, 554, Stage.MESSAGE),
        ("message-552.a@example.org", DeliveryStatus.REJECTED, 552, Stage.MESSAGE),
        ("message-451.a@example.org", DeliveryStatus.DEFERRED, 451, Stage.MESSAGE),
        ("message-251.a@example.org", DeliveryStatus.ACCEPTED, 251, Stage.MESSAGE),
        ("ada@example.org", DeliveryStatus.ACCEPTED, 250, Stage.MESSAGE),
    ],
)
async def test_each_reply_blames_its_recipient_and_not_the_next(
    recipient: str, status: DeliveryStatus, code: int, stage: Stage
) -> None:
    async with connected() as (session, server):
        verdict = await deliver(session, recipient)
        following = await deliver(session, "next@example.org")

    assert (verdict.status, verdict.code, verdict.stage) == (status, code, stage)
    assert following.status is DeliveryStatus.ACCEPTED
    assert server.inbox.connections == 1
    assert server.inbox.accepted[-1].recipient == "next@example.org"


@pytest.mark.parametrize(
    ("recipient", "status", "stage", "stored"),
    [
        ("rcpt-drop.a@example.org", DeliveryStatus.PLANNED, Stage.RCPT, 0),
        ("rcpt-silent.a@example.org", DeliveryStatus.PLANNED, Stage.RCPT, 0),
        ("rcpt-421.a@example.org", DeliveryStatus.PLANNED, Stage.RCPT, 0),
        ("data-drop.a@example.org", DeliveryStatus.PLANNED, Stage.DATA, 0),
        ("data-silent.a@example.org", DeliveryStatus.PLANNED, Stage.DATA, 0),
        ("data-421.a@example.org", DeliveryStatus.PLANNED, Stage.DATA, 0),
        ("message-drop.a@example.org", DeliveryStatus.UNKNOWN, Stage.MESSAGE, 0),
        ("message-silent.a@example.org", DeliveryStatus.UNKNOWN, Stage.MESSAGE, 0),
        ("message-lost.a@example.org", DeliveryStatus.UNKNOWN, Stage.MESSAGE, 1),
        ("message-421.a@example.org", DeliveryStatus.DEFERRED, Stage.MESSAGE, 0),
    ],
)
async def test_a_lost_connection_blames_nobody_and_is_not_used_again(
    recipient: str, status: DeliveryStatus, stage: Stage, stored: int
) -> None:
    async with connected() as (session, server):
        verdict = await deliver(session, recipient)

        assert (verdict.status, verdict.stage) == (status, stage)
        assert not session.is_usable
        assert len(server.inbox.accepted) == stored


@pytest.mark.parametrize("mail", ["drop", "silent", "421 4.3.2 closing", "451 4.3.0 try later"])
async def test_trouble_at_mail_hands_nothing_over(mail: str) -> None:
    async with connected(Conduct(mail=mail)) as (session, server):
        verdict = await deliver(session, "ada@example.org")

    assert (verdict.status, verdict.stage) == (DeliveryStatus.PLANNED, Stage.MAIL)
    assert not server.inbox.accepted


async def test_a_refused_sender_is_our_fault_and_ends_everything() -> None:
    async with connected(Conduct(mail="550 5.7.1 not your address")) as (session, _):
        verdict = await deliver(session, "ada@example.org")

    assert (verdict.status, verdict.code) == (DeliveryStatus.PLANNED, 550)
    assert (verdict.culprit, verdict.reaction) == (Culprit.OURS, Reaction.STOP)


async def test_a_failed_envelope_is_reset_before_the_next() -> None:
    async with connected() as (session, server):
        await deliver(session, "rcpt-550.a@example.org")
        await deliver(session, "ada@example.org")

    assert [command.split()[0] for command in server.inbox.commands] == ["MAIL", "RCPT", "RSET", "MAIL", "RCPT", "QUIT"]


async def test_without_the_ledgers_leave_nothing_is_handed_over() -> None:
    async with connected() as (session, server):
        verdict = await session.deliver(Mail(SENDER, "ada@example.org", MESSAGE), no)

        assert (verdict.status, verdict.stage) == (DeliveryStatus.PLANNED, Stage.DATA)
        assert not session.is_usable
    assert not server.inbox.accepted


async def test_a_connection_lost_while_the_ledger_commits_hands_nothing_over() -> None:
    async with connected() as (session, server):

        async def slow() -> bool:
            server.hang_up()
            await asyncio.sleep(0.05)
            return True

        verdict = await session.deliver(Mail(SENDER, "ada@example.org", MESSAGE), slow)

    assert verdict.status is DeliveryStatus.PLANNED
    assert not server.inbox.accepted


async def test_a_failing_ledger_comes_through_and_hands_nothing_over() -> None:
    async def broken() -> bool:
        raise ZeroDivisionError

    async with connected() as (session, server):
        with pytest.raises(ZeroDivisionError):
            await session.deliver(Mail(SENDER, "ada@example.org", MESSAGE), broken)
        assert not session.is_usable
    assert not server.inbox.accepted


async def test_a_reply_is_stored_as_one_clean_line() -> None:
    async with connected(Conduct(accepted="250-2.0.0 Ok\r\n250 queued as \x1b[1mX" + "y" * 600)) as (session, _):
        verdict = await deliver(session, "ada@example.org")

    assert verdict.text.startswith("2.0.0 Ok queued as [1mXyyy")
    assert len(verdict.text) == 500


async def test_a_message_over_the_announced_size_is_rejected_unsent() -> None:
    async with connected(Conduct(size=1000)) as (session, server):
        verdict = await deliver(session, "ada@example.org", MESSAGE + b"x" * 1000)
        following = await deliver(session, "next@example.org")

    assert (verdict.status, verdict.code) == (DeliveryStatus.REJECTED, 0)
    assert "too large" in verdict.text
    assert following.status is DeliveryStatus.ACCEPTED
    assert server.inbox.commands[0] == "MAIL weekly@news.example.com SIZE=20"


async def test_an_international_domain_is_encoded() -> None:
    async with connected() as (session, server):
        verdict = await deliver(session, "ada@bücher.example")

    assert verdict.status is DeliveryStatus.ACCEPTED
    assert server.inbox.accepted[0].recipient == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize(("offered", "status"), [(True, DeliveryStatus.ACCEPTED), (False, DeliveryStatus.SKIPPED)])
async def test_a_local_part_that_is_not_ascii_needs_smtputf8(offered: bool, status: DeliveryStatus) -> None:
    async with connected(Conduct(smtputf8=offered)) as (session, server):
        verdict = await deliver(session, "jürgen@bücher.example")
        following = await deliver(session, "next@example.org")

    assert verdict.status is status
    assert following.status is DeliveryStatus.ACCEPTED
    if offered:
        assert server.inbox.commands[0].endswith("SMTPUTF8")
        assert server.inbox.accepted[0].recipient == "jürgen@xn--bcher-kva.example"
    else:
        assert "SMTPUTF8" in verdict.text


@pytest.mark.parametrize("recipient", ["nobody", "a b@example.org", "a@example.org>\r\nRCPT TO:<b@example.org", "ü@"])
async def test_what_is_no_address_is_rejected_and_never_reaches_the_wire(recipient: str) -> None:
    async with connected() as (session, server):
        verdict = await deliver(session, recipient)

    assert (verdict.status, verdict.code) == (DeliveryStatus.REJECTED, 0)
    assert server.inbox.commands == ["QUIT"]


async def test_a_connection_that_has_served_enough_wants_to_be_replaced() -> None:
    async with connected(limits=replace(QUICK, messages=2)) as (session, _):
        await deliver(session, "a@example.org")
        assert session.is_usable
        await deliver(session, "b@example.org")
        assert not session.is_usable


@pytest.mark.parametrize(("message", "sent"), [(b"a\r\n", b"a\r\n"), (b"a", b"a\r\n")])
async def test_a_message_ends_where_it_ends(message: bytes, sent: bytes) -> None:
    async with connected() as (session, server):
        await deliver(session, "ada@example.org", message)
        await deliver(session, "bo@example.org", MESSAGE)

    assert [accepted.message for accepted in server.inbox.accepted] == [sent, MESSAGE]


MIXED = (
    "ada",
    "rcpt-550.a",
    "bo",
    "message-554.a",
    "rcpt-450.a",
    "message-451.a",
    "data-451.a",
    "cy",
    "message-251.a",
    "di",
)


@pytest.mark.parametrize("pipelining", [True, False])
async def test_good_and_bad_in_one_stream_are_each_judged_alone(pipelining: bool) -> None:
    async with connected(Conduct(pipelining=pipelining)) as (session, server):
        verdicts = await deliver_all(session, *(f"{name}@example.org" for name in MIXED))

    assert [verdict.code for verdict in verdicts] == [250, 550, 250, 554, 450, 451, 451, 250, 251, 250]
    stored = ["ada", "bo", "cy", "message-251.a", "di"]
    assert [message.recipient for message in server.inbox.accepted] == [f"{name}@example.org" for name in stored]
    assert server.inbox.connections == 1
    assert server.inbox.commands[-1] == "QUIT"


async def test_a_message_travels_with_the_next_ones_envelope() -> None:
    async with connected() as (session, server):
        heard: list[int] = []

        async def look() -> bool:
            heard.append(len(server.inbox.commands))
            return True

        mails = [Mail(SENDER, f"{name}@example.org", MESSAGE) for name in ("ada", "bo")]
        await session.deliver(mails[0], yes, lambda: mails[1])
        assert session.is_usable
        await asyncio.sleep(0.05)
        assert server.inbox.commands[-1] == "RCPT bo@example.org"  # before anybody asked for it to be delivered
        await session.deliver(mails[1], look)

    assert heard == [4]
    assert [message.recipient for message in server.inbox.accepted] == ["ada@example.org", "bo@example.org"]


@pytest.mark.parametrize("stage", ["rcpt-drop", "data-drop", "message-drop", "message-lost", "rcpt-421", "message-421"])
async def test_a_connection_lost_over_one_leaves_the_announced_one_unharmed(stage: str) -> None:
    async with connected() as (session, server):
        verdicts = await deliver_all(session, "ada@example.org", f"{stage}.a@example.org", "bo@example.org")
        assert len(verdicts) == 2
        assert not session.is_usable

    assert {message.recipient for message in server.inbox.accepted} <= {"ada@example.org", f"{stage}.a@example.org"}


async def test_leave_is_not_taken_while_the_server_waits_for_a_message() -> None:
    async with connected() as (session, server):
        mails = [Mail(SENDER, f"{name}@example.org", MESSAGE) for name in ("ada", "bo")]
        await session.deliver(mails[0], yes, lambda: mails[1])
    await asyncio.sleep(0.05)

    assert "QUIT" not in server.inbox.commands
    assert [message.recipient for message in server.inbox.accepted] == ["ada@example.org"]


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with serving(Conduct()) as server:
        port = server.port
    with pytest.raises(ServerUnavailableError, match=r"127.0.0.1:\d+ cannot be reached"):
        await open_session(route(port))


async def test_a_busy_greeting_is_unavailable_and_a_refusing_one_is_refused() -> None:
    async with serving(Conduct(greeting="421 4.3.2 busy")) as server:
        with pytest.raises(ServerUnavailableError, match=r"421 4.3.2 busy"):
            await open_session(route(server.port))
    async with serving(Conduct(greeting="554 5.7.0 too many connections, come back later")) as server:
        with pytest.raises(ServerUnavailableError, match=r"554 5.7.0 too many"):
            await open_session(route(server.port))
    async with serving(Conduct(greeting="554 5.7.1 go away")) as server:
        with pytest.raises(ServerRefusedError, match=r"554 5.7.1 go away"):
            await open_session(route(server.port))


async def test_a_wrong_password_is_tried_once_and_named() -> None:
    async with serving(Conduct(username="ada", password="right")) as server:
        with pytest.raises(ServerRefusedError, match=r"refuses the log-in of “ada”: 535.*smtp.password"):
            await open_session(route(server.port, username="ada", password="wrong"))

    assert server.inbox.log_ins == 1


async def test_the_right_password_opens_the_session() -> None:
    async with serving(Conduct(username="ada", password="right ü")) as server:
        session = await open_session(route(server.port, username="ada", password="right ü"))
        verdict = await deliver(session, "bo@example.org")
        await session.quit()

    assert verdict.status is DeliveryStatus.ACCEPTED


async def test_a_server_without_log_in_is_named() -> None:
    async with serving(Conduct()) as server:
        with pytest.raises(ServerRefusedError, match="offers no log-in"):
            await open_session(route(server.port, username="ada", password="secret"))


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def certificate(authority: trustme.CA, name: str, folder: Path) -> str:
    path = folder / "server.pem"
    authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(path)
    return str(path)


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_starttls_carries_log_in_and_mail(authority: trustme.CA, tmp_path: Path) -> None:
    conduct = Conduct(
        certificate=certificate(authority, "127.0.0.1", tmp_path),
        username="ada",
        password="right",
        log_in_only_after_tls=True,
    )
    async with serving(conduct) as server:
        here = route(server.port, tls=trusting(authority))
        secure = here.server.model_copy(update={"tls": "starttls", "username": "ada"})
        session = await open_session(
            replace(here, server=Smtp.model_validate(secure.model_dump() | {"password": "right"}))
        )
        verdict = await deliver(session, "bo@example.org")
        await session.quit()

    assert verdict.status is DeliveryStatus.ACCEPTED


async def test_implicit_tls_carries_mail(authority: trustme.CA, tmp_path: Path) -> None:
    conduct = Conduct(certificate=certificate(authority, "127.0.0.1", tmp_path), implicit_tls=True)
    async with serving(conduct) as server:
        session = await open_session(_with_tls(route(server.port, tls=trusting(authority)), "implicit"))
        verdict = await deliver(session, "bo@example.org")
        await session.quit()

    assert verdict.status is DeliveryStatus.ACCEPTED


def _with_tls(where: Route, tls: str) -> Route:
    return replace(where, server=where.server.model_copy(update={"tls": tls}))


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_of_another_name_is_refused(authority: trustme.CA, tmp_path: Path, tls: str) -> None:
    conduct = Conduct(certificate=certificate(authority, "other.example", tmp_path), implicit_tls=tls == "implicit")
    async with serving(conduct) as server:
        with pytest.raises(ServerRefusedError, match=r"certificate of 127.0.0.1:\d+ cannot be trusted"):
            await open_session(_with_tls(route(server.port, tls=trusting(authority)), tls))

    assert not server.inbox.commands


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_an_unknown_authority_is_refused(authority: trustme.CA, tmp_path: Path, tls: str) -> None:
    conduct = Conduct(certificate=certificate(authority, "127.0.0.1", tmp_path), implicit_tls=tls == "implicit")
    async with serving(conduct) as server:
        with pytest.raises(ServerRefusedError, match="cannot be trusted"):
            await open_session(_with_tls(route(server.port), tls))


async def test_a_server_without_starttls_gets_nothing() -> None:
    async with serving(Conduct(username="ada", password="right")) as server:
        where = route(server.port, username="ada", password="right")
        with pytest.raises(ServerRefusedError, match="offers no STARTTLS"):
            await open_session(_with_tls(where, "starttls"))

    assert server.inbox.log_ins == 0


async def test_tls_to_a_plain_port_says_so() -> None:
    async with serving(Conduct()) as server:
        with pytest.raises(ServerRefusedError, match=r"no encrypted connection.*smtp.tls"):
            await open_session(_with_tls(route(server.port), "implicit"))
