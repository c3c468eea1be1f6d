"""The admins' desk, collected."""

from __future__ import annotations

from litestar import Router

from mentorinaja.admin import case_routes, home, link_paste, list_routes, order_pages, people_desk

router = Router(
    path="/",
    route_handlers=[
        *home.handlers,
        *link_paste.handlers,
        *list_routes.handlers,
        *order_pages.handlers,
        *people_desk.handlers,
        *case_routes.handlers,
    ],
)
