"""Which network addresses may be connected to: public ones, so that no feed can make us read what is inside."""

import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_CLOSED = tuple(  # beyond what `is_global` of Python 3.11 knows
    ipaddress.ip_network(network)
    for network in ("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/3", "fec0::/10", "3fff::/20", "5f00::/16")
)
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")  # the oldest way to write IPv4 in IPv6


def _embedded(address: ipaddress.IPv6Address) -> Iterator[Address]:
    """Return the IPv4 addresses that packets to an IPv6 address may end at."""
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in network for network in (*_NAT64, _COMPATIBLE)):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def is_public(address: Address) -> bool:
    """Tell whether an address, and every address within it, belongs to the public Internet."""
    if address.is_multicast or any(address in network for network in _CLOSED if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global
    if (inner := list(_embedded(address))) and not all(map(is_public, inner)):
        return False
    mapped = address.ipv4_mapped is not None or any(address in network for network in _NAT64)
    return mapped or address.is_global
