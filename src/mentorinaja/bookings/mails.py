"""Mails around a booking that nobody has to wait for: made, to be paid soon, and about to begin."""

from __future__ import annotations

from typing import Any

from mentorinaja import clock
from mentorinaja.bookings import queries, rules
from mentorinaja.bookings.deciding import GIVEN_UP
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.bookings.reminding import BOOKED, PAY_SOON, speaks_of
from mentorinaja.db.pool import Database
from mentorinaja.formats import clock_time, soon, when
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings


async def load_booked(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What was booked and until when it can be paid; nothing once it was paid, given up, or is over."""
    order = await _unpaid(db, row)
    if order is None:
        return None
    subject = f"Booking dibuat: bayar sebelum {when(order.pay_deadline, row.time_zone)}"
    return MailContent(subject, "booked", _facts(settings, order, row))


async def load_pay_soon(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The deadline is near; nothing when it is another one now, or nothing is to be paid any more."""
    order = await _unpaid(db, row)
    if order is None or speaks_of(order.pay_deadline) != row.version:
        return None
    until = when(order.pay_deadline, row.time_zone)
    subject = f"Segera bayar: booking dengan {order.expert_name} ditahan sampai {until}"
    return MailContent(subject, "pay_soon", _facts(settings, order, row))


async def load_given_up(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """An admin gave the unpaid order up, and why; nothing once its money came all the same."""
    order = await queries.order_by_id(db, row.order_id) if row.order_id else None
    if order is None or order.payment_status != "cancelled":
        return None
    words: str = await db.fetchval(
        """SELECT coalesce(detail->>'words', '') FROM order_events
           WHERE order_id = $1 AND event = 'cancelled' ORDER BY id DESC LIMIT 1""",
        order.id,
    )
    subject = f"Pesanan #{order.public_id} dibatalkan sebelum dibayar"
    return MailContent(subject, "given_up", {"order": order, "words": words})


async def load_reminder(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The session is near; nothing when it was moved or called off, is over, or a nearer reminder is due."""
    order = await queries.order_by_id(db, row.order_id) if row.order_id else None
    if order is None or order.status != "confirmed" or speaks_of(order.begins_at) != row.version:
        return None
    now = await clock.now(db)
    if now >= rules.reminder_until(row.kind, order.begins_at):
        return None
    if order.is_thread and await _finished(db, order):
        return None
    context = _facts(settings, order, row)
    at = soon(order.begins_at, now, row.time_zone)
    if order.is_thread:
        subject = f"{at}: batas jawaban untuk {order.payer_name}"
    elif row.kind == "reminder_10m":
        subject = (
            f"Sebentar lagi: sesi dengan {context['other']}, {clock_time(order.begins_at, row.time_zone)}"
        )
    else:
        subject = f"{at}: sesi dengan {context['other']}"
    return MailContent(subject, "reminder", context | {"at": at})


async def _unpaid(db: Database, row: OutboxRow) -> OrderDetail | None:
    order = await queries.order_by_id(db, row.order_id) if row.order_id else None
    if order is None or order.under_review or order.shown_status(await clock.now(db)) != "pending":
        return None
    return order


async def _finished(db: Database, order: OrderDetail) -> bool:
    """Whether the expert said that the answer is complete."""
    return bool(
        await db.fetchval(
            "SELECT finished_at IS NOT NULL FROM active_sessions WHERE booking_id = $1", order.session_id
        )
    )


def _facts(settings: Settings, order: OrderDetail, row: OutboxRow) -> dict[str, Any]:
    for_user = row.user_id == order.user_id
    room = settings.base_url + order.room_path
    link: str | None = room
    way: str | None = room
    if order.category == "online_video":
        link = order.meeting_url
        way = f"{settings.base_url}/session/{order.booking_id}/link" if link else None
    return {
        "order": order,
        "for_user": for_user,
        "other": order.expert_name if for_user else order.payer_name,
        "other_zone": order.expert_zone if for_user else order.payer_zone,
        "room": room,
        "link": link,
        "way": way,
    }


MAILS = [
    Mail(BOOKED, load_booked),
    Mail(PAY_SOON, load_pay_soon),
    Mail(GIVEN_UP, load_given_up),
    *(Mail(kind, load_reminder) for kind in rules.REMINDERS),
]
