"""DKIM keys for tests, and dkimpy as the judge of signatures."""

from functools import cache
from typing import NamedTuple

import dkim as dkimpy
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from digest.smtp import dkim_keys
from digest.smtp.dkim import Signer

DOMAIN = "news.example.com"


class Published(NamedTuple):
    """A signer, and the record that publishes its key."""

    signer: Signer
    key: dkim_keys.Key
    record: str


@cache  # an RSA key takes a tenth of a second
def published(kind: str) -> Published:
    """Return the signer with a key of that kind, `rsa` or `ed25519`, the same for the whole run."""
    key: dkim_keys.Key = dkim_keys.new_rsa_key() if kind == "rsa" else Ed25519PrivateKey.generate()
    return Published(Signer(DOMAIN, kind, key), key, dkim_keys.record(key))


def verified(message: bytes, *, index: int = 0) -> bool:
    """Tell whether a message's signature of that number, counted from the top, is right."""

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        selector, _, rest = name.decode().partition(".")
        assert rest == f"_domainkey.{DOMAIN}."
        return published(selector).record.encode()

    try:
        return bool(dkimpy.DKIM(message).verify(index, dnsfunc=lookup))
    except dkimpy.DKIMException:
        return False
