"""Mails about a reported session: to both sides and the admins that it was, to both sides what was decided (again)."""

from __future__ import annotations

from typing import Any, Literal

from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import OrderDetail, Report
from mentorinaja.bookings.rules import REPORT_WITHIN
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.reports.actions import DECIDED, REOPENED, REPORTED
from mentorinaja.settings import Settings

Reader = Literal["author", "other", "admin"]


async def load_report(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What was reported: the words for their author and the admins, the fact alone for the other side."""
    order, report = await _case(db, row)
    reader = _reader(order, report, row.user_id)
    words: str = await db.fetchval("SELECT words FROM session_reports WHERE id = $1", report.id)
    context = {
        **_context(settings, order, report),
        "reader": reader,
        "words": None if reader == "other" else words,
        "evidence": await orders.evidence_of(db, order.session_id),
        # Of a video or offline session the other side can tell its own view for as long.
        "until": order.ends_at + REPORT_WITHIN if report.kind == "problem" else None,
    }
    what = "Keberatan atas" if report.kind == "objection" else "Masalah dilaporkan di"
    return MailContent(f"{what} sesi #{order.public_id}", "report", context)


async def load_decision(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What an admin decided, and why; the same for both. Nothing once it was taken back."""
    order, report = await _case(db, row)
    if report.decided_at is None or len(report.earlier) != row.version:
        return None
    return MailContent(
        f"Keputusan untuk sesi #{order.public_id}", "report_decided", _context(settings, order, report)
    )


async def load_reopening(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """That a decision does not hold any more, why, and that there will be another one; the same for both."""
    order, report = await _case(db, row)
    context = _context(settings, order, report) | {"earlier": report.earlier[row.version]}
    subject = f"Keputusan untuk sesi #{order.public_id} diperiksa lagi"
    return MailContent(subject, "report_reopened", context)


async def _case(db: Database, row: OutboxRow) -> tuple[OrderDetail, Report]:
    assert row.order_id is not None, "a report is about an order"
    order = await orders.order_by_id(db, row.order_id)
    assert order is not None, "orders are never deleted"
    report_id = int(row.about.removeprefix("report-"))
    reports = await orders.reports_of(db, order.session_id)
    return order, next(report for report in reports if report.id == report_id)


def _context(settings: Settings, order: OrderDetail, report: Report) -> dict[str, Any]:
    by = order.payer_name if report.side == "user" else order.expert_name
    page = f"{settings.base_url}/session/{order.booking_id}/report"
    return {"order": order, "report": report, "by": by, "page": page}


def _reader(order: OrderDetail, report: Report, user_id: int) -> Reader:
    sides = {order.user_id: "user", order.expert_user_id: "expert"}
    if user_id not in sides:
        return "admin"
    return "author" if sides[user_id] == report.side else "other"


MAILS = [Mail(REPORTED, load_report), Mail(DECIDED, load_decision), Mail(REOPENED, load_reopening)]
