"""Invoices and credit notes as they were written down when they were issued. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mentorinaja.bookings.queries import why_refunded
from mentorinaja.invoices import rules


@dataclass(frozen=True, slots=True)
class Invoice:
    """What an invoice says; amounts in whole rupiah, `zone` the payer's when it was issued.

    `starts_at` is the session's time then, of a thread when its answer was due; None for what has no time.
    `tax` is contained in the platform's part of the total, not added to it.
    """

    name: str
    issued_at: datetime
    order: str
    payer: str
    expert: str
    item: str
    thread: bool
    starts_at: datetime | None
    zone: str
    subtotal: int
    admin_fee: int
    admin_fee_bps: int
    total: int
    tax: int
    tax_bps: int
    paid_with: str
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class CreditNote:
    """`amount` rupiah that went back to the payer; `credited` of them correct the invoice named `invoice`.

    Without an invoice the money never was part of one.
    """

    name: str
    issued_at: datetime
    order: str
    payer: str
    expert: str
    item: str
    zone: str
    reason: str
    amount: int
    credited: int
    invoice: str | None

    @property
    def why(self) -> str:
        """What brought the money back, as people read it."""
        return rules.TAKEN_BACK.get(self.reason) or why_refunded(self.reason)


def invoice_from(values: Mapping[str, Any]) -> Invoice:
    """An invoice as the database keeps it: its number and what it says."""
    return Invoice(
        name=rules.invoice_name(values["year"], values["number"]),
        issued_at=values["issued_at"],
        starts_at=_time(values["starts_at"]),
        paid_with=rules.paid_with(values["payment_type"], values["method"]),
        paid_at=_time(values["paid_at"]),
        **{name: values[name] for name in _SAID},
    )


def note_from(values: Mapping[str, Any]) -> CreditNote:
    """A credit note as the database keeps it."""
    year, number = values["invoice_year"], values["invoice_number"]
    return CreditNote(
        name=rules.note_name(values["year"], values["number"]),
        invoice=rules.invoice_name(year, number) if year else None,
        **{name: values[name] for name in _TOLD},
    )


_SAID = ("order", "payer", "expert", "item", "thread", "zone", "subtotal", "admin_fee", "admin_fee_bps", "total", "tax",
         "tax_bps")  # fmt: skip
_TOLD = ("issued_at", "order", "payer", "expert", "item", "zone", "reason", "amount", "credited")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
