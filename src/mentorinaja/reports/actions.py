"""Something was wrong with a session: one side reports it once, an admin decides once on the recorded facts."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.formats import rupiah
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices import actions as notices
from mentorinaja.payments import actions as payments
from mentorinaja.reports.rules import (
    LONGEST_REASON,
    SHORTEST_REASON,
    AlreadyReported,
    Undecidable,
    why_not,
)
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms import queries
from mentorinaja.rooms.room import Room, Side
from mentorinaja.web.viewer import Viewer

REPORTED, DECIDED = "report", "report_decided"

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
    for person in await _both(tx, order):
        await notices.queue(tx, REPORTED, user_id=person, about=f"report-{report_id}", order_id=order.id)
    await notices.queue_for_admins(tx, REPORTED, about=f"report-{report_id}", order_id=order.id)
    return report_id


async def decide(db: Database, admin: Viewer, report_id: int, refund: int | None, reason: str) -> None:
    """An admin decides a session's open reports, once: `refund` whole rupiah go back, or None and all is kept.

    `reason` (10 to 1,000 characters) is read by both sides. A thread that was objected to completes, or is
    cancelled when all of it goes back. Raises `NotThere` for anybody but admins, `Undecidable`.
    """
    if admin.role != "admin":
        raise NotThere
    booking_id: UUID | None = await db.fetchval(
        "SELECT booking_id FROM session_reports WHERE id = $1", report_id
    )
    if booking_id is None:
        raise NotThere
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Undecidable(f"Tulis alasan, {SHORTEST_REASON} sampai {LONGEST_REASON} karakter.")
    if refund is not None and refund <= 0:
        raise Undecidable("Jumlah yang dikembalikan lebih dari Rp 0.")
    await _decide(db, admin, booking_id, report_id, refund, reason)


@atomic
async def _decide(
    tx: Connection, admin: Viewer, booking_id: UUID, report_id: int, refund: int | None, reason: str
) -> None:
    room, order = await _lock(tx, booking_id)
    if admin.id in await _both(tx, order):
        raise Undecidable("Anda salah satu dari kedua pihak. Minta admin lain memutuskannya.")
    # Both sides may have reported the same session: it is one decision.
    waiting = await tx.fetch(
        """SELECT r.id, r.kind FROM session_reports r JOIN session_reports asked USING (booking_id, kind)
           WHERE asked.id = $1 AND r.decided_at IS NULL ORDER BY r.id""",
        report_id,
    )
    decided = [row["id"] for row in waiting]
    if report_id not in decided:
        raise Undecidable(f"Laporan ini sudah diputuskan oleh {await _decider(tx, report_id)}.")
    await tx.execute(
        """UPDATE session_reports SET decision = $2, refund_amount = $3, reason = $4, decided_by = $5,
             decided_at = app_now()
           WHERE id = ANY($1)""",
        decided,
        "kept" if refund is None else "refunded",
        refund,
        reason,
        admin.id,
    )
    if waiting[0]["kind"] == "objection":
        await _settle_thread(tx, admin, room, report_id, refund)
    elif refund is not None:
        await _give_back(tx, admin, booking_id, report_id, refund)
    await _tell_decision(tx, admin, order, decided, refund, reason)
    for one in decided:
        await audit.record(
            tx,
            admin,
            "report.decided",
            "report",
            str(one),
            reason=reason,
            amount=refund or 0,
            detail={"order": order.public_id, "together": decided},
        )


async def _settle_thread(
    tx: Connection, admin: Viewer, room: Room, report_id: int, refund: int | None
) -> None:
    """What an objection's decision does to the thread: it ends, with all, part or none of its money going back."""
    if refund is not None and refund > room.total:
        raise Undecidable(_most_is(room.total))
    if refund == room.total:
        await rooms.call_off(tx, room, by="timeout", cause="disputed", at=room.read_at)
        return
    if refund is not None:
        await _give_back(tx, admin, room.booking_id, report_id, refund)
    cause = "objection_kept" if refund is None else "objection_partly"
    await rooms.finish(tx, room, by="timeout", cause=cause, at=room.read_at)


async def _give_back(tx: Connection, admin: Viewer, booking_id: UUID, report_id: int, amount: int) -> None:
    # Both sides may report one after the other: each decision is a refund of its own.
    owed = await payments.owe_back(
        tx, booking_id, amount, "disputed", actor="admin", actor_id=admin.id, cause=f"r{report_id}"
    )
    if owed < amount:
        raise Undecidable(_most_is(owed))


async def _tell_decision(
    tx: Connection, admin: Viewer, order: Order, decided: list[int], refund: int | None, reason: str
) -> None:
    detail = {"report_ids": decided, "refund": refund, "reason": reason}
    await bookings.record_event(tx, order.id, "admin", "report_decided", actor_id=admin.id, detail=detail)
    for person in await _both(tx, order):
        await notices.queue(tx, DECIDED, user_id=person, about=f"report-{min(decided)}", order_id=order.id)
    # What was held goes on.
    await enqueue(tx, bookings.RELEASE_DUE)


async def _decider(tx: Connection, report_id: int) -> str:
    name: str | None = await tx.fetchval(
        "SELECT u.full_name FROM session_reports r JOIN users u ON u.id = r.decided_by WHERE r.id = $1",
        report_id,
    )
    return name or "admin lain"


async def _lock(tx: Connection, booking_id: UUID) -> tuple[Room, Order]:
    """The session and its order, both locked, the room first as everywhere; decisions come one after the other."""
    await tx.execute("SELECT FROM active_sessions WHERE booking_id = $1 FOR UPDATE", booking_id)
    order = await orders.lock_order_of_booking(tx, booking_id)
    return (await queries.rooms_by_id(tx, [booking_id]))[booking_id], order


async def _both(tx: Connection, order: Order) -> tuple[int, int]:
    expert_user_id: int = await tx.fetchval("SELECT user_id FROM experts WHERE id = $1", order.expert_id)
    return order.user_id, expert_user_id


def _most_is(amount: int) -> str:
    if amount == 0:
        return "Tidak ada lagi uang dari pesanan ini yang bisa dikembalikan."
    return f"Yang bisa dikembalikan paling banyak {rupiah(amount)}."
