"""The page of an order's whole history, for those that are longer than its case shows."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from mentorinaja.admin.cases import Part
from mentorinaja.admin.orders import history as order_history
from mentorinaja.admin.pages import desk_page
from mentorinaja.bookings import queries as orders
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.viewer import WebRequest


@get("/admin/orders/history", guards=[requires_admin])
async def show_history(request: WebRequest, db: Database) -> Response[Any]:
    """All that happened to the order of the address's `order`."""
    sale = await orders.order_called(db, request.query_params.get("order", ""))
    if sale is None:
        raise NotThere
    told = await order_history.latest(db, sale.id, order_history.ALL)
    part = Part("history", "Riwayat", "partials/admin/orders/history.html", {"told": told, "all": None})
    return desk_page(
        request, "templates/admin/orders/history.html", "orders", public_id=sale.public_id, part=part
    )


handlers = [show_history]
