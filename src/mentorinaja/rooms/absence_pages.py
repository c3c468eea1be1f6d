"""The choice of a user whose expert has not come, over HTTP."""

from __future__ import annotations

from typing import Any

from litestar import Response, post

from mentorinaja.db.pool import Database
from mentorinaja.rooms import absence
from mentorinaja.rooms.asking import address_of, booking_of, viewer_of
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import see_other
from mentorinaja.web.viewer import WebRequest


@post("/session/{booking_id:str}/absence", guards=[requires_user])
async def choose(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """`choice`: `refund` cancels the session and leads to Riwayat, `wait` goes back to the room."""
    viewer, name = viewer_of(request), booking_of(booking_id)
    choice = (await posted(request)).text("choice")
    if choice == "wait":
        await absence.wait(db, viewer, name)
        return see_other(request, address_of(name))
    if choice != "refund":
        raise absence.UnknownChoice(
            "Kembali ke ruang sesi, lalu pilih lagi.", [("Buka ruang sesi", address_of(name))]
        )
    await absence.refund(db, viewer, name)
    answer = see_other(request, "/user/transactions?status=cancelled")
    put_flash(request, answer, "ok", "Sesi dibatalkan. Dana Anda sedang dikembalikan.")
    return answer


HANDLERS = [choose]
