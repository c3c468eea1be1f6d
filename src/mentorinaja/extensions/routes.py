"""+15 menit by one address: who asks and who answers is decided by the sign-in."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, post

from mentorinaja.db.pool import Database
from mentorinaja.extensions import actions
from mentorinaja.rooms.asking import address_of, booking_of, viewer_of
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.html import see_other
from mentorinaja.web.viewer import WebRequest


@post("/session/{booking_id:str}/extend", guards=[requires_user])
async def extend(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """The user asks for 15 minutes more, or the expert answers (`answer`: `yes` or `no`); back to the room."""
    name = booking_of(booking_id)
    form = await posted(request)
    await actions.extend(db, viewer_of(request), name, form.text("answer"))
    return see_other(request, address_of(name))


router = Router(path="/", route_handlers=[extend])
