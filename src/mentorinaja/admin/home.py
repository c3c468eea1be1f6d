"""The desk's home."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from mentorinaja.admin.pages import desk_page
from mentorinaja.web.auth import requires_admin
from mentorinaja.web.viewer import WebRequest


@get("/admin", guards=[requires_admin])
async def show_home(request: WebRequest) -> Response[Any]:
    """What needs an admin now."""
    return desk_page(request, "templates/admin/home.html", "")


handlers = [show_home]
