"""Mails about paid sessions: confirmed, moved, called off (each with a calendar file), and what there is to choose.

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
from mentorinaja.payments.link_actions import LINKS_LOW, WAITING
from mentorinaja.payments.link_queries import link_stock
from mentorinaja.payments.links import LINK_CHANGED
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
    detail: dict[str, str] = await db.fetchval(
        "SELECT detail FROM order_events WHERE order_id = $1 AND event = 'moved' ORDER BY id DESC LIMIT 1",
        order.id,
    )
    return await _content(
        db,
        settings,
        row,
        order,
        f"Jadwal baru: sesi dengan {other}",
        "changed",
        other_zone=zone,
        why=detail.get("why"),
        words=detail.get("words"),
    )


async def load_cancelled(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """A session that stood does not take place: why, what becomes of its money, and a calendar that forgets it."""
    order = await bookings.order_by_id(db, row.order_id) if row.order_id else None
    if order is None or order.status != "cancelled":
        return None
    for_user = row.user_id == order.user_id
    other, zone = (order.expert_name, order.expert_zone) if for_user else (order.payer_name, order.payer_zone)
    what = order.item_name if order.is_thread else "sesi"
    return await _content(
        db,
        settings,
        row,
        order,
        f"Dibatalkan: {what} dengan {other}",
        "cancelled",
        other_zone=zone,
        why=_why_cancelled(order, other, for_user=for_user),
        words=await _words(db, order, "cancelled"),
    )


async def load_restored(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """A session that an admin had called off by mistake takes place after all; nothing when it does not any more."""
    order = await _standing(db, row)
    if order is None:
        return None
    for_user = row.user_id == order.user_id
    other, zone = (order.expert_name, order.expert_zone) if for_user else (order.payer_name, order.payer_zone)
    what = order.item_name if order.is_thread else "sesi"
    words = await _words(db, order, "confirmed")
    subject = f"Tetap berlangsung: {what} dengan {other}"
    return await _content(db, settings, row, order, subject, "restored", other_zone=zone, words=words)


async def load_reopened(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The bank took the money back before the session: it can be paid anew; nothing when it was, or is over."""
    order = await bookings.order_by_id(db, row.order_id) if row.order_id else None
    if order is None or order.shown_status(await clock.now(db)) != "pending" or order.under_review:
        return None
    for_user = row.user_id == order.user_id
    other, zone = (order.expert_name, order.expert_zone) if for_user else (order.payer_name, order.payer_zone)
    what = order.item_name if order.is_thread else "sesi"
    subject = f"Pembayaran ditarik kembali oleh bank: {what} dengan {other}"
    return await _content(db, settings, row, order, subject, "reopened", other_zone=zone)


