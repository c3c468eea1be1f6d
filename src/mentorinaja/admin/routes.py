"""The admins' desk, collected."""

from __future__ import annotations

from litestar import Router

from mentorinaja.admin import case_routes, home, list_routes

router = Router(path="/", route_handlers=[*home.handlers, *list_routes.handlers, *case_routes.handlers])
