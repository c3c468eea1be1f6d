"""Riwayat: what a person has booked, and giving up what is not paid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get, post

from mentorinaja.bookings import queries, rules
from mentorinaja.bookings.actions import cancel_unpaid
from mentorinaja.bookings.refusals import AlreadyPaid
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.flash import put_flash
from mentorinaja.web.viewer import WebRequest

HISTORY = "/user/transactions"
_GIVEN_UP: dict[rules.OrderKind, str] = {
    "booking": "Booking dibatalkan. Waktunya sudah kami lepas.",
    "extension": "Tambahan waktu dibatalkan. Tidak ada yang ditagih.",
    "product": "Pembelian dibatalkan. Tidak ada yang ditagih.",
}


@get(HISTORY, guards=[requires_user])
async def show_history(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """“Riwayat Transaksi Saya”, newest first, by tab; an unknown tab is “Semua”."""
    assert request.user is not None
    asked = request.query_params
    tab = asked["status"] if asked.get("status") in queries.TABS else None
    page = rules.page_number(asked.get("page", ""))
    found = await queries.orders_of_user(db, request.user.id, tab, page)
    return html.page(request, "templates/bookings/history.html", found=found, tab=tab or "", now=now)


@get(HISTORY + "/{public_id:str}/cancel", guards=[requires_user])
async def ask_cancel(request: WebRequest, db: Database, now: datetime, public_id: str) -> Response[Any]:
    """Asks first. 409 when the booking is paid; back to Riwayat when there is nothing left to cancel."""
    assert request.user is not None
    order = await queries.order_for(db, request.user, public_id)
    if order is None:
        raise NotThere
    if order.is_paid:
        raise AlreadyPaid.now()
    if order.status == "cancelled":
        return html.see_other(request, f"{HISTORY}?status=cancelled")
    return html.page(request, "templates/bookings/cancel.html", order=order, now=now)


@post(HISTORY + "/{public_id:str}/cancel", guards=[requires_user])
async def do_cancel(request: WebRequest, db: Database, public_id: str) -> Response[Any]:
    """Give up an unpaid order and go back to Riwayat."""
    assert request.user is not None
    kind = await cancel_unpaid(db, request.user, public_id)
    answer = html.see_other(request, HISTORY)
    put_flash(request, answer, "ok", _GIVEN_UP[kind])
    return answer


HANDLERS = [show_history, ask_cancel, do_cancel]
