"""More time for a session that runs: it is held for both, and sold as an order of its own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from mentorinaja import money
from mentorinaja.bookings import moves, queries, rules
from mentorinaja.bookings.placing import NewOrder, place_order
from mentorinaja.bookings.rules import Hold
from mentorinaja.db.pool import Connection
from mentorinaja.jobs.queue import enqueue


async def prolong(tx: Connection, booking_id: UUID, until: datetime) -> bool:
    """Hold a confirmed session's time until `until`, and the expert's buffer after it.

    False when that time is somebody else's: the exclusion constraints decide, and nothing is changed. Held
    time ends with the session: only live bookings hold any. Whoever also locks the room locks it first.
    """
    order = await queries.lock_order_of_booking(tx, booking_id)
    assert order.hold is not None, "only a session with a time of its own goes on"
    minutes: int = await tx.fetchval(
        "SELECT coalesce((SELECT buffer_minutes FROM schedules WHERE expert_id = $1), 0)", order.expert_id
    )
    time = rules.prolonged(order.hold, until, minutes)
    await moves.expire_overdue(tx, order.expert_id, order.user_id, time)
    try:
        async with tx.transaction():
            await _hold(tx, booking_id, time)
    except asyncpg.ExclusionViolationError:
        return False
    await moves.refresh(tx, order.expert_id)
    return True


async def order_more_time(
    tx: Connection, booking_id: UUID, minutes: int, deadline: datetime, expert_user_id: int
) -> int:
    """An order over so many minutes more of a session, to be paid by `deadline`; answers its id.

    Its price is the session's own for that time; names, rates, rule and method are those of the session's order.
    """
    order = await queries.lock_order_of_booking(tx, booking_id)
    sale = await queries.order_by_id(tx, order.id)
    assert sale is not None and sale.duration_minutes is not None, "only a session with a duration goes on"
    price = money.price(
        money.pro_rata(sale.subtotal, minutes, sale.duration_minutes),
        sale.admin_fee_bps,
        sale.platform_fee_bps,
    )
    tax_bps: int = await tx.fetchval("SELECT tax_bps FROM orders WHERE id = $1", order.id)
    new = NewOrder(
        kind="extension",
        user_id=sale.user_id,
        payer_name=sale.payer_name,
        expert_id=sale.expert_id,
        expert_name=sale.expert_name,
        item_name=f"+{minutes} menit: {sale.item_name}",
        price=price,
        admin_fee_bps=sale.admin_fee_bps,
        platform_fee_bps=sale.platform_fee_bps,
        tax_bps=tax_bps,
        cancel_policy=sale.cancel_policy,
        payment_method=sale.payment_method,
        pay_deadline=deadline,
    )
    return (await place_order(tx, new, order.now, actor="expert", actor_id=expert_user_id)).id


async def close_payment(tx: Connection, order_id: int) -> None:
    """An unpaid order can be paid no longer, whatever its deadline was; the order is locked by the caller."""
    closed = await tx.execute(
        """UPDATE orders SET pay_deadline = least(pay_deadline, app_now())
           WHERE id = $1 AND payment_status = 'waiting'""",
        order_id,
    )
    if closed == "UPDATE 1":
        await enqueue(tx, moves.EXPIRE_DUE)


async def _hold(tx: Connection, booking_id: UUID, time: Hold) -> None:
    await tx.execute(
        "UPDATE bookings SET during = tstzrange($2, $3), blocked = tstzrange($2, $4) WHERE id = $1",
        booking_id,
        time.starts,
        time.ends,
        time.blocked_until,
    )
