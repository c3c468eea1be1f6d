"""TRANSAKSI, the mentor's page of what was sold and earned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get

from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.rules import page_number
from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.portal.chart import chart_of
from mentorinaja.trust import queries as trust
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.viewer import WebRequest
from mentorinaja.withdrawals import queries as withdrawals

TRANSACTIONS = "/expert/dashboard/transaksi"
# Unpaid bookings are not the expert's business yet.
TABS = ("confirmed", "completed", "cancelled")
# As much of what is searched for as a name or an id can have.
LONGEST_WORDS = 120


@get(TRANSACTIONS, guards=[requires_expert])
async def show_transactions(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """The expert's paid orders, newest first, by tab (an unknown one is “Semua”) and words (`q`); the money behind them."""
    expert_id = expert_id_of(request)
    asked = request.query_params
    tab = asked["status"] if asked.get("status") in TABS else None
    words = asked.get("q", "").strip().removeprefix("#")[:LONGEST_WORDS]
    found = await bookings.orders_of_expert(db, expert_id, tab, page_number(asked.get("page", "")), words)
    return html.page(
        request,
        "templates/portal/transactions.html",
        strip=await strip_of(db, expert_id),
        found=found,
        chosen=tab or "",
        words=words,
        chart=chart_of(await ledger.earned_by_month(db, expert_id)),
        earned=await ledger.earnings(db, expert_id),
        facts=await trust.facts_of(db, expert_id),
        withdrawn=await withdrawals.withdrawals_of(db, expert_id, 1),
        now=now,
    )


handlers = [show_transactions]
