"""Moving a paid session to another free time: the payment, the order and its number stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

import asyncpg

from mentorinaja.bookings import moves, queries, reminding, rules, slots, telling
from mentorinaja.bookings.details import OrderDetail
from mentorinaja.bookings.locked import Order
from mentorinaja.bookings.refusals import CannotMove, NotASlot
from mentorinaja.bookings.rules import Hold
from mentorinaja.bookings.terms import MOVE_BEFORE
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.schedule import queries as schedule
from mentorinaja.web.viewer import Viewer

# Why a session got another time: its payer's one move, an expert who did not come, one who proposed it, or an admin.
Why = Literal["own", "absent", "proposal", "admin"]


@atomic
async def move(tx: Connection, user: Viewer, public_id: str, starts_at: datetime) -> None:
    """The payer takes `starts_at` instead, a free start of the same service; both are told by mail.

    Allowed once, in time before the session, and whenever its expert did not come. The same move sent twice is
    one. Raises `NotThere`, `CannotMove`, `SlotTaken`, `OwnOverlap` or `NotASlot`; then nothing was changed.
    """
    order, sale = await lock_session(tx, public_id)
    if order.user_id != user.id or sale.kind != "booking":
        raise NotThere
    if order.starts_at == starts_at:
        if sale.moves:
            return
        raise NotASlot("Itu jadwal Anda sekarang. Pilih waktu lain.")
    absent = sale.terms.instead_of_absent(order.now)
    if not absent:
        if not sale.terms.payer_may_move(order.now):
            raise why_not_moved(sale)
        await tx.execute(
            "UPDATE orders SET most_back_bps = $2 WHERE id = $1", order.id, sale.terms.back_bps(order.now)
        )
    time = await free_time(tx, order, starts_at)
    await take_time(tx, order, time, "absent" if absent else "own", actor="user", actor_id=user.id)


def why_not_moved(sale: OrderDetail) -> CannotMove:
    """The refusal with its sentence and next step."""
    room, history = ("Buka ruang sesi", sale.room_path), ("Lihat Riwayat", "/user/transactions")
    if sale.status != "confirmed":
        return CannotMove("Hanya sesi yang sudah dibayar dan belum berlangsung dapat dipindah.", [history])
    if sale.is_thread:
        return CannotMove("Layanan tertulis tidak punya jam sesi, jadi tidak perlu dipindah.", [room])
    if sale.expert_came:
        return CannotMove("Mentor sudah masuk ke ruang sesi, jadi sesinya berlangsung sekarang.", [room])
    if sale.most_back_bps is not None:
        return CannotMove("Jadwal sesi ini sudah pernah Anda pindahkan; itu hanya bisa sekali.", [history])
    hours = int(MOVE_BEFORE.total_seconds() // 3600)
    return CannotMove(
        f"Jadwal dapat dipindah sampai {hours} jam sebelum sesi,"
        " atau bila mentor belum hadir 10 menit setelah sesi mulai.",
        [history],
    )


async def lock_session(tx: Connection, public_id: str) -> tuple[Order, OrderDetail]:
    """Lock the session's room, if it is open, and its order; answers what is true of it then. Raises `NotThere`.

    A session that ends locks its room before its order: so does whoever moves or cancels it. While the booking
    is locked nobody opens its room; one that was opened just before is locked last.
    """
    await _lock_room(tx, public_id)
    order = await queries.lock_order(tx, public_id)
    await _lock_room(tx, public_id)
    sale = await queries.order_by_id(tx, order.id)
    assert sale is not None, "orders are never deleted"
    return order, sale


async def free_time(tx: Connection, order: Order, starts_at: datetime) -> Hold:
    """What the session takes at `starts_at`, which is free now by the SQL that the form asked.

    Raises `SlotTaken`, `OwnOverlap` or `NotASlot`.
    """
    time = await time_at(tx, order, starts_at)
    minutes, besides = order.duration_minutes, order.booking_id
    await moves.expire_overdue(tx, order.expert_id, order.user_id, time)
    if not await schedule.slot_is_free(tx, order.expert_id, minutes, starts_at, order.user_id, besides):
        raise await slots.why_not_free(tx, order.expert_id, order.user_id, time, besides=besides)
    return time


async def time_at(tx: Connection, order: Order, starts_at: datetime) -> Hold:
    """What the session takes when it starts at `starts_at`, with its expert's buffer of today."""
    assert order.duration_minutes is not None, "only what takes time is moved"
    buffer: int = await tx.fetchval(
        "SELECT coalesce((SELECT buffer_minutes FROM schedules WHERE expert_id = $1), 0)", order.expert_id
    )
    return rules.hold(starts_at, order.duration_minutes, buffer, is_now=False)


async def take_time(
    tx: Connection,
    order: Order,
    time: Hold,
    why: Why,
    *,
    actor: moves.Actor,
    actor_id: int,
    words: str = "",
) -> None:
    """Give the session its new time, its link and its place in the history, and tell both; `words` are an admin's why.

    The exclusion constraints have the last word. Raises `SlotTaken` or `OwnOverlap`.
    """
    assert order.starts_at is not None, "a session has a start"
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
        raise await slots.why_lost(tx, order.user_id, time, besides=order.booking_id) from None
    await _take_link_along(tx, order, time)
    detail = {"from": order.starts_at.isoformat(), "to": time.starts.isoformat(), "why": why}
    detail |= {"words": words} if words else {}
    await moves.record_event(tx, order.id, actor, "moved", actor_id=actor_id, detail=detail)
    await moves.refresh(tx, order.expert_id)
    await telling.tell_moved(tx, order)
    await reminding.remind(tx, replace(order, starts_at=time.starts))


async def _lock_room(tx: Connection, public_id: str) -> None:
    await tx.execute(
        """SELECT FROM active_sessions s JOIN bookings b ON b.id = s.booking_id JOIN orders o ON o.id = b.order_id
           WHERE o.public_id = $1 FOR UPDATE OF s""",
        public_id,
    )


async def _take_link_along(tx: Connection, order: Order, time: Hold) -> None:
    """The meeting link stays; a reusable one that somebody else has at the new time is given up for another."""
    try:
        async with tx.transaction():
            await tx.execute(
                """UPDATE meeting_link_uses SET around = tstzrange(lower(around) + $2, upper(around) + $2)
                   WHERE booking_id = $1""",
                order.booking_id,
                time.starts - order.starts_at if order.starts_at else None,
            )
    except asyncpg.ExclusionViolationError:
        await tx.execute("DELETE FROM meeting_link_uses WHERE booking_id = $1", order.booking_id)
        await enqueue(tx, moves.FILL_LINKS)
