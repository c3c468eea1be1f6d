"""Invoices: the payer's, and the expert's own statement at the same address."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from mentorinaja.bookings import queries
from mentorinaja.bookings.rules import METHODS
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.viewer import WebRequest


@get("/invoice/{public_id:str}", guards=[requires_user])
async def show_invoice(request: WebRequest, db: Database, public_id: str) -> Response[Any]:
    """The payer sees the invoice, the expert a statement of what is earned; before payment there is none.

    Below it both see the same facts of the session.
    """
    viewer = request.user
    assert viewer is not None
    order = await queries.order_for(db, viewer, public_id)
    template = "templates/invoices/show.html"
    if order is None and viewer.expert_id is not None:
        order = await queries.order_of_expert(db, viewer.expert_id, public_id)
        template = "templates/invoices/statement.html"
    if order is None or order.invoice_name is None:
        raise NotThere
    evidence = await queries.evidence_of(db, order.booking_id) if order.booking_id else None
    method = METHODS[order.payment_method].name
    return html.page(request, template, order=order, method=method, evidence=evidence)


HANDLERS = [show_invoice]
