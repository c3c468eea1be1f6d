"""Refund intents: money that must go back, written down in the transaction that found out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from mentorinaja.db.pool import Connection

# Money that nobody had earned; what goes back of a sale has the other reasons of `refunds.reason`.
Unearned = Literal["paid_late", "extension_unused", "paid_twice", "quarantined"]
# Money that came when the order could not stand any more: what becomes of it becomes of the order.
TOO_LATE: tuple[str, ...] = ("paid_late", "extension_unused")


async def want(
    tx: Connection,
    order_id: int,
    transaction_id: str,
    amount: int,
    reason: str,
    *,
    cause: str = "",
    not_before: datetime | None = None,
) -> str | None:
    """`amount` rupiah of a transaction must go back to the payer; answers the refund's key.

    None: it was wanted for this cause already, and nothing is changed. A `cause` tells two refunds for the
    same reason apart; one that has a `not_before` is not sent earlier, and may be called off until then.
    """
    key: str | None = await tx.fetchval(
        """INSERT INTO refunds (order_id, transaction_id, amount, reason, refund_key, not_before)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ON CONSTRAINT refunds_once_per_cause DO NOTHING
           RETURNING refund_key""",
        order_id,
        transaction_id,
        amount,
        reason,
        "-".join(filter(None, (reason, transaction_id, cause))),
        not_before,
    )
    return key


async def call_off(tx: Connection, transaction_id: str) -> None:
    """Nothing of this transaction is to go back any more; what was sent already stays so."""
    await tx.execute(
        """UPDATE refunds SET state = 'rejected', changed_at = app_now()
           WHERE transaction_id = $1 AND state IN ('requested', 'approved', 'failed')""",
        transaction_id,
    )


async def mark_done(tx: Connection, transaction_id: str, gone_back: int) -> None:
    """Altogether `gone_back` rupiah of what the transaction owed have gone back: the oldest refunds are done first."""
    await tx.execute(
        """UPDATE refunds SET state = 'done', changed_at = app_now()
           FROM (SELECT id, sum(amount) OVER (ORDER BY state <> 'done', id) AS upto FROM refunds
                 WHERE transaction_id = $1 AND state <> 'rejected') AS counted
           WHERE refunds.id = counted.id AND state <> 'done' AND counted.upto <= $2""",
        transaction_id,
        gone_back,
    )


async def is_open(tx: Connection, transaction_id: str) -> bool:
    """Whether some of the transaction's money is still to go back."""
    waiting: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM refunds
                          WHERE transaction_id = $1 AND state NOT IN ('done', 'rejected'))""",
        transaction_id,
    )
    return waiting


async def reason_of(tx: Connection, transaction_id: str) -> str | None:
    """Why the transaction's money is to go back, or None when nobody wants it to."""
    reason: str | None = await tx.fetchval(
        "SELECT reason FROM refunds WHERE transaction_id = $1 AND state <> 'rejected' ORDER BY id LIMIT 1",
        transaction_id,
    )
    return reason
