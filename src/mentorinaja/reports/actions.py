"""Something was wrong with a session: one side reports it once; what admins do then is in `deciding` and `reopening`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.notices import actions as notices
from mentorinaja.reports.deciding import DECIDED, decide
from mentorinaja.reports.locking import both
from mentorinaja.reports.reopening import REOPENED, reopen
from mentorinaja.reports.rules import AlreadyReported, why_not
from mentorinaja.rooms import queries
from mentorinaja.rooms.room import Side
from mentorinaja.web.viewer import Viewer

__all__ = ["DECIDED", "REOPENED", "REPORTED", "decide", "open_case", "reopen", "report"]

# The mail to both sides and the admins.
REPORTED = "report"

Kind = Literal["problem", "objection"]


@atomic
async def report(tx: Connection, user: Viewer, booking_id: UUID, words: str) -> int:
    """One side of a video or offline session that is over says what was wrong; answers the report's id.

    `words` are 10 to 2,000 characters. The expert's earning is held until an admin has decided; both sides and
    the admins are told by mail. The same words again answer as the first time did. Raises `NotThere` for anybody
    else, `NotReportable` before the end and a day after it, `AlreadyReported`.
    """
    room = await queries.room_for(tx, user, booking_id)
    side = room.side_of(user.id) if room else None
    if room is None or side is None or room.kind != "scheduled":
        raise NotThere
    order = await orders.lock_order_of_booking(tx, booking_id)
    earlier = await tx.fetchrow(
        "SELECT id, words FROM session_reports WHERE booking_id = $1 AND side = $2 AND kind = 'problem'",
        booking_id,
        side,
    )
    if earlier is not None and earlier["words"] == words:
        known: int = earlier["id"]
        return known
    if earlier is not None:
        raise AlreadyReported("Laporan pertama Anda sudah kami terima dan tetap berlaku.")
    # As it is now that nobody else can change it.
    room = (await queries.rooms_by_id(tx, [booking_id]))[booking_id]
    if refusal := why_not(room, await orders.reports_of(tx, booking_id)):
        raise refusal
    return await open_case(tx, order, side, user.id, "problem", words)


async def open_case(tx: Connection, order: Order, side: Side, user_id: int, kind: Kind, words: str) -> int:
    """Write down what a side says, and tell both and the admins; answers the report's id.

    The order is locked by the caller, who knows that this side may say it and has not yet.
    """
    report_id: int = await tx.fetchval(
        "INSERT INTO session_reports (booking_id, side, kind, words) VALUES ($1, $2, $3, $4) RETURNING id",
        order.booking_id,
        side,
        kind,
        words,
    )
    event = "problem_reported" if kind == "problem" else "objected"
    await bookings.record_event(tx, order.id, side, event, actor_id=user_id, detail={"report_id": report_id})
    for person in await both(tx, order):
        await notices.queue(tx, REPORTED, user_id=person, about=f"report-{report_id}", order_id=order.id)
    await notices.queue_for_admins(tx, REPORTED, about=f"report-{report_id}", order_id=order.id)
    return report_id
