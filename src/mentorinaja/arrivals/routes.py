"""Arriving at a session that takes place elsewhere: on through the meeting link, and the code of a meeting in person."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post
from litestar.response import Redirect
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_303_SEE_OTHER

from mentorinaja.arrivals import actions
from mentorinaja.arrivals.actions import WrongCode
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere, TooMany
from mentorinaja.rooms.asking import address_of, advanced, booking_of, side_of, viewer_of
from mentorinaja.web.auth import requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.flash import put_flash
from mentorinaja.web.html import PRIVATE, answer, see_other, wants_partial
from mentorinaja.web.problems import with_wait
from mentorinaja.web.viewer import WebRequest


@get("/session/{booking_id:str}/link", guards=[requires_user])
async def open_link(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """On to the video meeting; that this side went there is recorded, which is why this GET writes.

    What a browser fetches ahead is no arrival, and whoever comes from another site is led to the room.
    """
    viewer, name = viewer_of(request), booking_of(booking_id)
    await advanced(db, viewer, name)
    if "prefetch" in request.headers.get("sec-purpose", ""):
        return Response(b"", status_code=HTTP_204_NO_CONTENT, headers={"Cache-Control": PRIVATE})
    if request.headers.get("sec-fetch-site") == "cross-site":
        return see_other(request, address_of(name))
    url = await actions.open_link(db, viewer, name)
    return Redirect(url, status_code=HTTP_303_SEE_OTHER, headers={"Cache-Control": PRIVATE})


@get("/session/{booking_id:str}/arrival", guards=[requires_user])
async def show_arrival(request: WebRequest, db: Database, booking_id: str) -> Response[bytes]:
    """The form for the arrival code, as a page of its own; for the expert only."""
    return await _arrival(request, db, booking_id)


@post("/session/{booking_id:str}/arrival", guards=[requires_user])
async def give_code(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """Take the code; a wrong one stays in its field, with what to do beside it."""
    viewer, name = viewer_of(request), booking_of(booking_id)
    typed = (await posted(request)).text("code") or ""
    try:
        await actions.give_code(db, viewer, name, typed)
    except (WrongCode, TooMany) as refusal:
        shown = await _arrival(
            request, db, booking_id, typed=typed, problem=refusal.text, status=refusal.status
        )
        return with_wait(shown, refusal)
    if wants_partial(request):
        return await _arrival(request, db, booking_id)
    done = see_other(request, address_of(name))
    put_flash(request, done, "ok", "Kode cocok. Kehadiran Anda berdua sudah tercatat.")
    return done


async def _arrival(
    request: WebRequest,
    db: Database,
    booking_id: str,
    *,
    typed: str = "",
    problem: str = "",
    status: int = 200,
) -> Response[bytes]:
    viewer = viewer_of(request)
    room = await advanced(db, viewer, booking_of(booking_id))
    side = side_of(room, viewer)
    if side != "expert" or room.kind != "scheduled" or room.category != "offline_event":
        raise NotThere
    return answer(
        request,
        "templates/arrivals/show.html",
        "partials/arrivals/code.html",
        status=status,
        room=room,
        side=side,
        now=room.read_at,
        code_typed=typed,
        code_problem=problem,
    )


router = Router(path="/", route_handlers=[open_link, show_arrival, give_code])
