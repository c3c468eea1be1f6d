"""The admins' desk, collected."""

from __future__ import annotations

from litestar import Router

from mentorinaja.admin import (
    case_routes,
    home,
    link_paste,
    list_routes,
    order_pages,
    people_desk,
    policy_pages,
    refund_batch,
    withdrawal_batch,
)

router = Router(
    path="/",
    route_handlers=[
        *home.handlers,
        *link_paste.handlers,
        *refund_batch.handlers,
        *list_routes.handlers,
        *order_pages.handlers,
        *people_desk.handlers,
        *policy_pages.handlers,
        *withdrawal_batch.handlers,
        *case_routes.handlers,
    ],
)
