"""Mails about products: the buyer's confirmation and the expert's sale."""

from __future__ import annotations

from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings


async def load_purchased(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The payer's confirmation; nothing when it is not theirs any more."""
    order = await _standing(db, row)
    if order is None:
        return None
    return MailContent(f"Pembayaran berhasil: {order.item_name}", "purchased", {"order": order})


async def load_sold(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What the expert is told; nothing when it was given back since."""
    order = await _standing(db, row)
    if order is None:
        return None
    return MailContent(f"Terjual: {order.item_name}", "sold", {"order": order})


async def _standing(db: Database, row: OutboxRow) -> OrderDetail | None:
    order = await bookings.order_by_id(db, row.order_id) if row.order_id else None
    return order if order and order.purchase and order.purchase.state == "owned" else None


MAILS = [Mail("purchased", load_purchased), Mail("sold", load_sold)]
