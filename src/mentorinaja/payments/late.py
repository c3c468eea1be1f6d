"""Money that came too late for its session: the payer takes another time with it, or has it back."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.actions import CannotMove, NotReceiving
from mentorinaja.bookings.queries import Order, OrderDetail
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.ledger import actions as ledger
from mentorinaja.payments import outcome, refunds
from mentorinaja.web.viewer import Viewer


@atomic
async def choose(tx: Connection, user: Viewer, public_id: str, starts_at: datetime) -> None:
    """The payer takes `starts_at` with money that came late: it pays for that time, and nothing goes back.

    The same choice sent twice is one. Raises `NotThere`, `CannotMove` when it is too late for that, `NotReceiving`,
    `SlotTaken`, `OwnOverlap` or `NotASlot`; then nothing was changed.
    """
    order, sale = await _locked(tx, user, public_id)
    if order.status == "confirmed" and order.starts_at == starts_at:
        return
    if not sale.can_choose(order.now):
        raise too_late()
    time = await bookings.free_time(tx, order, starts_at)
    transaction_id = await _transaction(tx, order)
    if not await refunds.call_off(tx, transaction_id):
        raise too_late()
    if not await bookings.hold_anew(tx, order, time):
        raise await bookings.why_lost(tx, order.user_id, time)
    # Nobody pauses the expert from here on: holding the time took the expert's row.
    await check_receiving(tx, sale)
    await outcome.confirm(tx, order, transaction_id, ledger.move_to_sale)


async def check_receiving(db: Connection | Database, sale: OrderDetail) -> None:
    """Another time is a new session, which only an expert who is listed takes. Raises `NotReceiving`."""
    if await db.fetchval("SELECT status FROM experts WHERE id = $1", sale.expert_id) != "published":
        raise NotReceiving.for_late_money(sale.expert_name, sale.public_id)


@atomic
async def give_back(tx: Connection, user: Viewer, public_id: str) -> None:
    """The payer wants the money instead of another time: it is on its way now. Twice is once. Raises `NotThere`."""
    order, sale = await _locked(tx, user, public_id)
    if order.payment_status != "paid_late":
        raise NotThere
    if sale.choose_until is not None:
        await send_back(tx, order, "user", user.id)


async def send_back(
    tx: Connection, order: Order, actor: Literal["user", "admin"], actor_id: int, words: str = ""
) -> None:
    """The money is on its way, whatever time there was left to choose; the order is locked by the caller."""
    await tx.execute(
        "UPDATE refunds SET not_before = NULL WHERE order_id = $1 AND reason = 'paid_late'", order.id
    )
    detail = {"words": words} if words else None
    await bookings.record_event(tx, order.id, actor, "money_chosen", actor_id=actor_id, detail=detail)
    await enqueue(tx, refunds.CARRY_OUT)


def too_late() -> CannotMove:
    """The refusal with its sentence and next step."""
    return CannotMove(
        "Waktu untuk memilih jadwal baru sudah lewat, jadi dananya kami kembalikan.",
        [("Lihat Riwayat", "/user/transactions?status=cancelled")],
    )


async def _locked(tx: Connection, user: Viewer, public_id: str) -> tuple[Order, OrderDetail]:
    order = await orders.lock_order(tx, public_id)
    sale = await orders.order_by_id(tx, order.id)
    if sale is None or order.user_id != user.id or sale.kind != "booking":
        raise NotThere
    return order, sale


async def _transaction(tx: Connection, order: Order) -> str:
    transaction_id: str = await tx.fetchval(
        """SELECT transaction_id FROM refunds WHERE order_id = $1 AND reason = 'paid_late' AND state <> 'rejected'
           ORDER BY id LIMIT 1""",
        order.id,
    )
    return transaction_id
