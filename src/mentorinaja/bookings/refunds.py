"""What goes back of an order's money, in words that both sides read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mentorinaja.banks.rules import BANKS, masked

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
    "granted": "Diputuskan oleh MentorinAja",
}
_STATES = {
    "requested": "Diajukan",
    "approved": "Disetujui",
    "rejected": "Tidak dilanjutkan",
    "sent": "Dikirim",
    "done": "Selesai",
    "failed": "Gagal dikirim",
}

# All refunds of an order `o`, as `refunds_from` reads them.
REFUNDS_SQL = """
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'amount', f.amount, 'reason', f.reason, 'way', f.way,
       'not_before', f.not_before, 'bank', account.bank, 'tail', account.tail, 'reference', f.reference,
       'explained', f.explained, 'decision', f.decision_reason,
       'by_card', coalesce(t.payment_type = 'credit_card', false),
       'by_bank', coalesce(t.state = 'reversed', false), 'steps', (
         SELECT jsonb_agg(jsonb_build_object('state', s.state, 'at', s.at) ORDER BY s.id)
         FROM refund_steps s WHERE s.refund_id = f.id), 'note', (
         SELECT 'CN-' || n.year || '-' || lpad(n.number::text, 6, '0') FROM credit_notes n
         WHERE n.refund_id = f.id)) ORDER BY f.id), '[]')
     FROM refunds f LEFT JOIN payment_transactions t USING (transaction_id) LEFT JOIN LATERAL (
       SELECT a.bank, a.tail FROM refund_accounts a
       WHERE a.order_id = f.order_id AND f.way = 'bank'
         AND CASE WHEN f.account_id IS NULL THEN a.bounced_at IS NULL ELSE a.id = f.account_id END
       ORDER BY a.id DESC LIMIT 1) account ON true
     WHERE f.order_id = o.id)
"""


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
    """`amount` rupiah that go back to the payer; `steps` are all its states, oldest first.

    `way` is how they go, once that is known; `not_before`: until when the payer can choose something else. By bank:
    `bank` (its code) and `tail` (the number's last digits) of the payer's account, if one is known, and the
    transfer's `reference`. `explained`: why an admin granted it, or ""; `decision`: why one approved or stopped it.
    `note`: its credit note, once it is done. `by_card`: it was paid by card; `by_bank`: the bank gave all of it back
    by itself.
    """

    id: int
    amount: int
    reason: str
    way: Literal["gateway", "cancel", "bank"] | None
    not_before: datetime | None
    bank: str | None
    tail: str | None
    reference: str | None
    explained: str
    decision: str | None
    by_card: bool
    by_bank: bool
    steps: tuple[RefundStep, ...]
    note: str | None

    @property
    def why(self) -> str:
        """The reason as people read it."""
        return why_refunded(self.reason)

    @property
    def state(self) -> str:
        """What it is now."""
        return self.steps[-1].state

    @property
    def used(self) -> bool:
        """Whether nothing goes back because the money pays its order after all, without anybody deciding that."""
        return self.state == "rejected" and self.decision is None and not self.by_bank

    @property
    def account(self) -> str | None:
        """The payer's account as screens show it, or None when none is known."""
        return f"{BANKS[self.bank].name} {masked(self.tail)}" if self.bank and self.tail else None

    @property
    def to_transfer(self) -> bool:
        """Whether somebody is to transfer it by hand, to an account that can still be changed."""
        return self.way == "bank" and self.state in ("approved", "failed")

    @property
    def needs_account(self) -> bool:
        """Whether it waits for the payer's account."""
        return self.to_transfer and self.bank is None


def why_refunded(reason: str) -> str:
    """One of the reasons of `refunds.reason` as people read it."""
    return _WHY[reason]


def refunds_from(rows: Iterable[Mapping[str, Any]]) -> tuple[Refund, ...]:
    """Refunds as the database tells them in JSON."""
    return tuple(
        Refund(
            **dict(row)
            | {
                "not_before": row["not_before"] and datetime.fromisoformat(row["not_before"]),
                "steps": tuple(
                    RefundStep(step["state"], datetime.fromisoformat(step["at"])) for step in row["steps"]
                ),
            }
        )
        for row in rows
    )
