"""Where a mail leads, and what it makes clients fetch."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from urllib.parse import SplitResult, urlsplit

from digest.compose.headers import ascii_domain
from digest.config import is_loopback
from digest.quality import headers, page
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail
from digest.quality.page import Element

_HOST = re.compile(r"(?:https?://)?(?:www\.)?((?:[\w-]+\.)+[a-z]{2,24})(?:/\S*)?", re.IGNORECASE)
_HOME_SCHEMES = ("https", "http", "mailto")


@cache
def shorteners() -> frozenset[str]:
    """Return hosts that hide where a link leads; spam filters take them for a trick."""
    return frozenset((resources.files("digest.quality") / "data" / "shorteners.txt").read_text().split())


def check(mail: Mail) -> list[Finding]:
    """Look at every address of links and pictures, and for the way out."""
    root = page.parse(mail.html)
    links = list(root.iter("a"))
    ours = [urlsplit(one).hostname or "" for one in headers.unsubscribe_addresses(mail)[:1]]
    return [
        _addresses(root, ours),
        of_faults(
            "links: texts that are addresses",
            [fault for link in links if (fault := _disguise(link))],
            limit="each leads where it says",
            advice="Filters against phishing compare the two: show the host that the link has",
        ),
        _way_out(mail, root),
    ]


def _addresses(root: Element, ours: list[str]) -> Finding:
    faults, count, by_http = [], 0, 0
    for element, address in addresses(root):
        count += 1
        fault = _fault(element, address, ours)
        by_http += not fault and _is_plain_http(address)
        if fault:
            faults.append(f"{fault}: {address[:80] or page.words(element) or page.name(element)}")
    value = f"{count} addresses" + (f", {by_http} of other sites by http" if by_http else "")
    return of_faults(
        "links: addresses",
        faults,
        limit="https; http only of other sites",
        value=value,
        advice="Mend the article's address, or base_url where it is one of ours",
    )


def addresses(root: Element) -> Iterator[tuple[Element, str]]:
    """Yield the address of every link and every picture, as it stands there."""
    for element in root.iter("a", "img"):
        address = element.get("href" if element.tag == "a" else "src")
        if address is not None or element.tag == "img":
            yield element, address or ""


def _is_plain_http(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def _fault(element: Element, address: str, ours: list[str]) -> str:
    """Return what is wrong with an address; empty where nothing is.

    A publisher's page by http is only counted: its address is not ours to change, and many answer at no other.
    """
    if not address.strip() or address.strip() == "#":
        return "an address that leads nowhere"
    if re.search(r"[\x00-\x20\x7f]", address):
        return "white space or control characters in an address"
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        return f"no address ({error})"
    return _scheme_fault(element, parts, ours) or _host_fault(parts)


def _scheme_fault(element: Element, parts: SplitResult, ours: list[str]) -> str:
    host = parts.hostname or ""
    if parts.scheme not in _HOME_SCHEMES or (element.tag == "img" and parts.scheme == "mailto"):
        return f"{parts.scheme or 'no scheme'} where https is wanted"
    if parts.scheme == "http" and not is_loopback(host) and (host in ours or element.tag == "img"):
        return "http where https is wanted"
    return ""


def _host_fault(parts: SplitResult) -> str:
    if parts.scheme == "mailto":
        return ""
    host = parts.hostname or ""
    if not host:
        return "an address without a host"
    if parts.username is not None or parts.password is not None:
        return "a user name in an address"
    if host.removeprefix("www.") in shorteners():
        return "a shortener, which filters take for a trick"
    if not is_loopback(host) and (host.startswith("[") or re.fullmatch(r"[\d.]+|[0-9a-f]*:[0-9a-f:.]*", host)):
        return "a bare IP address, which filters take for a trick"
    return ""


def _disguise(link: Element) -> str:
    """Return how a link's text names another host than it leads to; empty where it does not."""
    match = _HOST.fullmatch("".join(link.itertext()).strip())
    if not match:
        return ""
    try:
        host = ascii_domain(urlsplit(link.get("href") or "").hostname or "").removeprefix("www.")
        said = ascii_domain(match[1].lower())
    except ValueError:  # no address, which the other gate names
        return ""
    if not (host + said).isascii():  # no domain
        return ""
    related = host == said or host.endswith("." + said) or said.endswith("." + host)
    return "" if related else f"“{match[0]}” leads to {host or link.get('href') or 'nothing'}"


def _way_out(mail: Mail, root: Element) -> Finding:
    wanted = [one for one in headers.unsubscribe_addresses(mail) if one.startswith("http")][:1]
    looks = page.looks(root)
    there = {link.get("href") for link in root.iter("a")}
    seen = {link.get("href") for link, look in looks.items() if link.tag == "a" and not look.is_hidden}
    faults = [] if wanted else ["the header names no page for unsubscribing"]
    faults += [
        f"{'nobody sees the' if one in there else 'no'} link to the page that List-Unsubscribe names: {one[:60]}"
        for one in wanted
        if one not in seen
    ]
    return of_faults(
        "links: unsubscribing",
        faults,
        limit="the header's page is linked",
        advice="Link {{ values.unsubscribe_url }} in the footer",
    )
