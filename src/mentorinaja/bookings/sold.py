"""The moves of what was sold: it took place, is called off, is owed back in part or whole, or takes another time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from mentorinaja.bookings import moves, queries, rules
from mentorinaja.bookings.locked import Order
from mentorinaja.bookings.moves import Actor
from mentorinaja.bookings.rules import Hold
from mentorinaja.db.pool import Connection
from mentorinaja.jobs.queue import enqueue


async def complete(
    tx: Connection, booking_id: UUID, reason: str, *, actor: Actor = "system", actor_id: int | None = None
) -> bool:
    """The session took place; `reason` says how it ended. False when it was not confirmed (or is done)."""
    order = await queries.lock_order_of_booking(tx, booking_id)
    state = rules.after(order.state, "complete")
    if state is None:
        return False
    await moves.write(tx, order, state)
    await moves.record_event(tx, order.id, actor, "completed", actor_id=actor_id, detail={"reason": reason})
    release_at = order.now + rules.HELD_AFTER_COMPLETION
    # With the session also what was paid to make it longer is earned.
    await tx.execute(
        """UPDATE orders SET release_at = $2 WHERE id = $1 OR (paid_at IS NOT NULL AND id IN (
             SELECT order_id FROM session_extensions WHERE booking_id = $3))""",
        order.id,
        release_at,
        booking_id,
    )
    await enqueue(tx, moves.RELEASE_DUE, at=release_at)
    return True


async def call_off(
    tx: Connection, order: Order, reason: str, *, actor: Actor, actor_id: int | None = None, words: str = ""
) -> bool:
    """A paid session will not take place; `reason` is kept as its `cancel_reason`. False when it was not confirmed.

    The order is locked by the caller, who also says what becomes of the money. `words` are an admin's why.
    """
    order = await queries.relock(tx, order)
    state = rules.after(order.state, "call_off")
    if state is None:
        return False
    await moves.write(tx, order, state, cancel_reason=reason)
    detail = {"reason": reason} | ({"words": words} if words else {})
    await moves.record_event(tx, order.id, actor, "cancelled", actor_id=actor_id, detail=detail)
    await moves.give_time_up(tx, order)
    return True


async def keep_rest(tx: Connection, order: Order) -> None:
    """What is left of a session its payer called off is earned a day after it would have ended."""
    release_at: datetime = await tx.fetchval(
        "UPDATE orders SET release_at = $2::timestamptz WHERE id = $1 RETURNING release_at",
        order.id,
        (order.held_until or order.starts_at or order.now) + rules.HELD_AFTER_COMPLETION,
    )
    await enqueue(tx, moves.RELEASE_DUE, at=release_at)


async def hold_anew(tx: Connection, order: Order, time: Hold) -> bool:
    """Money that came late buys another time: the booking holds it and waits for `confirm`.

    The order is locked by the caller. False when somebody else has it: the exclusion constraints decide.
    """
    order = await queries.relock(tx, order)
    state = moves.state_after(order, "hold_anew")
    try:
        async with tx.transaction():
            await moves.move_in_time(tx, order, time)
            await moves.write(tx, order, state, cancel_reason=None)
    except asyncpg.ExclusionViolationError:
        return False
    detail = {"to": time.starts.isoformat()}
    await moves.record_event(tx, order.id, "user", "time_chosen", actor_id=order.user_id, detail=detail)
    await moves.refresh(tx, order.expert_id)
    return True


async def mark_owed(
    tx: Connection, order: Order, amount: int, reason: str, *, actor: Actor, actor_id: int | None = None
) -> None:
    """`amount` rupiah of what was paid are to go back. Raises `IllegalMove` unless money is there."""
    order = await queries.relock(tx, order)
    await moves.write(tx, order, moves.state_after(order, "owe"))
    detail = {"amount": amount, "reason": reason}
    await moves.record_event(tx, order.id, actor, "refund_requested", actor_id=actor_id, detail=detail)
