"""What Postfix and Exim really say when they refuse, and the verdict on it."""

import asyncio
from collections.abc import Iterator

import pytest

from digest.errors import ServerUnavailableError
from digest.model import DeliveryStatus
from digest.smtp.verdict import Stage
from tests import exim, postfix
from tests.smtp_server import running
from tests.verdicts import MESSAGE, SENDER, connect, deliver, told_at_mail

pytestmark = pytest.mark.slow

POSTFIX = """
mynetworks =
relay_domains = example.org
relay_recipient_maps = inline:{
    {ada@example.org = x}, {full@example.org = x}, {over@example.org = x}, {grey@example.org = x},
    {login@example.org = x} }
smtpd_relay_restrictions = reject_unauth_destination
smtpd_sender_restrictions = check_sender_access inline:{ {refused@news.example.com = REJECT} }
smtpd_recipient_restrictions = check_recipient_access inline:{
    {grey@example.org = 450 4.2.0 Greylisted, please try again}, {full@example.org = 452 4.2.2 Mailbox full},
    {over@example.org = 552 5.2.2 Mailbox full}, {login@example.org = 530 5.7.0 Authentication required} }, permit
header_checks = regexp:{ { /^Subject:.*refused/ REJECT } }
smtpd_discard_ehlo_keywords = size
"""
BIG = MESSAGE + (b"x" * 70 + b"\r\n") * 20_000
SPAM = MESSAGE.replace(b"Subject: a", b"Subject: refused")
REFUSED = "refused@news.example.com"


@pytest.fixture(scope="module")
def beyond(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that takes everything which a relay passes on."""
    with running(tmp_path_factory.mktemp("beyond")) as server:
        yield server.port


@pytest.fixture(scope="module")
def postfix_port(beyond: int) -> Iterator[int]:
    """A Postfix that refuses, and does not tell how much it takes."""
    with postfix.relay(beyond, POSTFIX) as relay:
        yield relay.port


@pytest.fixture(scope="module")
def exim_port(beyond: int) -> Iterator[int]:
    """An Exim that refuses."""
    with exim.relay(beyond) as relay:
        yield relay.port


async def said(port: int, recipient: str, message: bytes = MESSAGE, sender: str = SENDER) -> str:
    """Return in one line how a delivery ended, and which rule said so."""
    session = await connect(port)
    verdict = await deliver(session, recipient, sender=sender, message=message)
    await session.quit()
    return f"{verdict.status} {verdict.stage} {verdict.code}: {verdict.rule}"


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("ada@example.org", "accepted message 250: accepted"),
        ("gone@example.org", "rejected RCPT 550: no such mailbox"),
        ("ada@other.example", "rejected RCPT 554: relaying denied"),
        ("grey@example.org", "deferred RCPT 450: greylisted"),
        ("full@example.org", "deferred RCPT 452: mailbox full"),
        ("over@example.org", "rejected RCPT 552: mailbox full"),
        ("login@example.org", "planned RCPT 530: log-in needed"),
    ],
)
async def test_postfix_on_recipients(postfix_port: int, recipient: str, expected: str) -> None:
    assert await said(postfix_port, recipient) == expected


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("ada@example.org", "accepted message 250: accepted"),
        ("gone@example.org", "rejected RCPT 550: no such mailbox"),
        ("ada@nowhere.example", "rejected RCPT 550: no such mailbox"),
        ("ada@other.example", "rejected RCPT 550: relaying denied"),
        ("grey@example.org", "deferred RCPT 451: greylisted"),
        ("fast@example.org", "deferred RCPT 451: throttled"),
        ("full@example.org", "rejected RCPT 552: mailbox full"),
        ("login@example.org", "planned RCPT 550: log-in needed"),
    ],
)
async def test_exim_on_recipients(exim_port: int, recipient: str, expected: str) -> None:
    assert await said(exim_port, recipient) == expected


async def test_refused_content_and_size(postfix_port: int, exim_port: int) -> None:
    assert await said(postfix_port, "ada@example.org", SPAM) == "rejected message 550: policy"
    assert await said(exim_port, "ada@example.org", SPAM) == "rejected message 550: policy"
    assert await said(postfix_port, "ada@example.org", BIG) == "rejected message 552: message too large"


@pytest.mark.parametrize("which", ["postfix_port", "exim_port"])
async def test_a_size_that_is_told_beforehand(request: pytest.FixtureRequest, which: str) -> None:
    port = request.getfixturevalue(which)
    verdict = await asyncio.to_thread(told_at_mail, port, f"MAIL FROM:<{SENDER}> SIZE=99999999")

    assert (verdict.status, verdict.code) == (DeliveryStatus.REJECTED, 552)
    assert verdict.rule == "message too large, said at once"


async def test_a_sender_refused_with_the_recipient_and_at_once(beyond: int, postfix_port: int, exim_port: int) -> None:
    with_recipient = await said(postfix_port, "ada@example.org", sender=REFUSED)
    by_exim = await said(exim_port, "ada@example.org", sender=REFUSED)
    with postfix.relay(beyond, POSTFIX + "smtpd_delay_reject = no") as relay:
        at_once = await said(relay.port, "ada@example.org", sender=REFUSED)

    assert with_recipient == "rejected RCPT 554: sender refused at the recipient"
    assert by_exim == "planned MAIL 550: sender refused"
    assert at_once == "planned MAIL 554: sender refused"


async def test_encryption_that_is_needed_first(beyond: int) -> None:
    with postfix.relay(beyond, "smtpd_tls_security_level = encrypt") as relay:
        verdict = await asyncio.to_thread(told_at_mail, relay.port, f"MAIL FROM:<{SENDER}>")

    assert (verdict.code, verdict.rule, verdict.stage) == (530, "log-in needed", Stage.MAIL)


async def test_a_limit_of_messages(beyond: int) -> None:
    limit = "smtpd_client_event_limit_exceptions =\nsmtpd_client_message_rate_limit = 1"
    with postfix.relay(beyond, limit) as relay:
        first, second = await said(relay.port, "ada@example.org"), await said(relay.port, "bo@example.org")

    assert (first, second) == ("accepted message 250: accepted", "planned MAIL 450: throttled")


async def test_a_connection_that_has_served_enough(beyond: int) -> None:
    with exim.relay(beyond, "smtp_accept_max_per_connection = 2") as relay:
        session = await connect(relay.port)
        verdicts = [await deliver(session, "ada@example.org") for _ in range(3)]
        await session.quit()

    assert [verdict.rule for verdict in verdicts] == ["accepted", "accepted", "connection has served enough"]
    assert verdicts[-1].status is DeliveryStatus.PLANNED


@pytest.mark.parametrize("which", [postfix, exim], ids=lambda module: module.__name__)
async def test_too_many_connections(beyond: int, which: object) -> None:
    if which is postfix:
        limit = "smtpd_client_event_limit_exceptions =\nsmtpd_client_connection_count_limit = 1"
        relay = postfix.relay(beyond, limit)
    else:
        relay = exim.relay(beyond, "smtp_accept_max = 20\nsmtp_accept_max_per_host = 1")
    with relay as server:
        first = await connect(server.port)
        with pytest.raises(ServerUnavailableError, match=r"421.*[Tt]oo many"):
            await connect(server.port)
        await first.quit()
