"""What counts as one address."""

import pytest

from mentorinaja.web.networks import network_of


def test_a_customer_of_ipv6_is_one_address_however_many_he_uses() -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::4") != network_of("2001:db8:1:2::4")
    assert network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert network_of("fe80::1%eth0") == "fe80::/64"


@pytest.mark.parametrize("nonsense", ["", "unknown", "1.2.3", "a" * 5000, "203.0.113.7, 10.0.0.1"])
def test_what_is_no_address_counts_as_one(nonsense: str) -> None:
    assert network_of(nonsense) == "0.0.0.0"
