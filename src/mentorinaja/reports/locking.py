"""What every decision on a reported session begins with: who decides, why, and its room and order locked."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection
from mentorinaja.errors import NotThere
from mentorinaja.reports.rules import LONGEST_REASON, SHORTEST_REASON, Undecidable
from mentorinaja.rooms import queries
from mentorinaja.rooms.room import Room
from mentorinaja.web.viewer import Viewer


async def lock_for(tx: Connection, admin: Viewer, report_id: int) -> tuple[Room, Order]:
    """The session of a report and its order, both locked, the room first as everywhere, for an admin who is neither of
    its two people. Raises `NotThere`, `Undecidable`.
    """
    if admin.role != "admin":
        raise NotThere
    booking_id: UUID | None = await tx.fetchval(
        "SELECT booking_id FROM session_reports WHERE id = $1", report_id
    )
    if booking_id is None:
        raise NotThere
    await tx.execute("SELECT FROM active_sessions WHERE booking_id = $1 FOR UPDATE", booking_id)
    order = await orders.lock_order_of_booking(tx, booking_id)
    if admin.id in await both(tx, order):
        raise Undecidable("Anda salah satu dari kedua pihak. Minta admin lain memutuskannya.")
    return (await queries.rooms_by_id(tx, [booking_id]))[booking_id], order


async def both(tx: Connection, order: Order) -> tuple[int, int]:
    """The ids of an order's two people, the payer's first."""
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    return order.user_id, expert_user_id


def checked(reason: str) -> str:
    """A reason that both sides can read. Raises `Undecidable`."""
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Undecidable(f"Tulis alasan, {SHORTEST_REASON} sampai {LONGEST_REASON} karakter.")
    return reason