async def load_proposed(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The expert proposes another time; nothing when that was answered, replaced or is over."""
    order = await _standing(db, row)
    proposed = order.proposal(await clock.now(db)) if order else None
    known = await db.fetchval(
        "SELECT true FROM proposals WHERE id = $1 AND starts_at = $2 AND state = 'open'",
        row.version,
        proposed,
    )
    if order is None or not known:
        return None
    subject = f"{order.expert_name} mengusulkan jadwal lain"
    context = _facts(settings, order, other_zone=order.expert_zone) | {"proposed": proposed}
    return MailContent(subject, "proposed", context)


async def load_declined(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The user keeps the time there is."""
    order = await _standing(db, row)
    proposed = await db.fetchval("SELECT starts_at FROM proposals WHERE id = $1", row.version)
    if order is None or proposed is None:
        return None
    subject = f"{order.payer_name} tetap pada jadwal semula"
    context = _facts(settings, order, other_zone=order.payer_zone) | {"proposed": proposed}
    return MailContent(subject, "proposal_declined", context)


async def load_late(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Money came too late: another time can be had for it, as long as that is so."""
    order = await bookings.order_by_id(db, row.order_id) if row.order_id else None
    if order is None or not order.can_choose(await clock.now(db)):
        return None
    subject = f"Pembayaran terlambat: pilih jadwal baru dengan {order.expert_name}"
    return MailContent(subject, "late_choice", _facts(settings, order, other_zone=order.expert_zone))


async def load_link_changed(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The link as it is now; nothing when it changed again since, or the session is over or does not stand."""
    order = await _standing(db, row)
    if order is None or order.status != "confirmed" or order.ends_at <= await clock.now(db):
        return None
    change = await db.fetchrow(
        """SELECT count(*) AS times, (array_agg(detail->>'why' ORDER BY id DESC))[1] AS why
           FROM order_events WHERE order_id = $1 AND event = $2""",
        order.id,
        LINK_CHANGED,
    )
    if change is None or change["times"] != row.version:
        return None
    for_user = row.user_id == order.user_id
    other, zone = (order.expert_name, order.expert_zone) if for_user else (order.payer_name, order.payer_zone)
    subject = f"Tautan meeting{'' if order.meeting_url else ' menyusul'}: sesi dengan {other}"
    return await _content(
        db, settings, row, order, subject, LINK_CHANGED, other_zone=zone, other=other, why=change["why"]
    )


async def load_links_low(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Admins: too few links; nothing when there are enough again, or no session waits any more."""
    if not await db.fetchval("SELECT ended_at IS NULL FROM link_shortages WHERE id = $1", row.version):
        return None
    stock = await link_stock(db)
    if row.about.startswith(WAITING) and not stock.waiting:
        return None
    subject = f"Tautan meeting tinggal {stock.left}" if stock.left else "Tautan meeting habis"
    if stock.waiting:
        subject += f", {stock.waiting} sesi menunggu"
    context = {"stock": stock, "page": f"{settings.base_url}/admin/links/tempel"}
    return MailContent(subject, LINKS_LOW, context)


def _why_cancelled(order: OrderDetail, other: str, *, for_user: bool) -> str:
    """One sentence for whoever reads it."""
    what = "pesanan" if order.is_thread else "sesi"
    if order.cancel_reason == "cancelled_by_user":
        return f"{'Anda' if for_user else other} membatalkan {what} ini."
    if order.cancel_reason == "cancelled_by_expert":
        return (
            f"{other if for_user else 'Anda'} membatalkan {what} ini, jadi seluruh pembayaran dikembalikan."
        )
    if order.cancel_reason == "cancelled_by_admin":
        return f"MentorinAja membatalkan {what} ini."
    if order.cancel_reason == "reversed":
        return f"Bank menarik kembali pembayarannya, jadi {what} ini dibatalkan."
    if order.cancel_reason == "chargeback":
        return f"Bank penerbit kartu menarik kembali pembayarannya, jadi {what} ini dibatalkan."
    return f"Pembayarannya dikembalikan, jadi {what} ini dibatalkan."


async def _words(db: Database, order: OrderDetail, event: str) -> str | None:
    """Why, in the words of the admin who did it; None when nobody wrote any."""
    words: str | None = await db.fetchval(
        """SELECT detail->>'words' FROM order_events WHERE order_id = $1 AND event = $2 ORDER BY id DESC LIMIT 1""",
        order.id,
        event,
    )
    return words


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
    **more: Any,
) -> MailContent:
    context = _facts(settings, order, other_zone=other_zone) | more
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
    stamp = row.created_at if order.sequence else order.paid_at or await clock.now(db)
    return invitation(order, guest=row.email, organizer=settings.mail_from, where=where, link=link, now=stamp)


MAILS = [
    Mail("paid", load_paid),
    Mail("new_booking", load_new_booking),
    Mail("changed", load_changed),
    Mail("cancelled", load_cancelled),
    Mail("restored", load_restored),
    Mail("reopened", load_reopened),
    Mail("proposed", load_proposed),
    Mail("proposal_declined", load_declined),
    Mail("late_choice", load_late),
    Mail(LINK_CHANGED, load_link_changed),
    Mail(LINKS_LOW, load_links_low),
]
