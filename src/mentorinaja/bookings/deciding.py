"""What an admin decides about an order: an unpaid one is given up, a paid session takes another time or stands again."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import moves, moving, queries, reminding, rules, slots, telling
from mentorinaja.bookings.details import OrderDetail
from mentorinaja.bookings.locked import Order
from mentorinaja.bookings.refusals import AlreadyPaid, CannotMove, CannotStandAgain, NotASlot, OwnCase
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.web.viewer import Viewer

# The mail to a payer whose unpaid order an admin gave up.
GIVEN_UP = "given_up"


@atomic
async def cancel_unpaid_by_admin(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """An admin gives an unpaid order up: its time is free, it cannot be paid any more, its payer is told why.

    Raises `NotThere` for anybody but admins, `OwnCase`, and `AlreadyPaid` for what does not wait for money.
    """
    order, _ = await lock_decided(tx, admin, public_id)
    if rules.after(order.state, "cancel") is None:
        raise AlreadyPaid("Order ini tidak menunggu pembayaran lagi. Lihat keadaannya sekarang.")
    await moves.cancel(tx, order, admin.id, actor="admin", detail={"words": reason})
    await telling.tell_user(tx, order, GIVEN_UP, 0)
    await audit.record(tx, admin, "order.given_up", "order", public_id, reason=reason)


@atomic
async def move_by_admin(
    tx: Connection, admin: Viewer, public_id: str, starts_at: datetime, reason: str
) -> None:
    """A paid session that has not begun takes `starts_at`, a free start by the rules of every booking; both are told.

    It uses up no move of its payer's and caps nothing. Raises `NotThere`, `OwnCase`, `CannotMove`, `SlotTaken`,
    `OwnOverlap` or `NotASlot`; then nothing was changed.
    """
    order, sale = await lock_decided(tx, admin, public_id)
    if not may_be_moved(sale, order.now):
        raise CannotMove("Hanya sesi berjam yang sudah dibayar dan belum berlangsung dapat dipindah.")
    if order.starts_at == starts_at:
        raise NotASlot("Itu jadwalnya sekarang. Pilih waktu lain.")
    assert order.starts_at is not None, "a session has a start"
    time = await moving.free_time(tx, order, starts_at)
    await moving.take_time(tx, order, time, "admin", actor="admin", actor_id=admin.id, words=reason)
    detail = {"from": order.starts_at.isoformat(), "to": starts_at.isoformat()}
    await audit.record(tx, admin, "order.moved", "order", public_id, reason=reason, detail=detail)


async def lock_decided(tx: Connection, admin: Viewer, public_id: str) -> tuple[Order, OrderDetail]:
    """An order and its room, locked for an admin's decision. Raises `NotThere` for others, `OwnCase` for its people."""
    if admin.role != "admin":
        raise NotThere
    order, sale = await moving.lock_session(tx, public_id)
    if admin.id in (sale.user_id, sale.expert_user_id):
        raise OwnCase.now()
    return order, sale


async def stand_again(tx: Connection, order: Order, admin_id: int, words: str) -> Order:
    """A session that was called off stands as before, all its money with it; its time must still be free.

    The order is locked by the caller, who also sees to its money and its meeting link. Raises `CannotStandAgain` once
    it would have begun or its room was open, `SlotTaken` or `OwnOverlap`.
    """
    order = await queries.relock(tx, order)
    state = rules.after(order.state, "stand_again")
    begun = order.starts_at is None or order.starts_at <= order.now
    opened = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM active_sessions WHERE booking_id = $1)", order.booking_id
    )
    if state is None or begun or opened:
        raise CannotStandAgain(
            "Waktunya sudah tiba, ruangnya sudah pernah dibuka, atau dananya sudah kembali."
        )
    await moves.expire_overdue_around(tx, order)
    try:
        async with tx.transaction():
            await moves.write(tx, order, state, cancel_reason=None)
    except asyncpg.ExclusionViolationError:
        assert order.hold is not None, "only what takes time can lose it"
        raise await slots.why_lost(tx, order.user_id, order.hold, besides=order.booking_id) from None
    await tx.execute("UPDATE orders SET release_at = NULL WHERE id = $1", order.id)
    # A link that was withdrawn meanwhile leads nowhere: it gets another.
    await tx.execute(
        """DELETE FROM meeting_link_uses u USING meeting_links_pool l
           WHERE l.id = u.link_id AND u.booking_id = $1 AND l.retired_at IS NOT NULL""",
        order.booking_id,
    )
    detail = {"again": True, "words": words}
    await moves.record_event(tx, order.id, "admin", "confirmed", actor_id=admin_id, detail=detail)
    await moves.refresh(tx, order.expert_id)
    order = await queries.relock(tx, order)
    await reminding.remind(tx, order)
    await telling.tell_restored(tx, order)
    return order


def may_be_moved(sale: OrderDetail, now: datetime) -> bool:
    """Whether an admin may give a session another time: before it begins, or when the expert of a chat is absent."""
    return sale.kind == "booking" and (
        sale.terms.expert_may_propose(now) or sale.terms.instead_of_absent(now)
    )
