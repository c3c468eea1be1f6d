"""“Ke mana uang saya?”: where an order's money went, for its payer, its expert and admins."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from mentorinaja.bookings import queries
from mentorinaja.bookings.queries import OrderDetail
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.ledger import queries as ledger
from mentorinaja.ledger.queries import Side
from mentorinaja.web import html
from mentorinaja.web.auth import requires_user
from mentorinaja.web.viewer import Viewer, WebRequest


@get("/money/{public_id:str}", guards=[requires_user])
async def show_money(request: WebRequest, db: Database, public_id: str) -> Response[Any]:
    """Every rupiah of an order as the one who looks at it may see it; admins see what the payer sees."""
    assert request.user is not None, "the guard let nobody else in"
    order, side = await _order_for(db, request.user, public_id)
    expert = side == "expert"
    return html.page(
        request,
        "templates/ledger/show.html",
        order=order,
        flow=await ledger.where_went(db, order.id),
        side=side,
        zone=order.expert_zone if expert else order.payer_zone,
        back=("/expert/dashboard/transaksi", "Transaksi") if expert else ("/user/transactions", "Riwayat"),
    )


async def _order_for(db: Database, viewer: Viewer, public_id: str) -> tuple[OrderDetail, Side]:
    if order := await queries.order_for(db, viewer, public_id):
        return order, "payer"
    if viewer.expert_id is not None:
        order = await queries.order_of_expert(db, viewer.expert_id, public_id)
        # Unpaid orders are not the expert's business yet.
        if order is not None and order.paid_at is not None:
            return order, "expert"
    if viewer.role == "admin":
        order_id = await db.fetchval("SELECT id FROM orders WHERE public_id = $1", public_id)
        if order_id is not None and (order := await queries.order_by_id(db, order_id)):
            return order, "payer"
    raise NotThere


HANDLERS = [show_money]
