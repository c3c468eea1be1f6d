"""Closing an attempt: Midtrans is asked once more and told to expire it, then that is written down."""

from __future__ import annotations

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.payments import queries
from mentorinaja.payments.gateway_words import GatewayRefused
from mentorinaja.payments.midtrans import NOTIFICATION_SECONDS, Gateway
from mentorinaja.payments.queries import Attempt
from mentorinaja.payments.reconcile import plan_check, reconcile


async def close_attempt(db: Database, gateway: Gateway, attempt: Attempt) -> bool:
    """Make sure that nothing more can be paid on an attempt; money that came already is applied.

    False while Midtrans still waits for the payer's money. Raises `GatewayDown` when it does not say.
    """
    await reconcile(db, gateway, attempt.gateway_order_id, seconds=NOTIFICATION_SECONDS)
    waiting = await queries.waiting_transactions(db, attempt.id)
    for transaction_id in waiting:
        try:
            await gateway.expire(transaction_id)
        except GatewayRefused:
            continue  # too late: the status below says what it has become
    if waiting:
        await reconcile(db, gateway, attempt.gateway_order_id, seconds=NOTIFICATION_SECONDS)
    elif attempt.snap_token:
        try:
            await gateway.cancel_token(attempt.snap_token)
        except GatewayRefused:
            # Closed already, or a method was chosen this very moment: heard below, or by the next check.
            await reconcile(db, gateway, attempt.gateway_order_id, seconds=NOTIFICATION_SECONDS)
    return await _write_closed(db, attempt)


async def expire_order(db: Database, gateway: Gateway, public_id: str, *, ask: bool = True) -> None:
    """Write down that an order's payment deadline passed, after Midtrans's last word on its living attempt.

    `ask=False` writes it without: for orders that waited long enough. Raises `GatewayDown`.
    """
    living = await queries.living_attempt_of(db, public_id)
    if living and ask:
        await close_attempt(db, gateway, living)
    await _write_expired(db, public_id)


@atomic
async def _write_closed(tx: Connection, attempt: Attempt) -> bool:
    await orders.lock_order(tx, attempt.public_id)
    if await queries.waiting_transactions(tx, attempt.id):
        return False
    await tx.execute(
        "UPDATE payment_attempts SET state = 'closed' WHERE id = $1 AND state IN ('creating', 'unknown', 'open')",
        attempt.id,
    )
    await plan_check(tx, attempt.id)
    return True


@atomic
async def _write_expired(tx: Connection, public_id: str) -> None:
    await bookings.expire(tx, await orders.lock_order(tx, public_id))
