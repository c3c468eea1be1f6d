"""PROFIL, the mentor's page of what everybody reads about the mentor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get

from mentorinaja.bookings.strip import strip_of
from mentorinaja.db.pool import Database
from mentorinaja.settings import Settings
from mentorinaja.web import html
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.viewer import WebRequest

DASHBOARD = "/expert/dashboard"


@get(DASHBOARD, guards=[requires_expert])
async def show_profile(request: WebRequest, db: Database, settings: Settings, now: datetime) -> Response[Any]:
    """The own address and everything of the profile that can be changed."""
    return html.page(
        request,
        "templates/portal/profile.html",
        strip=await strip_of(db, expert_id_of(request)),
        base_url=settings.base_url,
        now=now,
    )


handlers = [show_profile]
