"""Whose request it is: nobody writes themselves another address, with or without a proxy of ours."""

from ipaddress import ip_network

import pytest

from subscribers.proxies import visitor

OURS = [ip_network("127.0.0.0/8"), ip_network("::1/128"), ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # not a proxy of ours: what it says counts for nothing
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.9, 198.51.100.1", "198.51.100.1"),  # the visitor wrote the first one
        ("127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("::ffff:127.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", " , ", "127.0.0.1"),
        ("127.0.0.1", "nonsense", "nonsense"),
        ("", "198.51.100.1", ""),
        ("127.0.0.1", "198.51.100.1, " + "10.0.0.1, " * 5 + "10.0.0.1", "198.51.100.1"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_counts(peer: str, forwarded: str, expected: str) -> None:
    assert visitor(peer, forwarded, OURS) == expected
