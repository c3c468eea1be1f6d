"""The mentor's dashboard: what comes next, the "Siap sekarang" switch, earnings and transactions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.rules import page_number
from mentorinaja.db.pool import Database
from mentorinaja.ledger import queries as ledger
from mentorinaja.portal.forms import ReadyForm
from mentorinaja.portal.queries import desk_of
from mentorinaja.schedule.actions import set_ready
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.auth import requires_expert
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.viewer import WebRequest
from mentorinaja.withdrawals import queries as withdrawals

DASHBOARD = "/expert/dashboard"
# Unpaid bookings are not the expert's business yet.
TABS = ("confirmed", "completed", "cancelled")
_STRIP = "partials/portal/strip.html"


@get(DASHBOARD, guards=[requires_expert])
async def show_dashboard(
    request: WebRequest, db: Database, settings: Settings, now: datetime
) -> Response[Any]:
    """What comes next, readiness, what was earned, the own address."""
    return await _dashboard(request, db, settings, now, ReadyForm())


@get(DASHBOARD + "/transaksi", guards=[requires_expert])
async def show_transactions(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """The expert's paid bookings, newest first, by tab (an unknown one is “Semua”), balances and withdrawals."""
    expert_id = _expert_id(request)
    asked = request.query_params
    tab = asked["status"] if asked.get("status") in TABS else None
    found = await bookings.orders_of_expert(db, expert_id, tab, page_number(asked.get("page", "")))
    return html.page(
        request,
        "templates/portal/transactions.html",
        found=found,
        tab=tab or "",
        earned=await ledger.earnings(db, expert_id),
        withdrawn=await withdrawals.withdrawals_of(db, expert_id, 1),
        now=now,
    )


@post(DASHBOARD + "/ready", guards=[requires_expert])
async def switch_ready(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    """Turn "Siap sekarang" on for the hours asked for, or off; htmx gets the strip."""
    form = await read_form(request, ReadyForm)
    if not form.validate():
        return await _dashboard(request, db, settings, now, form, status=422)
    on = form.on.data in ("1", "on", "true")
    await set_ready(db, _expert_id(request), on, now + timedelta(hours=int(form.until.data)) if on else None)
    if html.wants_partial(request):
        return await _dashboard(request, db, settings, now, ReadyForm())
    answer = html.see_other(request, DASHBOARD)
    put_flash(request, answer, "ok", "Anda tampil siap sekarang." if on else "“Siap sekarang” dimatikan.")
    return answer


async def _dashboard(
    request: WebRequest,
    db: Database,
    settings: Settings,
    now: datetime,
    form: ReadyForm,
    *,
    status: int = 200,
) -> Response[Any]:
    expert_id = _expert_id(request)
    return html.answer(
        request,
        "templates/portal/dashboard.html",
        _STRIP,
        status=status,
        desk=await desk_of(db, expert_id),
        coming=await bookings.coming_sessions(db, expert_id),
        earned=await ledger.earnings(db, expert_id),
        base_url=settings.base_url,
        form=form,
        now=now,
    )


def _expert_id(request: WebRequest) -> int:
    assert request.user is not None and request.user.expert_id is not None, "the guard let nobody else in"
    return request.user.expert_id


router = Router(path="/", route_handlers=[show_dashboard, show_transactions, switch_ready])
