"""Moving a paid session to another free time: the payment, the order and its number stay."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from mentorinaja.bookings import moves, queries, rules, slots
from mentorinaja.bookings.details import Order
from mentorinaja.bookings.refusals import CannotMove
from mentorinaja.bookings.rules import Hold
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.notices import actions as notices
from mentorinaja.schedule import queries as schedule
from mentorinaja.web.viewer import Viewer


@atomic
async def move(tx: Connection, user: Viewer, public_id: str, starts_at: datetime) -> None:
    """The payer takes `starts_at` instead, a free start of the same service; both are told by mail.

    The same move sent twice is one. Raises `NotThere`, `CannotMove`, `SlotTaken`, `OwnOverlap` or `NotASlot`;
    then nothing was changed.
    """
    expert_came = await _lock_room(tx, public_id)
    order = await queries.lock_order(tx, public_id)
    if order.user_id != user.id:
        raise NotThere
    if order.starts_at == starts_at and await _times_moved(tx, order.id):
        return
    time = _time_of(order, expert_came=expert_came)
    await _take(tx, order, await _new_time(tx, order, starts_at))
    detail = {"from": time.starts.isoformat(), "to": starts_at.isoformat()}
    await moves.record_event(tx, order.id, "user", "moved", actor_id=user.id, detail=detail)
    await moves.refresh(tx, order.expert_id)
    await _tell_both(tx, order)


def why_not_moved(*, expert_came: bool, room_path: str) -> CannotMove:
    """The refusal with its sentence and next step."""
    if expert_came:
        return CannotMove(
            "Mentor sudah masuk ke ruang sesi, jadi sesinya berlangsung sekarang.",
            [("Buka ruang sesi", room_path)],
        )
    return CannotMove(
        "Jadwal baru dapat dipilih bila mentor belum hadir 10 menit setelah sesi mulai.",
        [("Lihat Riwayat", "/user/transactions")],
    )


async def _lock_room(tx: Connection, public_id: str) -> bool:
    """Lock the session's room, if it is open; answers whether the expert came.

    A session that ends locks its room before its order: so does this, which moves the room along.
    """
    came: bool | None = await tx.fetchval(
        """SELECT s.expert_joined_at IS NOT NULL FROM active_sessions s
             JOIN bookings b ON b.id = s.booking_id JOIN orders o ON o.id = b.order_id
           WHERE o.public_id = $1 FOR UPDATE OF s""",
        public_id,
    )
    return bool(came)


def _time_of(order: Order, *, expert_came: bool) -> Hold:
    """The time the session has, if it may have another. Raises `CannotMove`."""
    hold = order.hold if order.category == "online_chat" else None
    late = hold is not None and rules.expert_is_late(hold.starts, hold.ends, order.now, came=expert_came)
    if hold is None or not rules.may_move(order.state, expert_late=late):
        raise why_not_moved(expert_came=expert_came, room_path=f"/session?bookingId={order.booking_id}")
    return hold


async def _new_time(tx: Connection, order: Order, starts_at: datetime) -> Hold:
    """What the session takes at its new time, which is free now by the SQL that the form asked."""
    assert order.duration_minutes is not None, "only what takes time is moved"
    buffer: int = await tx.fetchval(
        "SELECT coalesce((SELECT buffer_minutes FROM schedules WHERE expert_id = $1), 0)", order.expert_id
    )
    time = rules.hold(starts_at, order.duration_minutes, buffer, is_now=False)
    await moves.expire_overdue(tx, order.expert_id, order.user_id, time)
    minutes = order.duration_minutes
    if not await schedule.slot_is_free(tx, order.expert_id, minutes, starts_at, order.user_id):
        raise await slots.why_not_free(tx, order.expert_id, order.user_id, time)
    return time


async def _take(tx: Connection, order: Order, time: Hold) -> None:
    """The exclusion constraints have the last word."""
    try:
        async with tx.transaction():
            await tx.execute(
                """UPDATE bookings SET starts_at = $2, during = tstzrange($2, $3), blocked = tstzrange($2, $4),
                     is_now = false WHERE id = $1""",
                order.booking_id,
                time.starts,
                time.ends,
                time.blocked_until,
            )
    except asyncpg.ExclusionViolationError:
        raise await slots.why_lost(tx, order.user_id, time) from None


async def _times_moved(tx: Connection, order_id: int) -> int:
    times: int = await tx.fetchval(
        "SELECT count(*) FROM order_events WHERE order_id = $1 AND event = 'moved'", order_id
    )
    return times


async def _tell_both(tx: Connection, order: Order) -> None:
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    version = await _times_moved(tx, order.id)
    for user_id in (order.user_id, expert_user_id):
        await notices.queue(
            tx, "changed", user_id=user_id, about=order.public_id, order_id=order.id, version=version
        )
