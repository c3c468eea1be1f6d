"""What documents about money are called, and the words on them. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mentorinaja.bookings.rules import METHODS
from mentorinaja.formats import WIB

# How something was paid, where Midtrans says more than the payer had chosen.
_PAID_WITH = {
    "credit_card": METHODS["card"].name,
    "bank_transfer": METHODS["bank_transfer"].name,
    "echannel": "Bank Transfer (Mandiri)",
    "permata": "Bank Transfer (Permata)",
    "gopay": "GoPay",
    "shopeepay": "ShopeePay",
    "ovo": "OVO",
    "dana": "Dana",
    "qris": METHODS["qris"].name,
    "cstore": METHODS["cstore"].name,
}
# What brought money back without a refund of ours.
TAKEN_BACK = {
    "reversal": "Pembayaran dibatalkan oleh bank",
    "chargeback": "Pembayaran ditarik kembali oleh bank kartu",
    "refund": "Dikembalikan melalui penyedia pembayaran",
}
_NOTE = re.compile(r"CN-([0-9]{4})-([0-9]{6,9})")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def invoice_name(year: int, number: int) -> str:
    """`INV-2026-000123`."""
    return f"INV-{year}-{number:06}"


def note_name(year: int, number: int) -> str:
    """`CN-2026-000123`."""
    return f"CN-{year}-{number:06}"


def note_named(name: str) -> tuple[int, int] | None:
    """The (year, number) of a credit note's name, or None for what is no such name."""
    match = _NOTE.fullmatch(name)
    if match is None or note_name(int(match[1]), int(match[2])) != name:
        return None
    return int(match[1]), int(match[2])


def paid_with(payment_type: str | None, method: str) -> str:
    """The method as an invoice names it: what Midtrans said, else what the payer had chosen."""
    chosen = METHODS[method].name if method in METHODS else "Midtrans"
    return _PAID_WITH.get(payment_type or "", chosen)


def month_named(name: str) -> date | None:
    """The first day of the month `2026-11`, or None for what is no month."""
    match = _MONTH.fullmatch(name)
    return date(int(match[1]), int(match[2]), 1) if match and int(match[1]) else None


def month_of(at: datetime) -> date:
    """The first day of the month that `at` is in, in WIB."""
    return at.astimezone(ZoneInfo(WIB)).date().replace(day=1)


def month_after(month: date, months: int = 1) -> date:
    """The first day of the month so many months later; before, when negative. Raises ValueError past the calendar."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def begins(month: date) -> datetime:
    """The first moment of a month in WIB."""
    return datetime(month.year, month.month, 1, tzinfo=ZoneInfo(WIB))
