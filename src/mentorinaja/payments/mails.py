"""Mails about payments: the payer's confirmation and the expert's new booking, both with a calendar file.

More time for a session that runs is told to both, too, without a calendar file: it is over before that is read.
"""

from __future__ import annotations

from typing import Any

from mentorinaja import clock
from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Attachment, Mail, MailContent, OutboxRow
from mentorinaja.payments.calendar import invitation
from mentorinaja.settings import Settings


async def load_paid(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The payer's confirmation; nothing when the booking does not stand any more."""
    order = await _standing(db, row)
    if order is None:
        return None
    if order.is_extension:
        subject = f"Pembayaran berhasil: +15 menit dengan {order.expert_name}"
        return MailContent(subject, "extension_paid", _facts(settings, order, other_zone=order.expert_zone))
    subject = (
        f"Pembayaran berhasil: {order.item_name if order.is_thread else 'sesi'} dengan {order.expert_name}"
    )
    return await _content(db, settings, row, order, subject, "paid", other_zone=order.expert_zone)


async def load_new_booking(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What the expert is told; nothing when the booking does not stand any more."""
    order = await _standing(db, row)
    if order is None:
        return None
    if order.is_extension:
        subject = f"{order.payer_name} menambah 15 menit"
        return MailContent(subject, "new_extension", _facts(settings, order, other_zone=order.payer_zone))
    subject = f"Booking baru dari {order.payer_name}"
    return await _content(db, settings, row, order, subject, "new_booking", other_zone=order.payer_zone)


async def load_changed(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The session has another time; nothing when it was moved again since, or does not stand any more."""
    order = await _standing(db, row)
    if order is None or order.moves != row.version:
        return None
    for_user = row.user_id == order.user_id
    other, zone = (order.expert_name, order.expert_zone) if for_user else (order.payer_name, order.payer_zone)
    return await _content(
        db, settings, row, order, f"Jadwal baru: sesi dengan {other}", "changed", other_zone=zone
    )


async def _standing(db: Database, row: OutboxRow) -> OrderDetail | None:
    order = await bookings.order_by_id(db, row.order_id) if row.order_id else None
    return order if order and order.is_paid else None


async def _content(
    db: Database,
    settings: Settings,
    row: OutboxRow,
    order: OrderDetail,
    subject: str,
    template: str,
    *,
    other_zone: str,
) -> MailContent:
    context = _facts(settings, order, other_zone=other_zone)
    calendar = await _calendar(db, settings, row, order, context["way"])
    return MailContent(subject, template, context, (calendar,))


def _facts(settings: Settings, order: OrderDetail, *, other_zone: str) -> dict[str, Any]:
    room = settings.base_url + order.room_path
    link: str | None = room
    way: str | None = room
    if order.category == "online_video":
        link = order.meeting_url
        way = f"{settings.base_url}/session/{order.booking_id}/link" if link else None
    return {"order": order, "link": link, "way": way, "room": room, "other_zone": other_zone}


async def _calendar(
    db: Database, settings: Settings, row: OutboxRow, order: OrderDetail, link: str | None
) -> Attachment:
    where = order.address if order.category == "offline_event" else link or "Tautan menyusul"
    stamp = row.created_at if order.moves else order.paid_at or await clock.now(db)
    return invitation(order, guest=row.email, organizer=settings.mail_from, where=where, link=link, now=stamp)


MAILS = [Mail("paid", load_paid), Mail("new_booking", load_new_booking), Mail("changed", load_changed)]
