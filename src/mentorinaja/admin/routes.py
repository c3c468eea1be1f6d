"""The admins' desk, collected."""

from __future__ import annotations

from litestar import Router

from mentorinaja.admin import batch_routes, case_routes, exporting, list_routes
from mentorinaja.admin.health import home
from mentorinaja.admin.links import paste as link_paste
from mentorinaja.admin.orders import pages as order_pages
from mentorinaja.admin.settings import pages as settings_pages
from mentorinaja.admin.users import pages as user_pages

router = Router(
    path="/",
    route_handlers=[
        *home.handlers,
        *link_paste.handlers,
        *list_routes.handlers,
        *exporting.handlers,
        *order_pages.handlers,
        *user_pages.handlers,
        *settings_pages.handlers,
        *batch_routes.handlers,
        *case_routes.handlers,
    ],
)
