"""Refund intents: money that must go back, written down in the transaction that found out."""

from __future__ import annotations

from typing import Literal

from mentorinaja.db.pool import Connection

Reason = Literal["paid_late", "paid_twice", "quarantined"]


async def want(tx: Connection, order_id: int, transaction_id: str, amount: int, reason: Reason) -> None:
    """`amount` rupiah of a transaction must go back to the payer; wanting it again changes nothing."""
    await tx.execute(
        """INSERT INTO refunds (order_id, transaction_id, amount, reason, refund_key)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT ON CONSTRAINT refunds_once_per_cause DO NOTHING""",
        order_id,
        transaction_id,
        amount,
        reason,
        f"{reason}-{transaction_id}",
    )


async def call_off(tx: Connection, transaction_id: str) -> None:
    """Nothing of this transaction is to go back any more; what was sent already stays so."""
    await tx.execute(
        """UPDATE refunds SET state = 'rejected', changed_at = app_now()
           WHERE transaction_id = $1 AND state IN ('requested', 'approved', 'failed')""",
        transaction_id,
    )


async def mark_done(tx: Connection, transaction_id: str, returned: int) -> None:
    """Altogether `returned` rupiah of the transaction have gone back."""
    await tx.execute(
        """UPDATE refunds SET state = 'done', changed_at = app_now()
           WHERE transaction_id = $1 AND state NOT IN ('done', 'rejected') AND amount <= $2""",
        transaction_id,
        returned,
    )


async def reason_of(tx: Connection, transaction_id: str) -> str | None:
    """Why the transaction's money is to go back, or None when nobody wants it to."""
    reason: str | None = await tx.fetchval(
        "SELECT reason FROM refunds WHERE transaction_id = $1 AND state <> 'rejected' ORDER BY id LIMIT 1",
        transaction_id,
    )
    return reason
