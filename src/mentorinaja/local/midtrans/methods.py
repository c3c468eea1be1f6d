"""The payment methods: names, limits, how long an unpaid one lives, what can be refunded or reversed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

UNLIMITED = 999_999_999


class Group(StrEnum):
    """The headings of the payment page."""

    CARD = "Kartu"
    BANK = "Transfer bank"
    WALLET = "E-wallet"
    QRIS = "QRIS"
    COUNTER = "Gerai"
    LATER = "Bayar nanti"


class Refunds(StrEnum):
    """Which refunds the API takes; those it does not take need a bank transfer by hand."""

    NONE = "none"
    WHOLE = "whole"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Method:
    """One payment method; amounts in whole rupiah, both limits included."""

    name: str
    label: str
    group: Group
    payment_type: str
    minimum: int = 1
    maximum: int = UNLIMITED
    lifetime: timedelta = timedelta(hours=24)
    refunds: Refunds = Refunds.NONE
    refund_window: timedelta = timedelta(0)
    reversible: bool = False
    bank: str = ""

    def takes(self, amount: int) -> bool:
        """Whether `amount` rupiah lies within the method's limits."""
        return self.minimum <= amount <= self.maximum


_QUARTER = timedelta(minutes=15)
_YEAR = timedelta(days=365)


def _bank(name: str, label: str, bank: str, minimum: int = 1) -> Method:
    return Method(name, label, Group.BANK, "bank_transfer", minimum, bank=bank)


def _paid_by(
    name: str, label: str, group: Group, payment_type: str, maximum: int, refunds: Refunds, days: int
) -> Method:
    return Method(name, label, group, payment_type, 1, maximum, _QUARTER, refunds, timedelta(days=days))


_ALL = (
    Method(
        "credit_card",
        "Kartu kredit/debit",
        Group.CARD,
        "credit_card",
        minimum=10_000,
        lifetime=_QUARTER,
        refunds=Refunds.PARTIAL,
        refund_window=_YEAR,
    ),
    _bank("bca_va", "BCA Virtual Account", "bca", minimum=10_000),
    Method("echannel", "Mandiri Bill", Group.BANK, "echannel", reversible=True),
    _bank("bni_va", "BNI Virtual Account", "bni"),
    _bank("bri_va", "BRI Virtual Account", "bri"),
    Method("permata_va", "Permata Virtual Account", Group.BANK, "bank_transfer", reversible=True),
    _bank("cimb_va", "CIMB Niaga Virtual Account", "cimb"),
    _bank("danamon_va", "Danamon Virtual Account", "danamon"),
    _bank("bsi_va", "BSI Virtual Account", "bsi"),
    _bank("seabank_va", "SeaBank Virtual Account", "seabank"),
    _bank("saqu_va", "Bank Saqu Virtual Account", "saqu"),
    _bank("other_va", "Bank lain", "bni"),
    _paid_by("gopay", "GoPay", Group.WALLET, "gopay", 20_000_000, Refunds.PARTIAL, 180),
    _paid_by("shopeepay", "ShopeePay", Group.WALLET, "shopeepay", 20_000_000, Refunds.WHOLE, 365),
    _paid_by("ovo", "OVO", Group.WALLET, "ovo", 20_000_000, Refunds.WHOLE, 7),
    _paid_by("dana", "DANA", Group.WALLET, "dana", 20_000_000, Refunds.PARTIAL, 45),
    _paid_by("other_qris", "QRIS", Group.QRIS, "qris", 10_000_000, Refunds.PARTIAL, 7),
    Method("indomaret", "Indomaret", Group.COUNTER, "cstore", 10_000, 5_000_000, reversible=True),
    Method("alfamart", "Alfamart", Group.COUNTER, "cstore", 1, 5_000_000),
    _paid_by("akulaku", "Akulaku", Group.LATER, "akulaku", UNLIMITED, Refunds.PARTIAL, 365),
    _paid_by("kredivo", "Kredivo", Group.LATER, "kredivo", UNLIMITED, Refunds.PARTIAL, 14),
)
METHODS = {method.name: method for method in _ALL}

ALIASES = {
    "bank_transfer": tuple(m.name for m in _ALL if m.group is Group.BANK),
    "cstore": tuple(m.name for m in _ALL if m.group is Group.COUNTER),
}
CARD = "credit_card"
NEEDS_TRANSACTION_ID = frozenset({"dana"})
"""Methods whose status Midtrans tells by transaction id alone: their order id answers 404."""


def expand(names: Iterable[str]) -> list[str]:
    """Method names with aliases resolved, each once, in Midtrans's order; KeyError names an unknown one."""
    wanted: set[str] = set()
    for name in names:
        wanted.update(ALIASES.get(name) or (METHODS[name].name,))
    return [name for name in METHODS if name in wanted]


def offered(enabled: Iterable[str] | None, amount: int) -> list[Method]:
    """What the payment page lists for `amount` rupiah: enabled methods (None: all) within their limits."""
    names = METHODS if enabled is None else enabled
    return [METHODS[name] for name in names if METHODS[name].takes(amount)]
