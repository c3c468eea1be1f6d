"""Telling the two of a session by mail that it changed, in the transaction in which it did."""

from __future__ import annotations

from mentorinaja.bookings.locked import Order
from mentorinaja.db.pool import Connection
from mentorinaja.notices import actions as notices


async def tell_moved(tx: Connection, order: Order) -> None:
    """Both are told the new time, once for each."""
    moves: int = await tx.fetchval(
        "SELECT count(*) FROM order_events WHERE order_id = $1 AND event = 'moved'", order.id
    )
    await _tell_both(tx, order, "changed", moves)


async def tell_cancelled(tx: Connection, order: Order) -> None:
    """Both are told that a session which stood does not take place; again when it had been paid anew since."""
    stood: int = await tx.fetchval(
        "SELECT count(*) FROM order_events WHERE order_id = $1 AND event = 'confirmed'", order.id
    )
    await _tell_both(tx, order, "cancelled", stood)


async def tell_reopened(tx: Connection, order: Order) -> None:
    """Both are told that a session which stood waits for its money again, each time that happens."""
    times: int = await tx.fetchval(
        "SELECT count(*) FROM order_events WHERE order_id = $1 AND event = 'reopened'", order.id
    )
    await _tell_both(tx, order, "reopened", times)


async def tell_restored(tx: Connection, order: Order) -> None:
    """Both are told that a session which was called off takes place after all, each time that happens."""
    times: int = await tx.fetchval(
        "SELECT count(*) FROM order_events WHERE order_id = $1 AND event = 'confirmed'", order.id
    )
    await _tell_both(tx, order, "restored", times)


async def tell_user(tx: Connection, order: Order, kind: str, version: int) -> None:
    """The payer is told something of the order."""
    await notices.queue(
        tx, kind, user_id=order.user_id, about=order.public_id, order_id=order.id, version=version
    )


async def tell_expert(tx: Connection, order: Order, kind: str, version: int) -> None:
    """The expert is told something of the order."""
    user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    await notices.queue(tx, kind, user_id=user_id, about=order.public_id, order_id=order.id, version=version)


async def _tell_both(tx: Connection, order: Order, kind: str, version: int) -> None:
    await tell_user(tx, order, kind, version)
    await tell_expert(tx, order, kind, version)
