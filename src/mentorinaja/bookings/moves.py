"""The moves of an order: each checks the table, writes the new state and says so in the order's history.

An order without a booking of its own goes the same ways; only its money moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import asyncpg
from piccolo.columns import Column

from mentorinaja.bookings import queries, reminding, rules, telling
from mentorinaja.bookings.locked import Order
from mentorinaja.bookings.rules import Hold, Move, PaymentStatus, State
from mentorinaja.bookings.tables import Bookings, Orders
from mentorinaja.db.pool import Connection, run
from mentorinaja.experts.actions import refresh_listing
from mentorinaja.jobs.queue import enqueue
from mentorinaja.schedule.queries import busy_elsewhere

Actor = Literal["user", "expert", "admin", "system", "midtrans"]

# The sweep that closes unpaid orders; run by payments, which asks Midtrans first.
EXPIRE_DUE = "bookings.expire_due"
# The sweep that makes earnings available; run by payments, which knows the transactions.
RELEASE_DUE = "bookings.release_due"
# The sweep that moves the clocks of sessions; run by rooms, also rung when somebody paid for more time.
ROOMS_DUE = "rooms.move_due"
# The sweep that gives meeting links to sessions that have none; run by payments.
FILL_LINKS = "payments.fill_links"


class IllegalMove(Exception):
    """The code asked for a move that is not in the table: a fault, not a person's mistake."""


async def confirm(tx: Connection, order: Order, paid_at: datetime) -> Order:
    """Money came: the booking stands. A `now` booking starts at the payment, within the time it held.

    The order is locked by the caller. Answers the order as it is now. Raises `IllegalMove` unless it waits.
    """
    order = await queries.relock(tx, order)
    state = state_after(order, "confirm")
    if order.is_now and order.hold and order.duration_minutes:
        order = await move_in_time(tx, order, rules.paid_now(order.hold, paid_at, order.duration_minutes))
    order = await write(tx, order, state, paid_at=paid_at, under_review=False, last_attempt_failed=False)
    await record_event(tx, order.id, "midtrans", "confirmed", detail={"paid_at": paid_at.isoformat()})
    await reminding.remind(tx, order)
    return order


async def take_again(tx: Connection, order: Order) -> bool:
    """Whether money that came, perhaps late, can still have its session.

    True: the order waits for `confirm` (an expired booking holds its slot again). False: somebody else has the time,
    or the expert by a calendar outside, or pauses; it has begun (or nothing is left to extend), the user had cancelled,
    or bought the same product anew.
    """
    order = await queries.relock(tx, order)
    last = rules.last_moment(order.starts_at, order.pay_deadline, is_now=order.is_now)
    if order.kind != "product" and order.now >= last:
        return False
    if order.waits:
        return True
    state = rules.after(order.state, "take_again")
    if state is None or not await _takes_it_still(tx, order):
        return False
    await expire_overdue_around(tx, order)
    try:
        async with tx.transaction():
            await write(tx, order, state, cancel_reason=None)
    except (asyncpg.ExclusionViolationError, asyncpg.UniqueViolationError):
        return False
    await record_event(tx, order.id, "system", "taken_again")
    await _free_time(tx, order)
    return True


async def unconfirm(tx: Connection, order: Order) -> Order:
    """The bank or Midtrans took the payment back.

    Before the start: waiting again while there is time to pay, else cancelled. Once begun (or called off), the
    session stays what it is and only the money is marked. Raises `IllegalMove` unless the order was paid.
    """
    order = await queries.relock(tx, order)
    if order.status in ("completed", "cancelled") or order.started or order.starts_at is None:
        order = await write(tx, order, state_after(order, "reverse_started"))
        await record_event(tx, order.id, "midtrans", "reversed")
        return order
    deadline = rules.pay_deadline(order.created_at, order.starts_at, is_now=order.is_now)
    if deadline > order.now:
        order = await write(
            tx,
            order,
            state_after(order, "reopen"),
            pay_deadline=deadline,
            paid_at=None,
            last_attempt_failed=True,
        )
        await record_event(tx, order.id, "midtrans", "reopened", detail={"until": deadline.isoformat()})
        await telling.tell_reopened(tx, order)
        await reminding.warn_before_deadline(
            tx, order.user_id, order.id, order.public_id, order.now, deadline
        )
        await enqueue(tx, EXPIRE_DUE, at=deadline)
        return order
    order = await write(tx, order, state_after(order, "reverse"), cancel_reason="reversed")
    await record_event(tx, order.id, "midtrans", "reversed")
    await give_time_up(tx, order)
    await telling.tell_cancelled(tx, order)
    return order


async def turn_money(
    tx: Connection, order: Order, into: PaymentStatus, *, actor: Actor = "midtrans", whole: bool = True
) -> bool:
    """Write down what became of money that had come: late, refunded, charged back (`whole`, or part of it).

    False when that cannot follow what is known already (a repeated or older message): nothing is changed.
    """
    order = await queries.relock(tx, order)
    state = rules.after_money(order.state, into, stays=order.started or not whole)
    if state is None:
        return False
    reason = into if state[0] != order.status else order.cancel_reason
    await write(tx, order, state, cancel_reason=reason)
    await record_event(tx, order.id, actor, into)
    if state[0] != order.status:
        await give_time_up(tx, order)
        await telling.tell_cancelled(tx, order)
    return True


