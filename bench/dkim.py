"""Signing: microseconds a message of 60 KB, against dkimpy with the same key and fields, and what is left of it
beside the key's and the hash's own work.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.pop(0)  # this folder, whose `dkim` is this file
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import dkim as dkimpy
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench import rows, sample
from digest.compose import headers
from digest.model import Issue
from digest.smtp import dkim, dkim_keys

BODY_BYTES, ROUNDS = 60_000, 5
SIGNATURES = {"ours": 500, "dkimpy": 20}  # a round
DOMAIN, SELECTOR = "news.example.com", "bench"


def message() -> tuple[bytes, bytes]:
    """Return the header of a mail of ours, and a body of as many quoted-printable lines as fit."""
    newsletter = sample.settings(Path()).newsletters[0]
    since, until = sample.NOW, sample.NOW
    issue = Issue(
        id=1,
        newsletter=newsletter,
        number=12,
        base_url="https://news.example.com",
        nonce="abc",
        since=since,
        until=until,
    )
    identity = headers.message_id(issue, 1, b"a secret for benchmarks")
    header = (
        headers.recipient_fields("Ada Lovelace", "ada@inbox.example", identity)
        + headers.subject_field("Harbour council votes on the winter budget, and more")
        + headers.unsubscribe_field(issue, f"https://news.example.com/unsubscribe/{'t' * 60}", "t" * 60)
        + headers.common_fields(issue)
    )
    source = random.Random(1)
    lines = [
        "".join(source.choices("abcdefghijklmnopqrstuvwxyz <>/=", k=75)) + "=\r\n" for _ in range(BODY_BYTES // 78)
    ]
    return header, "".join(lines).encode()


def microseconds(work: Callable[[], object], times: int) -> float:
    """Return the processor time of a call, the median of several rounds."""
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(times):
            work()
        took.append((time.process_time() - start) / times * 1_000_000)
    return statistics.median(took)


def dkimpy_key(key: dkim_keys.Key) -> bytes:
    """Return a key in the form that dkimpy reads."""
    if isinstance(key, Ed25519PrivateKey):
        import base64

        return base64.b64encode(key.private_bytes_raw())
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def compare(name: str, key: dkim_keys.Key, algorithm: bytes, *, limit: float) -> None:
    """Print both rates with one key, after checking that dkimpy accepts ours."""
    header, body = message()
    signer = dkim.Signer(DOMAIN, SELECTOR, key)
    field, whole = signer.sign(header, body, at=sample.NOW), header + b"\r\n" + body
    assert dkimpy.verify(field + whole, dnsfunc=lambda _, timeout=5: dkim_keys.record(key).encode())
    private = dkimpy_key(key)

    def theirs() -> object:
        return dkimpy.sign(
            whole,
            SELECTOR.encode(),
            DOMAIN.encode(),
            private,
            canonicalize=(b"relaxed", b"simple"),
            signature_algorithm=algorithm,
            include_headers=list(dkim.SIGNED),
        )

    ours = microseconds(lambda: signer.sign(header, body, at=sample.NOW), SIGNATURES["ours"])
    pure = microseconds(lambda: (signer._signature(header), dkim.body_hash(body)), SIGNATURES["ours"])
    other = microseconds(theirs, SIGNATURES["dkimpy"])
    print(f"  {name:<9} {ours:>5.0f} µs a message, {ours - pure:>3.0f} of them beside key and hash    (goal: 20)")
    print(f"  {'':<9} {1_000_000 / ours:>9,.0f} messages/s; dkimpy {1_000_000 / other:,.0f}")
    rows.report(f"signing with {name} against dkimpy", other / ours, limit, True, "times")


if __name__ == "__main__":
    print(f"signing messages of {BODY_BYTES // 1000} KB, relaxed/simple, medians of {ROUNDS}")
    compare("RSA-2048", dkim_keys.new_rsa_key(), b"rsa-sha256", limit=20)
    compare("Ed25519", Ed25519PrivateKey.generate(), b"ed25519-sha256", limit=5)
