"""What only a notification said of money: kept beside the differences until Midtrans was asked about it."""

from __future__ import annotations

from mentorinaja.db.pool import Connection, Database
from mentorinaja.payments.gateway_words import TRANSACTION_ID, GatewayDown, Json, rupiah
from mentorinaja.payments.queries import Attempt
from mentorinaja.payments.rules import MONEY_CAME, UNHEARD_AFTER

_PAID = ("settlement", "capture")


async def note(db: Database, attempt: Attempt, body: Json) -> None:
    """A signed notification says that money came: nobody may forget it, should Midtrans not answer now.

    What is known already, and what says nothing of money, is not noted.
    """
    transaction_id, status = body.get("transaction_id"), body.get("transaction_status")
    if status not in _PAID or body.get("fraud_status") not in (None, "accept"):
        return
    if not isinstance(transaction_id, str) or not TRANSACTION_ID.fullmatch(transaction_id):
        return
    await db.execute(
        """INSERT INTO gateway_differences (attempt_id, transaction_id, there, there_status, here, told)
           SELECT $1, $2, $3, $4, 0, true
           WHERE NOT EXISTS (SELECT FROM payment_transactions WHERE transaction_id = $2 AND state = ANY ($5))
           ON CONFLICT (transaction_id) WHERE resolved_at IS NULL DO NOTHING""",
        attempt.id,
        transaction_id,
        _amount(body) or attempt.amount,
        status,
        [*sorted(MONEY_CAME), "reversed"],
    )


async def forget(tx: Connection, transaction_id: str) -> None:
    """Midtrans said itself what is true of the transaction. What took so long that somebody saw it stays, as resolved."""
    await tx.execute(
        """WITH quick AS (
             DELETE FROM gateway_differences WHERE transaction_id = $1 AND told AND resolved_at IS NULL
               AND found_at > app_now() - $2::interval)
           UPDATE gateway_differences SET resolved_at = app_now()
           WHERE transaction_id = $1 AND told AND resolved_at IS NULL AND found_at <= app_now() - $2::interval""",
        transaction_id,
        UNHEARD_AFTER,
    )


async def unheard(db: Connection | Database, attempt_id: int) -> list[str]:
    """Transactions of an attempt that only notifications know."""
    rows = await db.fetch(
        """SELECT transaction_id FROM gateway_differences
           WHERE attempt_id = $1 AND told AND resolved_at IS NULL ORDER BY id LIMIT 5""",
        attempt_id,
    )
    return [row["transaction_id"] for row in rows]


def _amount(body: Json) -> int | None:
    try:
        return rupiah(body["gross_amount"])
    except (GatewayDown, KeyError):
        return None
