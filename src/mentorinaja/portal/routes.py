"""The mentor's portal: the "Siap sekarang" switch, and the list of its pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from litestar import Response, Router, post

from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.portal import (
    balance_routes,
    photo_routes,
    profile_lists,
    profile_routes,
    profile_tags,
    schedule_routes,
    services_routes,
    transactions_routes,
)
from mentorinaja.portal.forms import ReadyForm
from mentorinaja.schedule.actions import set_ready
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.viewer import WebRequest


@post("/expert/dashboard/ready", guards=[requires_expert])
async def switch_ready(request: WebRequest, db: Database, now: datetime) -> Response[Any]:
    """Turn "Siap sekarang" on for the hours asked for, or off; htmx gets the strip."""
    form, expert_id = await read_form(request, ReadyForm), expert_id_of(request)
    if not form.validate():
        strip = await strip_of(db, expert_id)
        return html.answer(request, _PAGE, _STRIP, status=422, strip=strip, ready_form=form, now=now)
    on = form.on.data in ("1", "on", "true")
    await set_ready(db, expert_id, on, now + timedelta(hours=int(form.until.data)) if on else None)
    if html.wants_partial(request):
        return html.answer(request, _PAGE, _STRIP, strip=await strip_of(db, expert_id), now=now)
    answer = html.see_other(request, profile_routes.DASHBOARD)
    put_flash(request, answer, "ok", "Anda tampil siap sekarang." if on else "“Siap sekarang” dimatikan.")
    return answer


_PAGE, _STRIP = "templates/portal/ready.html", "partials/portal/strip.html"

router = Router(
    path="/",
    route_handlers=[
        *profile_routes.handlers,
        *profile_lists.handlers,
        *profile_tags.handlers,
        *photo_routes.handlers,
        *services_routes.handlers,
        *schedule_routes.handlers,
        *transactions_routes.handlers,
        *balance_routes.handlers,
        switch_ready,
    ],
)
