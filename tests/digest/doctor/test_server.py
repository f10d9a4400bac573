"""The SMTP server, asked for real: refusals are problems, what it lacks are notes."""

import asyncio
import ssl

import pytest

from digest import config
from digest.config import Smtp
from digest.doctor import server
from digest.doctor.problem import Problem
from digest.smtp.route import Limits, Route
from tests.articles import newsletter
from tests.real_parts import free_port
from tests.smtp_server import Conduct, Inbox, serving


async def asked(settings: config.Settings, conduct: Conduct, **given: object) -> tuple[list[Problem], Inbox]:
    """Return what is said of a server, and what it was asked."""
    async with serving(conduct) as running:
        smtp = Smtp.model_validate({"host": "127.0.0.1", "port": running.port, "tls": "none", **given})
        route = Route(smtp, "client.example", Limits(connect=2, quit=1), ssl.create_default_context())
        return await asyncio.to_thread(server.check, settings, route), running.inbox


async def test_a_server_in_order_has_no_problem_and_gets_no_mail(settings: config.Settings) -> None:
    conduct = Conduct(smtputf8=True, username="ada", password="right")

    found, inbox = await asked(settings, conduct, username="ada", password="right")

    assert found == []
    assert inbox.commands == ["QUIT"]
    assert inbox.log_ins == 1


async def test_a_refused_log_in_is_a_problem_without_the_password(settings: config.Settings) -> None:
    conduct = Conduct(username="ada", password="right")

    [one], inbox = await asked(settings, conduct, username="ada", password="wrong-one")

    assert one.where == "smtp"
    assert "refuses the log-in of “ada”" in one.what
    assert one.fix == "check smtp.username and smtp.password (DIGEST_SMTP__PASSWORD)"
    assert "wrong-one" not in f"{one}"
    assert not one.is_note
    assert inbox.log_ins == 1


async def test_no_starttls_is_a_problem(settings: config.Settings) -> None:
    [one], _ = await asked(settings, Conduct(), tls="starttls")

    assert one.what.endswith("offers no STARTTLS, so nothing was sent to it")
    assert one.fix.startswith("try tls = “implicit”")


async def test_a_server_that_is_not_there_is_a_problem(settings: config.Settings) -> None:
    smtp = Smtp(host="127.0.0.1", port=free_port(), tls="none")
    route = Route(smtp, "client.example", Limits(connect=2), ssl.create_default_context())

    [one] = await asyncio.to_thread(server.check, settings, route)

    assert f"127.0.0.1:{smtp.port} cannot be reached" in one.what
    assert one.fix == "is it running, and are smtp.host and smtp.port right?"


@pytest.mark.parametrize(
    ("conduct", "what"),
    [
        (Conduct(smtputf8=True, pipelining=False), "has no PIPELINING"),
        (Conduct(smtputf8=True, size=499_999), "takes 499,999 bytes at most"),
        (Conduct(), "has no SMTPUTF8"),
    ],
)
async def test_what_a_server_lacks_is_a_note(settings: config.Settings, conduct: Conduct, what: str) -> None:
    [one], _ = await asked(settings, conduct)

    assert what in one.what
    assert one.is_note


async def test_a_sender_that_the_server_cannot_carry_is_a_problem(settings: config.Settings) -> None:
    senders = (newsletter(sender="News <news@bücher.example>"), newsletter(sender="News <nöws@news.example>"))
    theirs = settings.model_copy(update={"newsletters": senders})

    assert [one.where for one in (await asked(theirs, Conduct()))[0] if not one.is_note] == ["newsletters[1].sender"]
    assert (await asked(theirs, Conduct(smtputf8=True)))[0] == []
