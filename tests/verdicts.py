"""One message over a session, and its verdict: the one place where tests of verdicts know how a session is asked."""

import smtplib

from digest.config import Smtp
from digest.smtp.envelope import Mail
from digest.smtp.login import open_session
from digest.smtp.route import Limits, Route
from digest.smtp.session import Session
from digest.smtp.verdict import Stage, Verdict, judge

SENDER = "weekly@news.example.com"
MESSAGE = b"Message-ID: <weekly-1.1@news.example.com>\r\nSubject: a\r\n\r\nbody\r\n"


async def connect(port: int) -> Session:
    """Open a session with a server on this machine that wants neither TLS nor log-in."""
    server = Smtp.model_validate({"host": "127.0.0.1", "port": port, "tls": "none"})
    limits = Limits(connect=10, envelope=20, data=20, message=20, quit=1)
    return await open_session(Route(server, "client.example", limits))


async def deliver(session: Session, recipient: str, *, sender: str = SENDER, message: bytes = MESSAGE) -> Verdict:
    """Send one message."""

    async def yes() -> bool:
        return True

    return await session.deliver(Mail(sender, recipient, message), yes)


def told_at_mail(port: int, command: str) -> Verdict:
    """Return the verdict on what a server answers to a MAIL command."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as connection:
        connection.ehlo("client.example")
        code, words = connection.docmd(command)
    return judge(Stage.MAIL, code, words.decode())
