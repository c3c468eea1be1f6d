"""What the pages about a payment show: one state of the server in one word, whatever address led there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.payments.queries import Progress
from mentorinaja.payments.rules import CLOSING

# Which address the person came by; it never changes what is true, only how waiting is worded.
Arrival = Literal["page", "success", "pending", "error"]
Phase = Literal[
    "unpaid", "waiting", "failed", "unknown", "review", "closing", "over", "given_up",
    "paid", "called_off", "late", "reversed", "returned", "chargeback",
]  # fmt: skip
PAYABLE: frozenset[Phase] = frozenset({"unpaid", "waiting", "failed", "unknown"})

_TITLES: dict[Phase, str] = {
    "unpaid": "Booking berhasil dibuat!",
    "waiting": "Menunggu pembayaran…",
    "failed": "Pembayaran gagal. Silakan coba lagi.",
    "unknown": "Midtrans belum menjawab",
    "review": "Pembayaran sedang diperiksa",
    "closing": "Waktu pembayaran hampir habis",
    "over": "Waktu pembayaran sudah habis",
    "given_up": "Booking ini dibatalkan",
    "paid": "Pembayaran Berhasil!",
    "called_off": "Sesi ini dibatalkan",
    "late": "Pembayaran masuk terlambat",
    "reversed": "Pembayaran ditarik kembali oleh bank",
    "returned": "Dana Anda dikembalikan",
    "chargeback": "Pembayaran ini disengketakan",
}
_TITLES_OF_EXTENSION: dict[Phase, str] = _TITLES | {
    "unpaid": "Tambahan waktu disetujui!",
    "given_up": "Tambahan waktu dibatalkan",
}


_TITLES_OF_PRODUCT: dict[Phase, str] = _TITLES | {
    "unpaid": "Pesanan berhasil dibuat!",
    "given_up": "Pembelian ini dibatalkan",
}


@dataclass(frozen=True, slots=True)
class PaymentView:
    """An order as its payment pages show it; `returning` is money (rupiah) on its way back to the payer."""

    order: OrderDetail
    progress: Progress
    phase: Phase
    returning: int
    room_url: str

    @property
    def title(self) -> str:
        """The headline."""
        if self.order.is_product:
            return _TITLES_OF_PRODUCT[self.phase]
        return (_TITLES_OF_EXTENSION if self.order.is_extension else _TITLES)[self.phase]

    @property
    def payable(self) -> bool:
        """Whether the button that pays is there."""
        return self.phase in PAYABLE

    @property
    def pay_address(self) -> str | None:
        """Midtrans's page for this payment, once it was opened."""
        attempt = self.progress.attempt
        return attempt.redirect_url if attempt and attempt.state == "open" and self.payable else None

    @property
    def link(self) -> str | None:
        """Where the session takes place; None when there is no link, or it follows."""
        return self.room_url if self.order.category == "online_chat" else self.order.meeting_url

    @property
    def final(self) -> bool:
        """Whether nothing on the page will change by itself any more."""
        waits_for_link = self.phase == "paid" and self.order.category == "online_video" and not self.link
        return self.order.status != "pending" and not waits_for_link

    @property
    def key(self) -> str:
        """Tells two states of the page apart."""
        told = (self.phase, self.pay_address, self.progress.waiting_type, self.link, self.returning)
        return sha256(repr((told, self.order.pay_deadline, self.order.starts_at)).encode()).hexdigest()[:16]


def phase_of(order: OrderDetail, progress: Progress, now: datetime, arrival: Arrival = "page") -> Phase:
    """The one word for an order's payment at `now`."""
    if order.status == "pending":
        return _waiting_phase(order, progress, now, arrival)
    if (order.status, order.payment_status) == ("confirmed", "partially_refunded"):
        return "paid"  # the session stands
    if (order.status, order.payment_status) == ("cancelled", "paid"):
        return "called_off"  # too late for anything to go back
    settled: dict[str, Phase] = {
        "paid": "paid",
        "paid_late": "late",
        "reversed": "reversed",
        "refund_pending": "returned",
        "refunded": "returned",
        "partially_refunded": "returned",
        "chargeback": "chargeback",
        "cancelled": "given_up",
    }
    return settled.get(order.payment_status, "over")


def _waiting_phase(order: OrderDetail, progress: Progress, now: datetime, arrival: Arrival) -> Phase:
    if order.under_review:
        return "review"
    if order.pay_deadline <= now:
        return "over"
    if progress.is_waiting:
        return "waiting"
    if order.last_attempt_failed or arrival == "error":
        return "failed"
    if arrival in ("success", "pending"):
        return "waiting"
    if order.pay_deadline - CLOSING <= now:
        return "closing"
    attempt = progress.attempt
    return "unknown" if attempt and attempt.state == "unknown" else "unpaid"
