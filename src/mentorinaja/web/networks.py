"""Addresses requests come from, in the form in which they are stored and counted."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 an IPv6 customer has all to himself."""
    known = usable_address(address)
    return str(ip_network((known, 64), strict=False)) if ":" in known else known


def usable_address(address: str) -> str:
    """The address in plain form; `0.0.0.0` for what is none."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return "0.0.0.0"  # noqa: S104 a value to store, nothing is bound
    if isinstance(known, IPv6Address) and known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(known)
