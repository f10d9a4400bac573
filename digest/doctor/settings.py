"""Settings that load, and yet keep mail from going out, break its links or give its secrets away."""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from digest.config import Settings, is_loopback
from digest.doctor.problem import Problem
from digest.ingest.network_addresses import is_public
from digest.smtp.dkim_keys import is_open_to_others

DISTINCT_CHARACTERS = 10  # of a secret: random ones of 32 hexadecimal digits have 13 or more, nearly always
_PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")  # RFC 6761, 6762, 8375, and custom


def newsletters(settings: Settings) -> list[Problem]:
    """Look for a newsletter, and at what `send` wants of each."""
    if not settings.newsletters:
        return [Problem("newsletters", "there is no newsletter", "add a [[newsletters]] table: docs/settings.md")]
    return [
        Problem(
            f"newsletters[{number}].postal_address",
            f"“{newsletter.slug}” has no postal address, which bulk mail must carry by law: `digest send` refuses it",
            "write the publisher's postal address there, then plan again",
        )
        for number, newsletter in enumerate(settings.newsletters)
        if not newsletter.postal_address.strip()
    ]


def base_url(settings: Settings) -> list[Problem]:
    """Look at where links in mail lead, and whether one click can unsubscribe (RFC 8058 wants https)."""
    parts = urlsplit(settings.base_url)
    if not _is_reached_from_outside(parts.hostname or ""):
        return [
            Problem(
                "base_url",
                f"{settings.base_url} is only known on this machine or in its network: links in mail will not work",
                "write the public address of `digest serve` there, such as https://news.example.com, then plan again",
            )
        ]
    if parts.scheme != "https":
        return [
            Problem(
                "base_url",
                f"{settings.base_url} is not https, which unsubscribing by one click needs (RFC 8058)",
                "put `digest serve` behind a proxy that speaks https, and write its address there, then plan again",
            )
        ]
    return []


def _is_reached_from_outside(host: str) -> bool:
    """Tell whether a host can be public, by its looks: names are not looked up."""
    try:
        return is_public(ipaddress.ip_address(host))
    except ValueError:
        name = host.rstrip(".")
        return "." in name and not is_loopback(name) and not name.endswith(_PRIVATE_ENDINGS)


def secret(settings: Settings) -> list[Problem]:
    """Look at whether the secret could be guessed; that it is long enough is checked when settings are read."""
    if len(set(settings.secret_key.get_secret_value())) >= DISTINCT_CHARACTERS:
        return []
    return [
        Problem(
            "secret_key",
            "it has few different characters: whoever guesses it can change preferences in any reader's name",
            "take one that `digest init` makes in an empty folder; links in mails that were sent will end",
        )
    ]


def file_of_secrets(settings: Settings, file: Path) -> list[Problem]:
    """Look at whether others on this machine may read the secrets in the settings file."""
    text = file.read_text(encoding="utf-8")
    secrets = (settings.secret_key.get_secret_value(), settings.smtp.password.get_secret_value())
    if not is_open_to_others(file) or not any(one and one in text for one in secrets):
        return []
    return [
        Problem(
            str(file),
            "it holds secrets, and everybody on this machine may read it",
            f"`chmod 600 {file}`, or give the secrets in the environment: DIGEST_SECRET_KEY, DIGEST_SMTP__PASSWORD",
            is_note=True,
        )
    ]
