import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import visitor


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        (" 203.0.113.255 ", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:12:34::1", "2001:db8:12::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::1", "::/48"),
    ],
)
def test_an_address_gives_its_network(address: str, network: str) -> None:
    assert visitor.network(address) == network


@pytest.mark.parametrize("address", ["", "testclient", "203.0.113", "203.0.113.7:80", "203.0.113.7, 10.0.0.1", "²"])
def test_anything_else_gives_none(address: str) -> None:
    assert visitor.network(address) == ""


@given(st.ip_addresses())
def test_a_network_holds_its_address_and_many_others(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    found = ipaddress.ip_network(visitor.network(str(address)))

    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    assert (mapped or address) in found
    assert found.num_addresses >= 256


@given(st.text())
def test_no_text_is_a_fault(text: str) -> None:
    visitor.network(text)


@pytest.mark.parametrize(
    ("network", "kept"),
    [("203.0.113.0/24", "203.0.113.0/24"), ("2001:db8:12::/48", "2001:db8::/32"), ("::/48", "::/32"), ("", "")],
)
def test_what_is_kept_names_no_household(network: str, kept: str) -> None:
    assert visitor.shared(network) == kept
