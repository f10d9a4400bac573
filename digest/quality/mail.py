"""A finished mail, taken apart for the gates: exactly what a client would get."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: its bytes, and its two parts as a client decodes them (line breaks as \\n; empty where missing)."""

    name: str  #: which edition or reader it is for, as reports name it
    raw: bytes
    message: EmailMessage
    html: str
    text: str

    @property
    def subject(self) -> str:
        """The subject as an inbox shows it; empty where there is none."""
        return str(self.message["Subject"] or "")


def read(name: str, raw: bytes) -> Mail:
    """Take a message apart."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what the default policy makes
    return Mail(name, raw, message, _part(message, "html"), _part(message, "plain"))


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n") if isinstance(body, EmailMessage) else ""
