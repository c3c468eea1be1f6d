"""Money rules: whole rupiah in 64-bit integers, rates in basis points, never floats."""

from __future__ import annotations

from dataclasses import dataclass

BPS = 10_000


@dataclass(frozen=True, slots=True)
class Price:
    """What an order costs and who gets it, all in whole rupiah."""

    subtotal: int
    admin_fee: int
    total: int
    platform_fee: int
    expert_share: int


def share(amount: int, bps: int) -> int:
    """`bps` basis points of `amount` rupiah, rounded half up to the rupiah."""
    return (amount * bps + BPS // 2) // BPS


def price(subtotal: int, admin_fee_bps: int, platform_fee_bps: int) -> Price:
    """Split a price: the admin fee comes on top, the platform fee is taken from the total.

    >>> price(150_000, 500, 2000)
    Price(subtotal=150000, admin_fee=7500, total=157500, platform_fee=31500, expert_share=126000)
    """
    admin_fee = share(subtotal, admin_fee_bps)
    total = subtotal + admin_fee
    platform_fee = share(total, platform_fee_bps)
    return Price(subtotal, admin_fee, total, platform_fee, total - platform_fee)


def tax_within(amount: int, tax_bps: int) -> int:
    """The tax that `amount` rupiah hold already at this rate, rounded half up to the rupiah.

    >>> tax_within(31_500, 1_100)
    3122
    """
    return (2 * amount * tax_bps + BPS + tax_bps) // (2 * (BPS + tax_bps))


def pro_rata(price: int, minutes: int, of_minutes: int) -> int:
    """What `minutes` cost at `price` rupiah for `of_minutes`, rounded half up to the rupiah.

    >>> pro_rata(100_000, 15, 45)
    33333
    """
    return (2 * price * minutes + of_minutes) // (2 * of_minutes)


def part(total: int, numerator: int, denominator: int) -> int:
    """`numerator/denominator` of `total` rupiah, rounded up: refunds favour the payer."""
    return -(-total * numerator // denominator)


def unused_share(total: int, unused_seconds: float, duration_seconds: float) -> int:
    """What of `total` rupiah goes back when so much of a session's time was not used, rounded up to the rupiah.

    >>> unused_share(157_500, 7.5 * 60, 30 * 60)
    39375
    """
    unused = min(max(unused_seconds, 0.0), duration_seconds)
    return part(total, round(unused * 1_000_000), round(duration_seconds * 1_000_000))
