"""Who visits a page: their network, by which forms are limited, and what of it the record of consent may keep."""

import ipaddress

IPV4_PREFIX = 24  # 256 addresses
IPV6_PREFIX = 48  # what a provider gives to one site at most (RFC 6177 §2): who misuses one address has them all
IPV6_SHARED = 32  # what a provider itself has at least, so that it names no single household


def network(address: str) -> str:
    """Return the network of an internet address, `203.0.113.0/24` or `2001:db8::/48`; empty for anything else.

    An IPv4 address that is written as IPv6 (RFC 4291 §2.5.5.2) gives its IPv4 network.
    """
    try:
        known = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if isinstance(known, ipaddress.IPv4Address):
        return str(ipaddress.IPv4Network((int(known), IPV4_PREFIX), strict=False))
    return str(ipaddress.IPv6Network((int(known), IPV6_PREFIX), strict=False))


def shared(network: str) -> str:
    """Return the part of a `network` that its visitor shares with hundreds of others, which may be kept."""
    if not network:
        return ""
    known = ipaddress.ip_network(network)
    return str(known.supernet(new_prefix=IPV6_SHARED) if known.version == 6 else known)
