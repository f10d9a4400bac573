"""`[[dkim]]` as people write it: a key with which mails are signed, and the name under which its public half stands."""

import re
from pathlib import Path

import idna
from pydantic import BaseModel, ConfigDict, field_validator

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # RFC 5321 §4.1.2, and 63 octets at most
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


def ascii_domain(value: str) -> str:
    """Return a domain in lower case and ASCII (RFC 5890). Raises ValueError when it is none, or has one label only."""
    try:
        name = idna.encode(value.strip().rstrip("."), uts46=True).decode("ascii")
    except idna.IDNAError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise ValueError(f"“{value}” is not a domain such as news.example.com")
    return name


def known_selector(value: str) -> str:
    """Return a selector in lower case. Raises ValueError when it is none (RFC 6376 §3.1)."""
    if not _SELECTOR.fullmatch(value):
        raise ValueError(f"“{value}” is not a selector such as d202611: letters, digits and hyphens")
    return value.lower()


class Dkim(BaseModel):
    """`[[dkim]]`: a key that signs the mails of a domain and its subdomains."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: str
    selector: str
    key_file: Path

    @field_validator("domain")
    @classmethod
    def _ascii_domain(cls, value: str) -> str:
        return ascii_domain(value)

    @field_validator("selector")
    @classmethod
    def _known_selector(cls, value: str) -> str:
        return known_selector(value)

    @property
    def record_name(self) -> str:
        """Return the name at which the public key is published, without a full stop at the end."""
        return record_name(self.domain, self.selector)


def record_name(domain: str, selector: str) -> str:
    """Return the name at which a domain publishes a key (RFC 6376 §3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"
