"""Pure: the headers that keep browsers from doing with our answers what they were not made for."""

from collections.abc import Iterable, Mapping

Raw = tuple[bytes, bytes]  # a field as servers know it: its name in lower case, and its value

_YEAR_SECONDS = 365 * 24 * 3600
_ALWAYS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",  # most of what we say is for one person; what is not says so itself
}


def defaults(base_url: str) -> Mapping[bytes, bytes]:
    """Return what every answer has where it does not say otherwise; below https, that https alone is used from now on.

    Other hosts below ours are not ours to speak for, so `includeSubDomains` is not among it (RFC 6797 §6.1.2).
    """
    secure = {"Strict-Transport-Security": f"max-age={_YEAR_SECONDS}"} if base_url.startswith("https://") else {}
    return {name.lower().encode(): value.encode() for name, value in (_ALWAYS | secure).items()}


def completed(fields: Iterable[Raw], safe: Mapping[bytes, bytes]) -> list[Raw]:
    """Return the fields of an answer with those of `safe` that it lacks."""
    given = list(fields)
    names = {name.lower() for name, _ in given}
    return [*given, *((name, value) for name, value in safe.items() if name not in names)]
