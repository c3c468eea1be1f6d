"""Deciding on reported sessions from the command line: the open reports with their recorded facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Evidence, OrderDetail
from mentorinaja.bookings.rules import REPORT_WITHIN
from mentorinaja.db.pool import Database
from mentorinaja.formats import rupiah, when
from mentorinaja.reports import actions
from mentorinaja.reports.rules import Undecidable
from mentorinaja.web.viewer import Viewer


async def open_reports(db: Database) -> list[str]:
    """Every report that waits for a decision, oldest first, each as a block of lines to read."""
    rows = await db.fetch(
        """SELECT r.id, r.side, r.kind, r.words, r.at, b.order_id FROM session_reports r
             JOIN bookings b ON b.id = r.booking_id
           WHERE r.decided_at IS NULL ORDER BY r.at, r.id"""
    )
    told = []
    for row in rows:
        order = await orders.order_by_id(db, row["order_id"])
        assert order is not None, "a report is about an order"
        evidence = await orders.evidence_of(db, order.booking_id)
        by = order.payer_name if row["side"] == "user" else order.expert_name
        lines = [
            f"#{row['id']} {row['kind']} by the {row['side']}, {by}, {when(row['at'])}",
            f"  {order.public_id}  {order.item_name}  {when(order.starts_at)}  {rupiah(order.total)}",
            *(f"  | {line}" for line in row["words"].splitlines()),
            *(f"  {line}" for line in _facts(order, evidence)),
        ]
        told.append("\n".join(map(_plain, lines)))
    return told


async def decide(db: Database, email: str, report_id: int, refund: int | None, reason: str) -> None:
    """As `actions.decide`, for the admin with this address. Raises `Undecidable` when there is none."""
    row = await db.fetchrow(
        """SELECT id, full_name, email::text AS email, role, time_zone FROM users
           WHERE email = $1::text::citext AND role = 'admin' AND suspended_at IS NULL""",
        email,
    )
    if row is None:
        raise Undecidable(f"{email} bukan admin.")
    await actions.decide(db, Viewer(**dict(row), session_id=0), report_id, refund, reason)


def _facts(order: OrderDetail, evidence: Evidence) -> Iterator[str]:
    yield _line("opened the room", order, evidence.user_joined_at, evidence.expert_joined_at)
    if order.category == "online_video":
        yield _line("opened the meeting link", order, evidence.user_link_at, evidence.expert_link_at)
    if order.category == "offline_event":
        yield f"arrival code given: {_at(evidence.code_at)}"
    yield f"messages: {order.payer_name} {evidence.user_messages}, {order.expert_name} {evidence.expert_messages}"
    if evidence.pauses:
        yield f"pauses: {evidence.pauses}, {evidence.paused_for.total_seconds():.0f} s together"
    for report in evidence.reports:
        yield f"{report.kind} by the {report.side} {_at(report.at)}: {report.decision or 'open'}"
    if not order.is_thread:
        yield f"both may report until {when(order.ends_at + REPORT_WITHIN)}"


def _plain(line: str) -> str:
    """Without what a terminal would obey: people wrote some of this."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line
    )


def _line(what: str, order: OrderDetail, user_at: datetime | None, expert_at: datetime | None) -> str:
    return f"{what}: {order.payer_name} {_at(user_at)}, {order.expert_name} {_at(expert_at)}"


def _at(at: datetime | None) -> str:
    return when(at) if at else "never"
