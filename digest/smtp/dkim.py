"""DKIM signatures (RFC 6376, 8301, 8463) for messages of our own, relaxed/simple.

RFC 8058 §4 wants List-Unsubscribe and List-Unsubscribe-Post covered: without that, mail providers show no button.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

# Named once more than it stands there, so that nobody on the way can add another (RFC 6376 §8.15): Content-Type,
# because another boundary would show another mail; Reply-To, though ours have none, because answers would go astray.
OVERSIGNED = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"content-type"),
    *(b"list-unsubscribe", b"list-unsubscribe-post"),
)
# Relays and lists may add another of these in good faith.
SIGNED = (*OVERSIGNED, b"mime-version", b"list-id", b"feedback-id")
_PLACES = {name: place for place, name in enumerate(SIGNED)}
_WHITE_SPACE = re.compile(rb"[\t ]+")
_LINE_LENGTH = 72  # of base64 on a line; a header's lines have 78 characters at most
_PKCS1, _SHA256 = PKCS1v15(), SHA256()


class _Canonical(NamedTuple):
    """A header in the form in which it is signed."""

    names: bytes  #: for h=, folded
    fields: bytes  #: relaxed, in the order of `names`


def body_hash(body: bytes) -> bytes:
    """Return bh=, the base64 of a body's SHA-256; in the simple form, empty lines at the end count for nothing."""
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    digest = hashlib.sha256(memoryview(body)[:end])
    digest.update(b"\r\n")
    return base64.b64encode(digest.digest())


def sign(signers: Sequence["Signer"], header: bytes, body: bytes, *, at: datetime) -> bytes:
    """Return a DKIM-Signature field of each signer, to stand above the header; the body is hashed once.

    `header` holds complete fields, each ending in CRLF, without the empty line; `body` is what comes after that. The
    same message, signers and instant always give the same bytes.
    """
    if not signers:
        return b""
    canonical, hashed = _canonical(header), body_hash(body)
    return b"".join([signer._field(canonical, hashed, at) for signer in signers])


class Signer:
    """Signs with one key, in the name of one domain. Safe to use from several threads; RSA lets go of the GIL."""

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        """Take a domain and a selector in ASCII, under which the public key is published."""
        self.domain, self.selector = domain, selector
        self._key = key
        algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"
        self._tags = f"v=1; a={algorithm}; c=relaxed/simple; d={domain};\r\n s={selector}; t=".encode("ascii")

    def sign(self, header: bytes, body: bytes, *, at: datetime) -> bytes:
        """Return the whole field `DKIM-Signature: …\\r\\n`, as `sign` of this module does for several keys."""
        return sign([self], header, body, at=at)

    def _field(self, header: _Canonical, hashed: bytes, at: datetime) -> bytes:
        value = b"%b%d;\r\n h=%b;\r\n bh=%b;\r\n b=" % (self._tags, int(at.timestamp()), header.names, hashed)
        relaxed = value.replace(b"\r\n ", b" ")  # we write no other white space than this and single spaces
        signature = base64.b64encode(self._signature(b"%bdkim-signature:%b" % (header.fields, relaxed)))
        lines = [signature[start : start + _LINE_LENGTH] for start in range(0, len(signature), _LINE_LENGTH)]
        return b"DKIM-Signature: %b%b\r\n" % (value, b"\r\n ".join(lines))

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(data, _PKCS1, _SHA256)
        return self._key.sign(hashlib.sha256(data).digest())  # RFC 8463 §3: of the hash, not of the data


def _canonical(header: bytes) -> _Canonical:
    """Bring the fields that are signed into relaxed form (RFC 6376 §3.4.2) and into the order of `SIGNED`.

    Of several fields of one name, the last comes first (§5.4.2).
    """
    if b"\r\n " in header or b"\r\n\t" in header:
        header = header.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    if b"  " in header or b"\t" in header:
        header = _WHITE_SPACE.sub(b" ", header)
    found: list[tuple[int, bytes]] = []
    for line in reversed(header.split(b"\r\n")):
        name, _, value = line.partition(b":")
        name = name.rstrip(b" ").lower()
        if name in _PLACES:
            found.append((_PLACES[name], b"%b:%b\r\n" % (name, value.strip(b" "))))
    found.sort(key=lambda field: field[0])
    return _Canonical(_names(tuple(place for place, _ in found)), b"".join([field for _, field in found]))


@lru_cache  # nearly all messages have the same fields
def _names(places: tuple[int, ...]) -> bytes:
    """Return the names for h=, folded: those that are there, and each of `OVERSIGNED` once more."""
    counts = Counter(places)
    counts.update(range(len(OVERSIGNED)))
    lines = [b""]
    for place, name in enumerate(SIGNED):
        for _ in range(counts[place]):
            if len(lines[-1]) + len(name) >= _LINE_LENGTH:
                lines.append(b"")
            lines[-1] += name + b":"
    return b"\r\n ".join(lines).removesuffix(b":")
