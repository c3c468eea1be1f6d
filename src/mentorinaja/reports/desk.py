"""Deciding on reported sessions from the command line: the open reports with their recorded facts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import datetime

from mentorinaja.accounts.queries import admin_by_email
from mentorinaja.bookings import queries as orders
from mentorinaja.bookings.queries import Evidence, OrderDetail
from mentorinaja.bookings.rules import REPORT_WITHIN
from mentorinaja.commands import Command, no_arguments, printable, who_and_why
from mentorinaja.db.pool import Database
from mentorinaja.formats import rupiah, when
from mentorinaja.reports import actions
from mentorinaja.settings import Settings


def _decision(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=int)
    money = parser.add_mutually_exclusive_group(required=True)
    money.add_argument("--refund", type=int, metavar="RUPIAH", help="so much goes back to the user")
    money.add_argument("--keep", action="store_true", help="nothing goes back")
    who_and_why(parser)


async def _list(db: Database, _settings: Settings, _given: Namespace) -> str:
    return "\n\n".join(await open_reports(db)) or "No report waits for a decision."


async def _decide(db: Database, _settings: Settings, given: Namespace) -> str:
    admin = await admin_by_email(db, given.admin)
    await actions.decide(db, admin, given.id, given.refund, given.reason)
    return f"Report {given.id} is decided."


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
        evidence = await orders.evidence_of(db, order.session_id)
        by = order.payer_name if row["side"] == "user" else order.expert_name
        lines = [
            f"#{row['id']} {row['kind']} by the {row['side']}, {by}, {when(row['at'])}",
            f"  {order.public_id}  {order.item_name}  {when(order.begins_at)}  {rupiah(order.total)}",
            *(f"  | {line}" for line in row["words"].splitlines()),
            *(f"  {line}" for line in _facts(order, evidence)),
        ]
        told.append("\n".join(map(printable, lines)))
    return told


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


def _line(what: str, order: OrderDetail, user_at: datetime | None, expert_at: datetime | None) -> str:
    return f"{what}: {order.payer_name} {_at(user_at)}, {order.expert_name} {_at(expert_at)}"


def _at(at: datetime | None) -> str:
    return when(at) if at else "never"


COMMANDS = [
    Command(
        "reports",
        "the reported sessions that wait for a decision, with what was recorded of them",
        no_arguments,
        _list,
    ),
    Command("decide-report", "decide on a reported session, once", _decision, _decide),
]
