"""An admin takes a decision on a reported session back, so that it can be decided again; the old one stays readable."""

from __future__ import annotations

from collections.abc import Sequence

from mentorinaja.audit import actions as audit
from mentorinaja.bookings import actions as bookings
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.notices import actions as notices
from mentorinaja.refunds import actions as refunds
from mentorinaja.refunds.rules import Undecidable as NotStoppable
from mentorinaja.reports.locking import both, checked, lock_for
from mentorinaja.reports.rules import Undecidable
from mentorinaja.web.viewer import Viewer

# The mail to both sides.
REOPENED = "report_reopened"


@atomic
async def reopen(tx: Connection, admin: Viewer, report_id: int, reason: str) -> None:
    """What an admin had decided on a session's reports is to be decided anew; a refund it led to is stopped.

    All that was decided together is opened again, and holds the earning as before the decision, as far as it was not
    released. `reason` (10 to 1,000 characters) is read by both sides. Raises `NotThere` for anybody but admins,
    `Undecidable`: also once the refund was sent, when no money is left to decide about, and when the user was content.
    """
    _, order = await lock_for(tx, admin, report_id)
    reason = checked(reason)
    decided = await tx.fetch(
        """SELECT r.id, r.decided_by, r.refund_id, f.state AS refund_state,
             (SELECT count(*) FROM report_reopenings x WHERE x.report_id = r.id) AS reopened
           FROM session_reports asked JOIN session_reports r USING (booking_id, kind, decided_at)
             LEFT JOIN refunds f ON f.id = r.refund_id
           WHERE asked.id = $1 ORDER BY r.id""",
        report_id,
    )
    if not decided:
        raise Undecidable("Laporan ini masih menunggu keputusan.")
    if decided[0]["decided_by"] == order.user_id:
        raise Undecidable("Pengguna sudah menerima hasilnya, jadi keberatannya selesai.")
    if decided[0]["refund_state"] not in (None, "rejected"):
        await _stop(tx, admin, decided[0]["refund_id"], reason)
    sale = await orders.order_by_id(tx, order.id)
    assert sale is not None, "orders are never deleted"
    if sale.kept <= 0:
        raise Undecidable("Tidak ada lagi uang dari pesanan ini yang bisa diputuskan.")
    ids = [row["id"] for row in decided]
    await _make_room(tx, admin, ids, reason)
    await _tell(tx, admin, order, ids, reason, decided[0]["reopened"])


async def _stop(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    try:
        await refunds.stop(tx, admin, refund_id, reason)
    except NotStoppable as refusal:
        raise Undecidable(f"{refusal} Lebih banyak dapat dikembalikan dari halaman order.") from None


async def _make_room(tx: Connection, admin: Viewer, ids: Sequence[int], reason: str) -> None:
    """Write down what was decided, as it was; then the reports are open."""
    await tx.execute(
        """INSERT INTO report_reopenings
             (report_id, decision, refund_amount, reason, decided_by, decided_at, refund_id, reopened_by, why)
           SELECT id, decision, refund_amount, reason, decided_by, decided_at, refund_id, $2, $3
           FROM session_reports WHERE id = ANY($1) ORDER BY id""",
        ids,
        admin.id,
        reason,
    )
    await tx.execute(
        """UPDATE session_reports SET decision = NULL, refund_amount = NULL, reason = NULL, decided_by = NULL,
             decided_at = NULL, refund_id = NULL
           WHERE id = ANY($1)""",
        ids,
    )


async def _tell(
    tx: Connection, admin: Viewer, order: Order, ids: list[int], reason: str, version: int
) -> None:
    detail = {"report_ids": ids, "reason": reason}
    await bookings.record_event(tx, order.id, "admin", "report_reopened", actor_id=admin.id, detail=detail)
    for person in await both(tx, order):
        await notices.queue(
            tx, REOPENED, user_id=person, about=f"report-{min(ids)}", order_id=order.id, version=version
        )
    for one in ids:
        told = {"order": order.public_id, "together": ids}
        await audit.record(tx, admin, "report.reopened", "report", str(one), reason=reason, detail=told)
