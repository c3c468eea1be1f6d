"""Invoices, an expert's own view of a sale, and credit notes: each a page and a file with the same words."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from litestar import Response, Router, get

from mentorinaja.bookings import queries as bookings
from mentorinaja.bookings.queries import Evidence, OrderDetail
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.invoices import pdf, queries, sheets
from mentorinaja.invoices.downloads import as_file, split
from mentorinaja.invoices.month_routes import lead_to_month, show_month
from mentorinaja.invoices.sheets import Sheet
from mentorinaja.ledger import queries as ledger
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.viewer import WebRequest


@get("/invoice/{name:str}", guards=[requires_user])
async def show_invoice(
    request: WebRequest, db: Database, now: datetime, name: str, invoice: str = ""
) -> Response[Any]:
    """An order's invoice for its payer and for admins, for its expert what is earned with it; `.pdf` the same as a file.

    `invoice` names an older one of the order. Before payment there is none.
    """
    assert request.user is not None, "the guard let somebody in"
    public_id, ending = split(name, ("pdf",))
    papers = await queries.papers_for(db, request.user, public_id)
    if papers is None:
        return await _show_sale(request, db, now, public_id, ending)
    shown = next((one for one in papers.invoices if one.name == (invoice or papers.invoice.name)), None)
    if shown is None:
        raise NotThere
    sheet = sheets.invoice_sheet(shown)
    if ending:
        return await _file(sheet)
    return html.page(
        request, "templates/invoices/show.html", sheet=sheet, papers=papers, invoice=shown,
        evidence=await _evidence(db, papers.order), flow=await ledger.where_went(db, papers.order.id), now=now,
    )  # fmt: skip


@get("/invoice/{public_id:str}/nota/{name:str}", guards=[requires_user])
async def show_note(request: WebRequest, db: Database, public_id: str, name: str) -> Response[Any]:
    """A credit note for the payer and for admins; `.pdf` the same as a file."""
    assert request.user is not None, "the guard let somebody in"
    number, ending = split(name, ("pdf",))
    note = await queries.note_for(db, request.user, public_id, number)
    if note is None:
        raise NotThere
    sheet = sheets.note_sheet(note)
    if ending:
        return await _file(sheet)
    return html.page(request, "templates/invoices/note.html", sheet=sheet, note=note)


async def _show_sale(
    request: WebRequest, db: Database, now: datetime, public_id: str, ending: str
) -> Response[Any]:
    assert request.user is not None, "the guard let somebody in"
    order = await queries.sale_of_expert(db, request.user, public_id)
    if order is None:
        raise NotThere
    sheet = sheets.sale_sheet(order, now)
    if ending:
        return await _file(sheet)
    return html.page(
        request, "templates/invoices/statement.html", sheet=sheet, order=order,
        evidence=await _evidence(db, order), flow=await ledger.where_went(db, order.id), now=now,
    )  # fmt: skip


async def _evidence(db: Database, order: OrderDetail) -> Evidence | None:
    return await bookings.evidence_of(db, order.booking_id) if order.booking_id else None


async def _file(sheet: Sheet) -> Response[bytes]:
    return as_file(await asyncio.to_thread(pdf.draw, sheet), f"{sheet.file_name}.pdf")


router = Router(path="/", route_handlers=[show_invoice, show_note, lead_to_month, show_month])
