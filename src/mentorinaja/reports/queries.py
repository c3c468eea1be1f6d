"""Reading reports; what was recorded and decided of a session is read by bookings, which shows it to both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from mentorinaja.db.pool import Connection, Database
from mentorinaja.rooms.room import Side


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on a report, and by whom it was taken back again; `refund_amount` in whole rupiah, None: all was kept."""

    report_id: int
    decision: Literal["refunded", "kept"]
    refund_amount: int | None
    reason: str
    decided_at: datetime
    decided_by: str
    refund_id: int | None
    reopened_at: datetime
    reopened_by: str
    why: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one side wrote of a session, for admins; `decided_by`, `decision` and what follows are None while it is open.

    `refund_amount` in whole rupiah, of the refund with the id `refund_id`; of an objection, `kind` says so. `settled`:
    the user was content before anybody decided.
    """

    id: int
    order_id: int
    side: Side
    kind: Literal["problem", "objection"]
    words: str
    at: datetime
    decision: Literal["refunded", "kept"] | None
    refund_amount: int | None
    reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    refund_id: int | None
    settled: bool


async def said_about(db: Connection | Database, report_id: int) -> list[Said]:
    """All reports of the session that a report is about, oldest first; empty when there is no such report."""
    rows = await db.fetch(
        """SELECT r.id, b.order_id, r.side, r.kind, r.words, r.at, r.decision, r.refund_amount, r.reason, r.decided_at,
             d.full_name AS decided_by, r.refund_id, coalesce(r.decided_by = b.user_id, false) AS settled
           FROM session_reports asked JOIN session_reports r USING (booking_id) JOIN bookings b ON b.id = r.booking_id
             LEFT JOIN users d ON d.id = r.decided_by
           WHERE asked.id = $1 ORDER BY r.id""",
        report_id,
    )
    return [Said(**row) for row in rows]


async def taken_back(db: Connection | Database, report_id: int) -> list[Decided]:
    """The decisions on the reports of a session that were taken back, oldest first."""
    rows = await db.fetch(
        """SELECT x.report_id, x.decision, x.refund_amount, x.reason, x.decided_at, d.full_name AS decided_by, x.refund_id,
             x.reopened_at, o.full_name AS reopened_by, x.why
           FROM session_reports asked JOIN session_reports r USING (booking_id)
             JOIN report_reopenings x ON x.report_id = r.id
             JOIN users d ON d.id = x.decided_by JOIN users o ON o.id = x.reopened_by
           WHERE asked.id = $1 ORDER BY x.id""",
        report_id,
    )
    return [Decided(**row) for row in rows]


async def words_of(db: Connection | Database, booking_id: UUID, side: Side) -> str | None:
    """What this side wrote in its report: for its own eyes and the admins'."""
    words: str | None = await db.fetchval(
        "SELECT words FROM session_reports WHERE booking_id = $1 AND side = $2 ORDER BY id LIMIT 1",
        booking_id,
        side,
    )
    return words
