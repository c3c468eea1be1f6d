"""Mails about sessions: over, cancelled because somebody did not come, and what an absent expert's user may do."""

from __future__ import annotations

from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.queries import OrderDetail, Refund
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.rooms import queries
from mentorinaja.settings import Settings

# Why a session ended, as its user and its expert read it; {user} and {expert} are their names.
_HOW = {
    "user": ("Anda mengakhiri sesi ini.", "{user} mengakhiri sesi ini."),
    "expert": ("{expert} mengakhiri sesi ini.", "Anda mengakhiri sesi ini."),
    "pause_limit": (
        "Sesi berakhir karena mentor terlalu lama tidak terhubung.",
        "Sesi berakhir karena Anda terlalu lama tidak terhubung.",
    ),
    "next_booking": (
        "Sesi berakhir karena sesi mentor berikutnya dimulai.",
        "Sesi berakhir karena sesi Anda berikutnya dimulai.",
    ),
    "user_absent": (
        "Waktu sesi habis tanpa Anda masuk ke ruangnya.",
        "{user} tidak masuk sampai waktunya habis. Pendapatannya tetap milik Anda.",
    ),
    "accepted": ("Anda menerima hasilnya.", "{user} menerima hasilnya."),
    "silence": ("Hasilnya diterima otomatis setelah 72 jam.", "Hasilnya diterima otomatis setelah 72 jam."),
    "objection_kept": ("Keberatan Anda sudah diputuskan.", "Keberatan pengguna sudah diputuskan."),
    "objection_partly": ("Keberatan Anda sudah diputuskan.", "Keberatan pengguna sudah diputuskan."),
}
_TIME_IS_OVER = ("Waktu konsultasi telah habis.", "Waktu konsultasi telah habis.")
_AS_SCHEDULED = ("Sesi selesai pada waktu yang dijadwalkan.", "Sesi selesai pada waktu yang dijadwalkan.")


async def load_over(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The session is over: what comes next for whoever reads it, and what it earned or gives back."""
    order = await _order(db, row)
    if order is None or order.status != "completed":
        return None
    context = await _context(db, settings, row, order)
    reason = await db.fetchval(
        """SELECT detail->>'reason' FROM order_events WHERE order_id = $1 AND event = 'completed'
           ORDER BY id DESC LIMIT 1""",
        order.id,
    )
    over = _TIME_IS_OVER if order.category == "online_chat" else _AS_SCHEDULED
    how = _HOW.get(reason, over)[0 if context["for_user"] else 1]
    context["how"] = how.format(user=order.payer_name, expert=order.expert_name)
    # Kept outside the database, it shows later that nobody rewrote the conversation.
    seal: bytes = await db.fetchval(
        "SELECT last_seal FROM active_sessions WHERE booking_id = $1", order.booking_id
    )
    context["seal"] = seal.hex()
    context["transcript"] = f"{settings.base_url}/session/{order.booking_id}/transcript"
    return MailContent(f"Sesi dengan {context['other']} selesai", "over", context)


async def load_absent(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The session was cancelled because the expert, or nobody, came; all of it goes back."""
    order = await _order(db, row)
    if order is None or order.status != "cancelled":
        return None
    context = await _context(db, settings, row, order)
    return MailContent(f"Sesi dengan {context['other']} dibatalkan", "absent", context)


async def load_choice(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The expert is late: the user may choose, as long as that is still so."""
    order = await _order(db, row)
    room = (await queries.rooms_by_id(db, [order.session_id])).get(order.session_id) if order else None
    if order is None or room is None or not room.absent(room.read_at):
        return None
    context = await _context(db, settings, row, order) | {"until": room.scheduled_end}
    return MailContent(f"{order.expert_name} belum hadir di sesi Anda", "absent_choice", context)


async def _order(db: Database, row: OutboxRow) -> OrderDetail | None:
    return await bookings.order_by_id(db, row.order_id) if row.order_id else None


async def _context(db: Database, settings: Settings, row: OutboxRow, order: OrderDetail) -> dict[str, object]:
    """What all of them tell; money counts the session with the time added to it."""
    for_user = row.user_id == order.user_id
    rows = await db.fetch(
        "SELECT order_id FROM session_extensions WHERE booking_id = $1 AND order_id IS NOT NULL ORDER BY number",
        order.booking_id,
    )
    added = [await bookings.order_by_id(db, extension["order_id"]) for extension in rows]
    whole = [order, *(extension for extension in added if extension)]
    refunds: list[Refund] = [
        refund for part in whole for refund in part.refunds if refund.state != "rejected"
    ]
    refunded, kept = sum(refund.amount for refund in refunds), sum(part.kept for part in whole)
    earned = sum(part.earned for part in whole)
    return {
        "order": order,
        "for_user": for_user,
        "other": order.expert_name if for_user else order.payer_name,
        "other_zone": order.expert_zone if for_user else order.payer_zone,
        "room": settings.base_url + order.room_path,
        "paid": kept + refunded,
        "refunded": refunded,
        "why": refunds[0].why if refunds else None,
        "platform_fee": kept - earned,
        "earned": earned,
    }


MAILS = [Mail("over", load_over), Mail("absent", load_absent), Mail("absent_choice", load_choice)]
