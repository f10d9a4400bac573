"""Envelope senders that name the delivery (VERP): so a bounce needs no guessing, whatever its report looks like.

`weekly+1c.4j9.k3f…@news.example.com`: issue and subscriber in base 36, and a MAC of 60 bits, in lower case, since mail
systems fold case. The mailbox must take mail for `name+anything` (RFC 5233).
"""

import hmac
import string
from typing import NamedTuple

LONGEST_LOCAL_PART = 64  # octets (RFC 5321 §4.5.3.1.1)
LONGEST_TAG = 28  # “+”, two ids below 36^6 (two thousand million), two dots and the MAC
_DIGITS = string.digits + string.ascii_lowercase
_MAC_BITS = 60
_MAC_DIGITS = 12  # 36^12 is more than 2^60


class ReturnPath(NamedTuple):
    """What an envelope sender names."""

    issue_id: int
    subscriber_id: int


class Verp:
    """Makes and reads the envelope senders of one bounce address."""

    def __init__(self, bounce_address: str, secret: bytes) -> None:
        """Take an address in ASCII, whose local part leaves room for LONGEST_TAG."""
        local, _, domain = bounce_address.rpartition("@")
        self._before, self._after = f"{local}+", f"@{domain}"
        self._key = hmac.digest(secret, b"digest return path", "sha256")

    def write(self, issue_id: int, subscriber_id: int) -> str:
        """Return the envelope sender of one delivery, always the same."""
        ids = f"{_in_base_36(issue_id)}.{_in_base_36(subscriber_id)}"
        return f"{self._before}{ids}.{self._mac(ids)}{self._after}"

    def read(self, address: str) -> ReturnPath | None:
        """Return what an address names, or None when it was not made here with that secret. Case does not matter."""
        before, after = self._before.casefold(), self._after.casefold()
        address = address.casefold()
        if not (address.isascii() and address.startswith(before) and address.endswith(after)):
            return None
        ids, _, mac = address[len(before) : len(address) - len(after)].rpartition(".")
        issue, _, subscriber = ids.partition(".")
        if not hmac.compare_digest(self._mac(ids), mac):
            return None
        return ReturnPath(int(issue, 36), int(subscriber, 36))

    def _mac(self, ids: str) -> str:
        digest = hmac.digest(self._key, ids.encode("ascii"), "sha256")
        return _in_base_36(int.from_bytes(digest[:8], "big") >> (64 - _MAC_BITS)).rjust(_MAC_DIGITS, "0")


def _in_base_36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
