"""What goes back of an order's money, in words that both sides read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_WHY = {
    "paid_late": "Pembayaran masuk setelah batas waktunya",
    "paid_twice": "Pesanan ini terbayar dua kali",
    "quarantined": "Jumlah yang masuk tidak sesuai",
    "cancelled_by_user": "Dibatalkan oleh pengguna",
    "cancelled_by_expert": "Dibatalkan oleh mentor",
    "cancelled_by_admin": "Dibatalkan oleh MentorinAja",
    "expert_absent": "Mentor tidak hadir",
    "both_absent": "Tidak ada yang hadir",
    "ended_early": "Mentor mengakhiri sesi lebih awal",
    "interrupted": "Sesi berakhir sebelum waktunya habis",
    "undelivered": "Tidak ada jawaban sampai batas waktunya",
    "disputed": "Laporan masalah diterima",
    "extension_unused": "Tambahan waktu tidak terpakai",
}
_STATES = {
    "requested": "Diajukan",
    "approved": "Disetujui",
    "rejected": "Tidak dilanjutkan",
    "sent": "Dikirim",
    "done": "Selesai",
    "failed": "Gagal dikirim, dicoba lagi",
}


@dataclass(frozen=True, slots=True)
class RefundStep:
    """A state of a refund and since when."""

    state: str
    at: datetime

    @property
    def words(self) -> str:
        """The state as people read it."""
        return _STATES[self.state]


@dataclass(frozen=True, slots=True)
class Refund:
    """`amount` rupiah that go back to the payer; `steps` are all its states, oldest first."""

    amount: int
    reason: str
    steps: tuple[RefundStep, ...]

    @property
    def why(self) -> str:
        """The reason as people read it."""
        return why_refunded(self.reason)

    @property
    def state(self) -> str:
        """What it is now."""
        return self.steps[-1].state


def why_refunded(reason: str) -> str:
    """One of the reasons of `refunds.reason` as people read it."""
    return _WHY[reason]


def refunds_from(rows: Iterable[Mapping[str, Any]]) -> tuple[Refund, ...]:
    """Refunds as the database tells them in JSON."""
    return tuple(
        Refund(
            row["amount"],
            row["reason"],
            tuple(RefundStep(step["state"], datetime.fromisoformat(step["at"])) for step in row["steps"]),
        )
        for row in rows
    )
