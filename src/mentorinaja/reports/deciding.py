"""An admin decides on a reported session, once: how much goes back, and what becomes of a thread."""

from __future__ import annotations

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.formats import rupiah
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices import actions as notices
from mentorinaja.payments import actions as payments
from mentorinaja.reports.locking import both, checked, lock_for
from mentorinaja.reports.rules import Undecidable
from mentorinaja.rooms import actions as rooms
from mentorinaja.rooms.room import Room
from mentorinaja.web.viewer import Viewer

# The mail to both sides.
DECIDED = "report_decided"


@atomic
async def decide(tx: Connection, admin: Viewer, report_id: int, refund: int | None, reason: str) -> None:
    """An admin decides a session's open reports, once: `refund` whole rupiah go back, or None and all is kept.

    `reason` (10 to 1,000 characters) is read by both sides. A thread that was objected to completes, or is
    cancelled when all of it goes back; one that an earlier decision had ended stays ended. Raises `NotThere` for
    anybody but admins, `Undecidable`.
    """
    room, order = await lock_for(tx, admin, report_id)
    reason = checked(reason)
    if refund is not None and refund <= 0:
        raise Undecidable("Jumlah yang dikembalikan lebih dari Rp 0.")
    # Both sides may have reported the same session: it is one decision.
    waiting = await tx.fetch(
        """SELECT r.id, r.kind, (SELECT count(*) FROM report_reopenings x WHERE x.report_id = r.id) AS reopened
           FROM session_reports r JOIN session_reports asked USING (booking_id, kind)
           WHERE asked.id = $1 AND r.decided_at IS NULL ORDER BY r.id""",
        report_id,
    )
    decided = [row["id"] for row in waiting]
    if report_id not in decided:
        raise Undecidable(f"Laporan ini sudah diputuskan oleh {await _decider(tx, report_id)}.")
    times: int = max(row["reopened"] for row in waiting)
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
    # Both sides may report one after the other, and decide again: each decision is a refund of its own.
    cause = f"r{report_id}-{times}" if times else f"r{report_id}"
    if waiting[0]["kind"] == "objection" and room.booking_status == "confirmed":
        await _settle_thread(tx, admin, room, refund, cause)
    elif refund is not None:
        await _give_back(tx, admin, room, refund, cause)
    if refund is not None:
        await _keep_refund(tx, order, decided)
    await _tell_decision(tx, admin, order, decided, refund, reason, times)
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


async def _settle_thread(tx: Connection, admin: Viewer, room: Room, refund: int | None, cause: str) -> None:
    """What an objection's decision does to the thread: it ends, with all, part or none of its money going back."""
    if refund is not None and refund > room.total:
        raise Undecidable(_most_is(room.total))
    if refund == room.total:
        await rooms.call_off(tx, room, by="timeout", cause="disputed", at=room.read_at)
        return
    if refund is not None:
        await _give_back(tx, admin, room, refund, cause)
    ended = "objection_kept" if refund is None else "objection_partly"
    await rooms.finish(tx, room, by="timeout", cause=ended, at=room.read_at)


async def _give_back(tx: Connection, admin: Viewer, room: Room, amount: int, cause: str) -> None:
    owed = await payments.owe_back(
        tx, room.booking_id, amount, "disputed", actor="admin", actor_id=admin.id, cause=cause
    )
    if owed < amount:
        raise Undecidable(_most_is(owed))


async def _keep_refund(tx: Connection, order: Order, decided: list[int]) -> None:
    """Write down which refund the decision led to: the order's newest for this reason, since the order is locked."""
    await tx.execute(
        """UPDATE session_reports SET refund_id = (
             SELECT max(id) FROM refunds WHERE order_id = $2 AND reason = 'disputed') WHERE id = ANY($1)""",
        decided,
        order.id,
    )


async def _tell_decision(
    tx: Connection,
    admin: Viewer,
    order: Order,
    decided: list[int],
    refund: int | None,
    reason: str,
    version: int,
) -> None:
    detail = {"report_ids": decided, "refund": refund, "reason": reason}
    await bookings.record_event(tx, order.id, "admin", "report_decided", actor_id=admin.id, detail=detail)
    for person in await both(tx, order):
        await notices.queue(
            tx,
            DECIDED,
            user_id=person,
            about=f"report-{min(decided)}",
            order_id=order.id,
            version=version,
        )
    # What was held goes on.
    await enqueue(tx, bookings.RELEASE_DUE)


async def _decider(tx: Connection, report_id: int) -> str:
    name: str | None = await tx.fetchval(
        "SELECT u.full_name FROM session_reports r JOIN users u ON u.id = r.decided_by WHERE r.id = $1",
        report_id,
    )
    return name or "admin lain"


def _most_is(amount: int) -> str:
    if amount == 0:
        return "Tidak ada lagi uang dari pesanan ini yang bisa dikembalikan."
    return f"Yang bisa dikembalikan paling banyak {rupiah(amount)}."
