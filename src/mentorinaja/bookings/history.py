"""Riwayat: what a person has booked and bought."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get

from mentorinaja.bookings import queries, rules
from mentorinaja.db.pool import Database
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.viewer import WebRequest


@get("/user/transactions", guards=[requires_user])
async def show_history(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """“Riwayat Transaksi Saya”, newest first, by tab; an unknown tab is “Semua”."""
    assert request.user is not None
    asked = request.query_params
    tab = asked["status"] if asked.get("status") in queries.TABS else None
    page = rules.page_number(asked.get("page", ""))
    found = await queries.orders_of_user(db, request.user.id, tab, page)
    return html.page(request, "templates/bookings/history.html", found=found, tab=tab or "", now=now)


HANDLERS = [show_history]
