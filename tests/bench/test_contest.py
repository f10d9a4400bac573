"""Whoever is measured sends all the messages there are; whoever does not is not measured."""

from collections.abc import Callable, Iterator

import pytest

from bench import clients, contest, planned, sink
from bench.clients import Client
from bench.planned import Planned
from tests import real_parts

READERS = 1500  # fewer would be over before they can be timed


@pytest.fixture(scope="module")
def issue() -> Iterator[Planned]:
    if sink.program("smtp-sink") is None:
        real_parts.missing("smtp-sink", sink.MISSING)
    with planned.planned(stories=2, readers=READERS) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(
    "client",
    [clients.digest, clients.smtp_source, clients.aiosmtplib, clients.smtplib, clients.nodemailer],
    ids=lambda client: str(client.__name__),
)
def test_a_client_sends_every_message(client: Callable[[Planned], Client], issue: Planned) -> None:
    if client is clients.nodemailer and (why := clients.why_no_nodemailer()):
        real_parts.missing("nodemailer", why)
    result = contest.run(client(issue), messages=READERS)
    # The sink notes the last acceptance after saying it, so a client that ends at once may be over a moment before.
    assert result.rate > 0.9 * READERS / result.whole_seconds > 0


@pytest.mark.slow
def test_a_client_that_sends_too_few_is_not_measured(issue: Planned) -> None:
    with pytest.raises(RuntimeError, match="took 1,500 messages, not 1,501"):
        contest.run(clients.smtplib(issue), messages=READERS + 1)


@pytest.mark.slow
def test_a_client_that_fails_is_not_measured(issue: Planned) -> None:
    def command(port: int, folder: object) -> list[str]:
        return ["sh", "-c", f"echo no way to {port} >&2; exit 7"]

    with pytest.raises(RuntimeError, match=r"ended with 7: no way to"):
        contest.run(Client("failing", command), messages=1)
