"""Mails about unhurried threads: the answer is complete, and no answer came."""

from __future__ import annotations

from mentorinaja.bookings import queries as bookings
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.rooms import queries
from mentorinaja.rooms.room import Room
from mentorinaja.settings import Settings
from mentorinaja.threads.actions import FINISHED


async def load_finished(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What the user may do and until when; nothing once that was done."""
    room = await _room(db, row)
    if room is None or room.accepted_at is None or room.phase(room.read_at) != "running" or room.objected:
        return None
    context = {"room": room, "page": f"{settings.base_url}/session?bookingId={room.booking_id}"}
    return MailContent(f"Jawaban dari {room.expert_name} sudah selesai", "finished", context)


async def load_undelivered(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Nothing was delivered in time: the booking is cancelled, and all of it goes back."""
    room = await _room(db, row)
    if room is None or room.cancel_reason != "undelivered":
        return None
    context = {"room": room, "for_user": row.user_id == room.user_id}
    return MailContent(f"Booking #{room.order_id} dibatalkan: belum ada jawaban", "undelivered", context)


async def _room(db: Database, row: OutboxRow) -> Room | None:
    order = await bookings.order_by_id(db, row.order_id) if row.order_id else None
    return (await queries.rooms_by_id(db, [order.session_id])).get(order.session_id) if order else None


MAILS = [Mail(FINISHED, load_finished), Mail("undelivered", load_undelivered)]
