"""Who a message is from and for, in the bytes that MAIL and RCPT carry (RFC 5321 §4.1.1, 5890, 6531)."""

import re
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

_ASCII_MAILBOX = re.compile(r"[!-;=?-~]+@[A-Za-z0-9.\-\[\]:]+")  # printable, without < > and spaces


class Path(NamedTuple):
    """An address as it stands between `<` and `>`."""

    address: bytes
    needs_smtputf8: bool  #: its local part is not ASCII


class Mail(NamedTuple):
    """One transaction: the envelope's sender and recipient, and the message."""

    sender: str
    recipient: str
    message: bytes


def path(address: str) -> Path | None:
    """Return an address for the wire, its domain IDNA-encoded where that is enough; None when it is no address."""
    if address.isascii():
        return Path(address.encode(), False) if _ASCII_MAILBOX.fullmatch(address) else None
    try:
        known = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    if known.ascii_email is not None:
        return Path(known.ascii_email.encode(), False)
    return Path(f"{known.local_part}@{known.ascii_domain}".encode(), True)
