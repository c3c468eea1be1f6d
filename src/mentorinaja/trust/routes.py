"""The one click with which a paused expert is listed again."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, post

from mentorinaja.db.pool import Database
from mentorinaja.trust import actions
from mentorinaja.web.auth import expert_id_of, requires_expert
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.viewer import WebRequest


@post("/expert/dashboard/aktifkan", guards=[requires_expert])
async def resume(request: WebRequest, db: Database) -> Response[Any]:
    """End the pause; without one nothing happens."""
    listed = await actions.resume(db, expert_id_of(request))
    answer = see_other(request, "/expert/dashboard")
    put_flash(
        request, answer, "ok", "Anda tampil lagi di daftar mentor." if listed else "Anda tidak sedang dijeda."
    )
    return answer


router = Router(path="/", route_handlers=[resume])
