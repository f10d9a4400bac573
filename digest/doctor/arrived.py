"""A mail of ours as it arrived through the relay: whether its signature covers what a button needs (RFC 8058)."""

import re
from collections.abc import Collection
from email.utils import getaddresses

from digest.doctor import tag_list
from digest.doctor.problem import Problem
from digest.quality.headers import raw_fields
from digest.signing import is_within

WHERE = "the mail that arrived"
COVERED = ("From", "List-Unsubscribe", "List-Unsubscribe-Post")
AT_THE_RELAY = (
    "at the relay. OpenDKIM: `SignHeaders *,+List-Unsubscribe-Post,+List-Unsubscribe,+Feedback-ID`; "
    "rspamd: take `sign_headers` out, or add `list-unsubscribe:list-unsubscribe-post` to it; "
    "Exim: `dkim_sign_headers = _DKIM_SIGN_HEADERS:+List-Unsubscribe-Post`. Or sign here: `digest dkim new`"
)
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")


def check(raw: bytes, senders: Collection[str]) -> list[Problem]:
    """Judge a mail by its header; whether its signatures are right is not computed.

    `senders` are the domains of the newsletters' senders, in ASCII.
    """
    fields = raw_fields(raw)
    domain = _sender_domain(fields)
    if not domain:
        fix = "save the mail with its header, as “show original” or “view source” of a mail program does"
        return [Problem(WHERE, "it has no From with an address", fix)]
    return [*_stranger(domain, senders), *_lost(fields), *_signature(domain, fields)]


def _sender_domain(fields: list[tuple[str, str]]) -> str:
    addresses = getaddresses([value for name, value in fields if name == "from"])
    return _domain(addresses[0][1].rpartition("@")[2]) if addresses else ""


def _domain(value: str) -> str:
    """Return a domain in lower case; empty when it is none, so that nothing else of a mail is ever shown."""
    name = value.lower().rstrip(".")
    return name if _DOMAIN.fullmatch(name) else ""


def _stranger(domain: str, senders: Collection[str]) -> list[Problem]:
    if domain in senders:
        return []
    return [
        Problem(
            WHERE,
            f"its From is at {domain}, from where none of your newsletters is sent",
            "give a mail of a newsletter; if it is one, the relay writes another From: ask who runs it",
            is_note=True,
        )
    ]


def _lost(fields: list[tuple[str, str]]) -> list[Problem]:
    """Name the fields for unsubscribing that did not arrive."""
    there = {name for name, _ in fields}
    lost = [name for name in COVERED if name.lower() not in there]
    if not lost:
        return []
    fix = "if it is a newsletter's mail, the relay takes them out: ask who runs it"
    return [Problem(WHERE, f"it has no {' and no '.join(lost)}: mail programs show no button for unsubscribing", fix)]


def _signature(domain: str, fields: list[tuple[str, str]]) -> list[Problem]:
    signatures = [tag_list.read(value) for name, value in fields if name == "dkim-signature"]
    if not signatures:
        return [Problem(WHERE, "it has no DKIM signature at all", f"sign it, {AT_THE_RELAY}")]
    ours = [tags for tags in signatures if _speaks_for(_domain(tags.get("d", "")), domain)]
    if not ours:
        others = sorted({_domain(tags.get("d", "")) or "a name that is none" for tags in signatures})
        what = f"it is signed for {', '.join(others)}, which says nothing about {domain} (DMARC)"
        return [Problem(WHERE, what, f"have it signed for {domain}, {AT_THE_RELAY}")]
    gaps = min(map(_uncovered, ours), key=len)
    if not gaps:
        return []
    what = f"its signature does not cover {' and '.join(gaps)}, so that mail programs show no button for unsubscribing"
    return [Problem(WHERE, what, f"have them covered, {AT_THE_RELAY}")]


def _speaks_for(signer: str, domain: str) -> bool:
    """Tell whether a signature is aligned, by DMARC's relaxed rule as far as it goes without public suffixes."""
    return bool(signer) and (is_within(domain, signer) or is_within(signer, domain))


def _uncovered(tags: dict[str, str]) -> list[str]:
    covered = tags.get("h", "").lower().split(":")
    return [name for name in COVERED if name.lower() not in covered]
