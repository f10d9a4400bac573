"""Pure: whose request it is, behind the proxies that the settings trust and behind no others."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
_MOST_HOPS = 20  # addresses of X-Forwarded-For that are looked at, from the nearest on


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None) or known  # an IPv4 address as a socket of both kinds gives it
    return any(mapped in network for network in trusted)


def visitor(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the address that a request came from: the nearest one that is no proxy of ours.

    `peer` is who is connected to us, and `forwarded` the X-Forwarded-For header, to which each proxy appends whom it
    heard. What stands left of the first address that is not trusted may be anything, so it counts for nothing.
    """
    address = peer
    for hop in reversed(forwarded.split(",")[-_MOST_HOPS:]):
        if not _is_trusted(address, trusted) or not hop.strip():
            break
        address = hop.strip()
    return address
