"""The header fields of a message: who it is from, how to leave, and how its parts are declared."""

import re
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from urllib.parse import urlsplit

from digest.config import is_loopback
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail

ONCE = ("from", "to", "date", "message-id", "subject", "mime-version", "content-type")
ONE_CLICK = "List-Unsubscribe=One-Click"


def check(mail: Mail) -> list[Finding]:
    """Read the header as it stands on the wire."""
    fields = raw_fields(mail.raw)
    return [
        of_faults("headers: identity", _identity(fields), limit="From, To, Date, Message-ID, List-Id, each once"),
        of_faults("headers: unsubscribing", _unsubscribing(fields), limit="one click, by RFC 8058"),
        of_faults("headers: parts", _parts(mail.message), limit="text, then HTML, in quoted-printable and UTF-8"),
        of_faults("headers: characters", _characters(mail.raw, fields), limit="ASCII, but for SMTPUTF8 addresses"),
        of_faults("headers: strangers", _strangers(fields), limit="no Bcc, Received or wrong Auto-Submitted"),
    ]


def raw_fields(raw: bytes) -> list[tuple[str, str]]:
    """Return the fields of a message in order: names in lower case, values as on the wire, with \\n where it folds."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0].decode("utf-8", "surrogateescape")
    fields: list[tuple[str, str]] = []
    for line in head.replace("\r\n", "\n").split("\n"):
        if line[:1] in (" ", "\t") and fields:
            name, value = fields.pop()
            fields.append((name, f"{value}\n{line}"))
        else:
            name, _, value = line.partition(":")
            fields.append((name.lower(), value.strip(" \t")))
    return fields


def unsubscribe_addresses(mail: Mail) -> list[str]:
    """Return the URIs of List-Unsubscribe in order; empty where it has none."""
    return re.findall(r"<([^>]*)>", _value(raw_fields(mail.raw), "list-unsubscribe"))


def _value(fields: list[tuple[str, str]], name: str) -> str:
    return next((value for one, value in fields if one == name), "")


def _domain(value: str) -> str:
    return value.rpartition("@")[2].strip("<> \t\r\n").lower()


def _identity(fields: list[tuple[str, str]]) -> list[str]:
    names = [name for name, _ in fields]
    faults = [f"{name.title()} stands {names.count(name)} times, not once" for name in ONCE if names.count(name) != 1]
    senders = getaddresses([_value(fields, "from")])
    if len(senders) > 1 or (senders and "@" not in senders[0][1]):
        faults.append("From is not one mailbox")
    faults += _date_faults(_value(fields, "date"))
    identity, sender = _value(fields, "message-id"), _domain(senders[0][1]) if senders else ""
    if identity and not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", identity):
        faults.append("Message-ID is not <left@right>")
    elif identity and _domain(identity) != sender:
        faults.append(f"Message-ID is on {_domain(identity)}, not on the sender's domain {sender}")
    if not re.search(r"<[^<>\s@]+\.[^<>\s@]+>\s*$", _value(fields, "list-id")):
        faults.append("List-Id is missing or not “name <id.domain>” (RFC 2919)")
    return faults


def _date_faults(value: str) -> list[str]:
    if not value:
        return []  # it does not stand once, and that is said
    try:
        aware = parsedate_to_datetime(value).tzinfo is not None
    except ValueError:
        return [f"Date “{value}” is no date of RFC 5322"]
    return [] if aware else [f"Date “{value}” has no offset"]


def _unsubscribing(fields: list[tuple[str, str]]) -> list[str]:
    value = _value(fields, "list-unsubscribe")
    if not value:
        return ["List-Unsubscribe is missing: Gmail and Yahoo want it of everybody who sends many mails"]
    if "=?" in value:
        return ["List-Unsubscribe is RFC 2047-encoded, so that no client reads it: write it as it is, on one line"]
    faults = ["List-Unsubscribe is folded: keep it on one line"] if "\n" in value else []
    addresses = [urlsplit(one) for one in re.findall(r"<([^>]*)>", value)]
    if not any(
        one.scheme == "https" or (one.scheme == "http" and is_loopback(one.hostname or "")) for one in addresses
    ):
        faults.append("List-Unsubscribe has no https address, which one click needs: give base_url as https")
    if not any(one.scheme == "mailto" for one in addresses):
        faults.append("List-Unsubscribe has no mailto address")
    post = _value(fields, "list-unsubscribe-post")
    if post.strip() != ONE_CLICK:
        faults.append(f"List-Unsubscribe-Post is “{post}”, and must be “{ONE_CLICK}”")
    return faults


def _parts(message: EmailMessage) -> list[str]:
    if message.get_content_type() != "multipart/alternative":
        return [f"the message is {message.get_content_type()}, not multipart/alternative"]
    parts = list(message.iter_parts())
    kinds = [part.get_content_type() for part in parts]
    faults = [] if kinds == ["text/plain", "text/html"] else [f"the parts are {', '.join(kinds) or 'missing'}"]
    for part in parts:
        encoding = str(part.get("Content-Transfer-Encoding", "7bit")).lower()
        if encoding != "quoted-printable":
            faults.append(f"{part.get_content_type()} is in {encoding} (rspamd counts base64 against a mail)")
        if (part.get_content_charset() or "") != "utf-8":
            faults.append(f"{part.get_content_type()} declares charset “{part.get_content_charset() or ''}”")
    return faults


def _characters(raw: bytes, fields: list[tuple[str, str]]) -> list[str]:
    faults = [
        f"{name.title()} holds characters beyond ASCII: encode them by RFC 2047"
        for name, value in fields
        if not value.isascii() and not (name in ("to", "from") and _only_addresses_beyond_ascii(value))
    ]
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", head):
        faults.append("the header holds control characters")
    return faults


def _only_addresses_beyond_ascii(value: str) -> bool:
    return all(name.isascii() for name, _ in getaddresses([value]))


def _strangers(fields: list[tuple[str, str]]) -> list[str]:
    faults = [
        f"{name.title()} does not belong in a mail that is sent" for name, _ in fields if name in ("bcc", "received")
    ]
    automatic = _value(fields, "auto-submitted")
    if automatic and not automatic.lower().startswith("auto-generated"):
        faults.append(f"Auto-Submitted is “{automatic}”: leave it out, or write auto-generated")
    return faults
