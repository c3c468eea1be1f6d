"""Reading orders and bookings; what ends in `_for` answers only what this person may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from mentorinaja.bookings.agenda import Entry, agenda_of
from mentorinaja.bookings.details import DETAIL_SQL, STATUS, WITH_BOOKING, OrderDetail, detail_from
from mentorinaja.bookings.evidence import Evidence, Report, evidence_of, reports_of
from mentorinaja.bookings.locked import LOCK_SQL, Order, order_from
from mentorinaja.bookings.refunds import Refund, why_refunded
from mentorinaja.db.pool import Connection, Database
from mentorinaja.errors import NotThere
from mentorinaja.web.viewer import Viewer

__all__ = ["Entry", "Evidence", "Order", "OrderDetail", "OrderPage", "Refund", "Report", "agenda_of", "evidence_of",
           "reports_of", "why_refunded"]  # fmt: skip

PAGE_SIZE = 10
TABS = ("pending", "confirmed", "completed", "cancelled")


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of a list of orders; `page` counts from 1, `counts` says how many each tab has ("": all)."""

    orders: list[OrderDetail]
    page: int
    pages: int
    counts: Mapping[str, int]


async def order_for(db: Connection | Database, user: Viewer, public_id: str) -> OrderDetail | None:
    """The payer's view of an order; None when it is not there or somebody else pays."""
    row = await db.fetchrow(DETAIL_SQL + "WHERE o.public_id = $1 AND o.user_id = $2", public_id, user.id)
    return detail_from(row) if row else None


async def order_of_expert(db: Connection | Database, expert_id: int, public_id: str) -> OrderDetail | None:
    """The expert's view of an order; None when it is not there or somebody else's."""
    row = await db.fetchrow(DETAIL_SQL + "WHERE o.public_id = $1 AND o.expert_id = $2", public_id, expert_id)
    return detail_from(row) if row else None


async def order_by_id(db: Connection | Database, order_id: int) -> OrderDetail | None:
    """An order for mails and other work of the system itself: asks for no permission."""
    row = await db.fetchrow(DETAIL_SQL + "WHERE o.id = $1", order_id)
    return detail_from(row) if row else None


async def order_called(db: Connection | Database, public_id: str) -> OrderDetail | None:
    """As `order_by_id`, by the id that people know it by; asks for no permission."""
    row = await db.fetchrow(DETAIL_SQL + "WHERE o.public_id = $1", public_id)
    return detail_from(row) if row else None


async def owned_by(db: Connection | Database, user_id: int) -> list[OrderDetail]:
    """The orders of products that are the user's now, the newest payment first."""
    rows = await db.fetch(
        DETAIL_SQL
        + "WHERE o.user_id = $1 AND bought.state = 'owned' ORDER BY o.paid_at DESC, o.id DESC LIMIT 500",
        user_id,
    )
    return [detail_from(row) for row in rows]


async def lock_order(tx: Connection, public_id: str) -> Order:
    """The order and its booking, if it has one, locked until the transaction ends. Raises `NotThere`.

    The order's row is locked first and everybody locks in this way; the lock lets rows that only refer to
    the order be written meanwhile.
    """
    order_id = await tx.fetchval("SELECT id FROM orders WHERE public_id = $1 FOR NO KEY UPDATE", public_id)
    if order_id is None:
        raise NotThere
    return await _locked(tx, order_id)


async def lock_order_of_booking(tx: Connection, booking_id: UUID) -> Order:
    """As `lock_order`, by the booking. Raises `NotThere`."""
    order_id = await tx.fetchval("SELECT order_id FROM bookings WHERE id = $1", booking_id)
    if order_id is None:
        raise NotThere
    await tx.execute("SELECT FROM orders WHERE id = $1 FOR NO KEY UPDATE", order_id)
    return await _locked(tx, order_id)


async def relock(tx: Connection, order: Order) -> Order:
    """What is true now of an order this transaction has locked already."""
    return await _locked(tx, order.id)


async def overdue_unpaid(db: Connection | Database, limit: int = 200) -> list[str]:
    """Public ids of orders whose payment deadline passed and nobody has written it down; oldest first."""
    rows = await db.fetch(
        """SELECT public_id FROM orders
           WHERE payment_status = 'waiting' AND pay_deadline <= app_now()
           ORDER BY pay_deadline, id LIMIT $1""",
        limit,
    )
    return [row["public_id"] for row in rows]


async def orders_of_user(db: Connection | Database, user_id: int, status: str | None, page: int) -> OrderPage:
    """Riwayat: what the user booked, newest first; `status` is one of `TABS` or None for all."""
    return await _page(db, "o.user_id = $1", (user_id,), status, page)


async def orders_of_expert(
    db: Connection | Database, expert_id: int, status: str | None, page: int, words: str = ""
) -> OrderPage:
    """What was booked with the expert and paid, newest first: unpaid bookings are not the expert's yet.

    With `words` only orders whose id, payer or item has them somewhere, whatever the capital letters.
    """
    where, args = "o.expert_id = $1 AND o.paid_at IS NOT NULL", (expert_id,)
    if not words:
        return await _page(db, where, args, status, page)
    where += " AND position(lower($2) IN lower(concat_ws(' ', o.public_id, o.payer_name, o.item_name))) > 0"
    return await _page(db, where, (expert_id, words), status, page)


async def coming_sessions(db: Connection | Database, expert_id: int, limit: int = 5) -> list[OrderDetail]:
    """The expert's confirmed sessions and threads that are not over, those due soonest first."""
    rows = await db.fetch(
        DETAIL_SQL
        + """WHERE o.id IN (SELECT order_id FROM bookings WHERE expert_id = $1 AND status = 'confirmed'
               AND (blocked IS NULL OR upper(blocked) > app_now()))
             ORDER BY b.starts_at, b.id LIMIT $2""",
        expert_id,
        limit,
    )
    return [detail_from(row) for row in rows]


async def _locked(tx: Connection, order_id: int) -> Order:
    # A statement of its own: it sees what was committed while the lock was waited for.
    row = await tx.fetchrow(LOCK_SQL, order_id)
    assert row is not None, "orders are never deleted"
    return order_from(row)


async def _page(
    db: Connection | Database, where: str, args: tuple[object, ...], status: str | None, page: int
) -> OrderPage:
    # An unpaid order past its deadline is over, whether or not that was written down.
    late = "o.payment_status = 'waiting' AND o.pay_deadline <= app_now()"
    shown = f"CASE WHEN {late} THEN 'cancelled' ELSE {STATUS} END"
    groups = await db.fetch(
        f"SELECT {shown} AS status, count(*) AS orders FROM orders o {WITH_BOOKING} WHERE {where} GROUP BY 1",
        *args,
    )
    counts = {group["status"]: group["orders"] for group in groups}
    counts[""] = sum(counts.values())
    pages = max(1, -(-counts.get(status or "", 0) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    next_arg = len(args) + 1
    # The page is chosen first: everything about an order is read of those alone that are shown.
    rows = await db.fetch(
        f"""{DETAIL_SQL} WHERE o.id = ANY (ARRAY(
              SELECT o.id FROM orders o {WITH_BOOKING}
              WHERE {where} AND (${next_arg}::text IS NULL OR {shown} = ${next_arg})
              ORDER BY o.created_at DESC, o.id DESC LIMIT {PAGE_SIZE} OFFSET ${next_arg + 1}))
            ORDER BY o.created_at DESC, o.id DESC""",
        *args,
        status,
        (page - 1) * PAGE_SIZE,
    )
    return OrderPage([detail_from(row) for row in rows], page, pages, counts)
