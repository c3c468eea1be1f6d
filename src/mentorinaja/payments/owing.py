"""Owing money back: part or all of a sale is promised to its payer, whoever caused it; sending it comes later."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import Actor
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection
from mentorinaja.ledger import actions as ledger
from mentorinaja.payments import queries, refunds


async def owe_back(
    tx: Connection,
    booking_id: UUID,
    amount: int,
    reason: str,
    *,
    actor: Actor,
    actor_id: int | None = None,
    cause: str = "",
) -> int:
    """`amount` rupiah of a booking's sale go back to the payer; the booking stays what it is.

    `reason` is one of those of `refunds.reason`; it counts once for a `cause`, however often it is asked for.
    Answers how many rupiah are owed because of this call: less than asked for, or 0, when the gateway does not hold as
    much any more or the rest is owed already. Whoever also locks the room locks it first.
    """
    order = await orders.lock_order_of_booking(tx, booking_id)
    return await _owe(tx, order, amount, reason, actor, actor_id, cause)


async def owe_order_back(
    tx: Connection,
    order_id: int,
    amount: int,
    reason: str,
    *,
    actor: Actor,
    actor_id: int | None = None,
    cause: str = "",
    not_before: datetime | None = None,
    explained: str = "",
) -> int:
    """As `owe_back`, for an order that may have no booking of its own.

    The refund is not sent before `not_before`; `explained` is an admin's reason, which both sides read.
    """
    public_id: str = await tx.fetchval("SELECT public_id FROM orders WHERE id = $1", order_id)
    order = await orders.lock_order(tx, public_id)
    return await _owe(tx, order, amount, reason, actor, actor_id, cause, not_before, explained)


async def cancel_and_owe(
    tx: Connection,
    booking_id: UUID,
    amount: int,
    reason: str,
    *,
    actor: Actor,
    actor_id: int | None = None,
) -> bool:
    """A confirmed session will not take place, and `amount` rupiah of it go back as `owe_back` says.

    False when it is not confirmed (any more): nothing is changed.
    """
    order = await orders.lock_order_of_booking(tx, booking_id)
    if not await bookings.call_off(tx, order, reason, actor=actor, actor_id=actor_id):
        return False
    await _owe(tx, order, amount, reason, actor, actor_id)
    return True


async def close_refunds(tx: Connection, order: Order, transaction_id: str, *, actor: Actor) -> None:
    """A refund of the transaction ended without the gateway: when none is open any more, its order says so."""
    if await refunds.is_open(tx, transaction_id):
        return
    if await _follows(tx, order, transaction_id):
        await bookings.turn_money(tx, order, await refunds.outcome(tx, transaction_id), actor=actor)


async def reopen_refunds(tx: Connection, order: Order, transaction_id: str, *, actor: Actor) -> None:
    """A refund of the transaction that had ended is open again: its order waits for it, as before."""
    if await _follows(tx, order, transaction_id):
        await bookings.turn_money(tx, order, "refund_pending", actor=actor)


async def _follows(tx: Connection, order: Order, transaction_id: str) -> bool:
    """Whether what becomes of the transaction's money becomes of the order."""
    pays = await queries.pays_order(tx, order.id, transaction_id)
    return pays or await refunds.reason_of(tx, transaction_id) in refunds.TOO_LATE


async def _owe(
    tx: Connection,
    order: Order,
    amount: int,
    reason: str,
    actor: Actor,
    actor_id: int | None,
    cause: str = "",
    not_before: datetime | None = None,
    explained: str = "",
) -> int:
    transaction_id = await queries.paying_transaction(tx, order.id)
    owed = min(amount, await ledger.owable(tx, transaction_id)) if transaction_id else 0
    if transaction_id is None or owed <= 0:
        return 0
    key = await refunds.want(
        tx, order.id, transaction_id, owed, reason, cause=cause, not_before=not_before, explained=explained
    )
    if key is None:
        return 0
    await ledger.record_owed_back(tx, order.id, transaction_id, key, owed)
    await bookings.mark_owed(tx, order, owed, reason, actor=actor, actor_id=actor_id)
    return owed
