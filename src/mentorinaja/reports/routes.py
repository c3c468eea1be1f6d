""" "Laporkan masalah": what was recorded of a session, the form, and what became of a report."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.reports import actions, queries
from mentorinaja.reports.forms import ReportForm
from mentorinaja.reports.rules import AlreadyReported, NotReportable, TooLate, why_not
from mentorinaja.rooms.asking import advanced, booking_of, side_of, viewer_of
from mentorinaja.settings import Settings
from mentorinaja.web.auth import requires_user
from mentorinaja.web.flash import put_flash
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.viewer import WebRequest


@get("/session/{booking_id:str}/report", guards=[requires_user])
async def show_report(
    request: WebRequest, db: Database, settings: Settings, booking_id: str
) -> Response[bytes]:
    """The form while the session can be reported; what was reported and decided, for both sides."""
    return await _report_page(request, db, settings, booking_id, ReportForm())


@post("/session/{booking_id:str}/report", guards=[requires_user])
async def send_report(
    request: WebRequest, db: Database, settings: Settings, booking_id: str
) -> Response[Any]:
    """Take the report; 422 or 409 with what was typed."""
    viewer, name = viewer_of(request), booking_of(booking_id)
    await advanced(db, viewer, name)
    form = await read_form(request, ReportForm)
    if not form.validate():
        return await _report_page(request, db, settings, booking_id, form, status=422)
    try:
        await actions.report(db, viewer, name, form.words.data or "")
    except (NotReportable, AlreadyReported) as refusal:
        return await _report_page(
            request, db, settings, booking_id, form, status=refusal.status, refusal=refusal
        )
    answer = see_other(request, f"/session/{name}/report")
    put_flash(request, answer, "ok", "Laporan Anda sudah kami terima. Keputusannya kami kirim lewat email.")
    return answer


async def _report_page(
    request: WebRequest,
    db: Database,
    settings: Settings,
    booking_id: str,
    form: ReportForm,
    *,
    status: int = 200,
    refusal: NotReportable | AlreadyReported | None = None,
) -> Response[bytes]:
    viewer, name = viewer_of(request), booking_of(booking_id)
    room = await advanced(db, viewer, name)
    side = side_of(room, viewer)
    evidence = await orders.evidence_of(db, name)
    if room.kind != "scheduled" and not evidence.reports:
        raise NotThere
    mine = any(report.side == side for report in evidence.reports)
    closed = why_not(room, evidence.reports) if room.kind == "scheduled" else None
    if closed and not evidence.reports and not isinstance(closed, TooLate):
        raise closed
    return page(
        request,
        "templates/reports/show.html",
        status=status,
        room=room,
        side=side,
        now=room.read_at,
        zone=room.zone_of(side),
        evidence=evidence,
        my_words=await queries.words_of(db, name, side),
        form=form,
        can_write=room.kind == "scheduled" and not mine and closed is None,
        late=not mine and isinstance(closed, TooLate),
        refusal=refusal,
        contact=parseaddr(settings.mail_from)[1],
    )


router = Router(path="/", route_handlers=[show_report, send_report])
