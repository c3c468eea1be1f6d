"""The admins' desk, collected."""

from __future__ import annotations

from litestar import Router

from mentorinaja.admin import case_routes, list_routes
from mentorinaja.admin.health import home
from mentorinaja.admin.links import paste as link_paste
from mentorinaja.admin.orders import pages as order_pages
from mentorinaja.admin.refunds import batch as refund_batch
from mentorinaja.admin.settings import pages as settings_pages
from mentorinaja.admin.users import pages as user_pages
from mentorinaja.admin.withdrawals import batch as withdrawal_batch

router = Router(
    path="/",
    route_handlers=[
        *home.handlers,
        *link_paste.handlers,
        *refund_batch.handlers,
        *list_routes.handlers,
        *order_pages.handlers,
        *user_pages.handlers,
        *settings_pages.handlers,
        *withdrawal_batch.handlers,
        *case_routes.handlers,
    ],
)
