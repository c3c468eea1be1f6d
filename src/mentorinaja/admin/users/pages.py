"""What the page of a person does besides its decisions: signing a device out."""

from __future__ import annotations

from typing import Any

from litestar import Response, post

from mentorinaja.accounts import standing
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.typed import whole_in
from mentorinaja.web.auth import admin_of, requires_admin
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.viewer import WebRequest


@post("/admin/users/perangkat", guards=[requires_admin])
async def end_device(request: WebRequest, db: Database) -> Response[Any]:
    """Sign somebody (`person`) out on one device (`device`)."""
    sent = await posted(request)
    user_id, session_id = whole_in(sent.text("person")), whole_in(sent.text("device"))
    if user_id is None or session_id is None:
        raise NotThere
    answer = see_other(request, f"/admin/users/{user_id}#devices")
    try:
        await standing.end_device(db, admin_of(request), user_id, session_id)
        put_flash(request, answer, "ok", "Perangkat dikeluarkan.")
    except standing.NotForThisAccount as refusal:
        put_flash(request, answer, "warn", str(refusal))
    return answer


handlers = [end_device]