async def expire(tx: Connection, order: Order) -> bool:
    """Write down that the payment deadline passed; False when it has not, or the order does not wait."""
    order = await queries.relock(tx, order)
    if not order.overdue:
        return False
    move: Move = "fail" if order.last_attempt_failed else "expire"
    state = state_after(order, move)
    await write(tx, order, state, cancel_reason=state[1], under_review=False)
    await record_event(tx, order.id, "system", state[1])
    await _free_time(tx, order)
    return True


async def cancel(
    tx: Connection,
    order: Order,
    actor_id: int,
    *,
    actor: Literal["user", "admin"] = "user",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """The payer (or an admin) gives an unpaid order up. Raises `IllegalMove` unless it waits."""
    order = await queries.relock(tx, order)
    await write(tx, order, state_after(order, "cancel"), cancel_reason=actor, under_review=False)
    await record_event(tx, order.id, actor, "cancelled", actor_id=actor_id, detail=detail)
    await _free_time(tx, order)
    # The sweep also tells Midtrans about attempts that can still be paid.
    await enqueue(tx, EXPIRE_DUE)


async def expire_overdue_around(tx: Connection, around: Order) -> None:
    """Expire overdue unpaid bookings that overlap this one's time, of its expert or its user."""
    if around.hold:
        await expire_overdue(tx, around.expert_id, around.user_id, around.hold)


async def expire_overdue(tx: Connection, expert_id: int, user_id: int, time: Hold) -> None:
    """Expire overdue unpaid bookings of the expert or the user that overlap `time`."""
    rows = await tx.fetch(
        """SELECT o.public_id FROM orders o JOIN bookings b ON b.order_id = o.id
           WHERE b.status = 'pending' AND o.pay_deadline <= app_now()
             AND ((b.expert_id = $1 AND b.blocked && tstzrange($3, $5))
               OR (b.user_id = $2 AND b.during && tstzrange($3, $4)))
           ORDER BY o.id""",
        expert_id,
        user_id,
        time.starts,
        time.ends,
        time.blocked_until,
    )
    for row in rows:
        await expire(tx, await queries.lock_order(tx, row["public_id"]))


async def record_event(
    tx: Connection,
    order_id: int,
    actor: Actor,
    event: str,
    *,
    actor_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the order's history, which both sides and the desk can read."""
    await tx.execute(
        "INSERT INTO order_events (order_id, actor, actor_id, event, detail) VALUES ($1, $2, $3, $4, $5)",
        order_id,
        actor,
        actor_id,
        event,
        dict(detail or {}),
    )


async def refresh(tx: Connection, expert_id: int) -> str:
    """Rewrite what lists keep of the expert, counting what others committed while the lock was waited for.

    Answers the expert's status, which nobody else changes until the transaction ends.
    """
    status: str = await tx.fetchval("SELECT status FROM experts WHERE id = $1 FOR NO KEY UPDATE", expert_id)
    await refresh_listing(tx, expert_id)
    return status


async def give_time_up(tx: Connection, order: Order) -> None:
    """A session that stood leaves its time to others, and its meeting link if that is reusable."""
    await tx.execute("DELETE FROM meeting_link_uses WHERE booking_id = $1 AND reusable", order.booking_id)
    await _free_time(tx, order)


async def _takes_it_still(tx: Connection, order: Order) -> bool:
    """Whether the expert of a booking that had expired takes it today: its time was anybody's meanwhile."""
    if order.booking_id is None:
        return True
    if await tx.fetchval("SELECT status FROM experts WHERE id = $1", order.expert_id) != "published":
        return False
    time = order.hold
    return time is None or not await busy_elsewhere(tx, order.expert_id, time.starts, time.blocked_until)


async def _free_time(tx: Connection, order: Order) -> None:
    """A booking that ends unpaid leaves its time to others."""
    if order.booking_id is not None:
        await refresh(tx, order.expert_id)


def state_after(order: Order, move: Move) -> State:
    """The state a move leads to. Raises `IllegalMove` when it may not happen."""
    state = rules.after(order.state, move)
    if state is None:
        raise IllegalMove(f"{move} of {order.public_id}, which is {order.state}")
    return state


async def write(tx: Connection, order: Order, state: State, **changes: Any) -> Order:
    """Write a state and what changes with it, each where it belongs; no booking, nothing to write there."""
    status, payment = state
    of_order: dict[Column | str, Any] = {Orders.payment_status: payment}
    of_booking: dict[Column | str, Any] = {Bookings.status: status}
    for name, value in changes.items():
        if name == "cancel_reason":
            of_booking[Bookings.cancel_reason] = value
        else:
            of_order[getattr(Orders, name)] = value
    await run(tx, Orders.update(of_order).where(Orders.id == order.id))
    if order.booking_id is not None:
        await run(tx, Bookings.update(of_booking).where(Bookings.id == order.booking_id))
    return replace(order, status=status, payment_status=payment, **changes)


async def move_in_time(tx: Connection, order: Order, time: Hold) -> Order:
    """Give the booking another time; the exclusion constraints decide if it holds one."""
    await tx.execute(
        """UPDATE bookings SET starts_at = $2, during = tstzrange($2, $3), blocked = tstzrange($2, $4)
           WHERE id = $1""",
        order.booking_id,
        time.starts,
        time.ends,
        time.blocked_until,
    )
    return replace(order, starts_at=time.starts, held_until=time.ends, blocked_until=time.blocked_until)
