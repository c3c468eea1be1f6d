"""The room's pages, its messages, its stream, and its end."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import MediaType, Response, Router, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.rooms import (
    absence_pages,
    actions,
    clock,
    file_pages,
    presence,
    queries,
    rules,
    settling,
    uploads,
)
from mentorinaja.rooms.asking import address_of, advanced, booking_of, room_of, side_of, viewer_of
from mentorinaja.rooms.frames import message_html
from mentorinaja.rooms.live import Rooms
from mentorinaja.rooms.pace import Pace
from mentorinaja.rooms.room import IN_ROOM, Room, Side
from mentorinaja.storage import Storage
from mentorinaja.web.auth import Guarded, requires_user
from mentorinaja.web.bodies import posted
from mentorinaja.web.html import PRIVATE, page, see_other, wants_partial
from mentorinaja.web.problems import with_wait
from mentorinaja.web.streams import personal_stream
from mentorinaja.web.viewer import Viewer, WebRequest

BookingId = Annotated[str, QueryParameter(name="bookingId")]


@get("/session", guards=[requires_user])
async def show_room(
    request: WebRequest, db: Database, booking_id: BookingId = "", before: str = ""
) -> Response[bytes]:
    """The room, or why it is not open. Being here is what counts as having come."""
    viewer = viewer_of(request)
    room = await _entered(db, viewer, booking_of(booking_id))
    return await _room_page(request, db, room, side_of(room, viewer), before=rules.number(before))


@get("/session/{booking_id:str}/thread", guards=[requires_user])
async def show_thread(request: WebRequest, db: Database, booking_id: str) -> Response[bytes]:
    """The thread alone, for the frame of browsers without script."""
    viewer = viewer_of(request)
    room = await _entered(db, viewer, booking_of(booking_id))
    if room.phase(room.read_at) not in IN_ROOM:
        raise rules.why_closed(room, room.phase(room.read_at))
    context = await _thread(db, room, side_of(room, viewer))
    return page(request, "templates/rooms/thread.html", **context)


@post(
    "/session/{booking_id:str}/messages",
    guards=[requires_user, uploads.requires_one_of_the_two],
    opt=uploads.TAKES_A_FILE,
    request_max_body_size=None,
)
async def send_message(request: WebRequest, booking_id: str) -> Response[Any]:
    """Take a message: htmx gets its partial, a plain form goes back to the room. A refusal keeps the text."""
    viewer, name = viewer_of(request), booking_of(booking_id)
    # Asked for by name, the framework would start a group of tasks to provide them, for every message.
    db: Database = request.app.state.db
    storage: Storage = request.app.state.storage
    form = await posted(request)
    try:
        sent = await uploads.send_posted(db, storage, viewer, name, form)
    except rules.Refused as refusal:
        answer = await _refused(request, db, name, refusal, form.text("text") or "")
        return with_wait(answer, refusal)
    request.app.state.pace.sent(name, sent.message.sender)
    if not wants_partial(request):
        return see_other(request, address_of(name))
    html = message_html(request.app.state.templates, sent.message, sent.message.sender, viewer.time_zone)
    return Response(
        html.encode(),
        status_code=200 if sent.again else 201,
        media_type=MediaType.HTML,
        headers={"Cache-Control": PRIVATE},
    )


async def refuses_scripts_without_sign_in(connection: Guarded, _handler: BaseRouteHandler) -> None:
    """Guard: a script that reconnects after the sign-in ended must hear an error, not be led to a page."""
    if connection.scope.get("user") is None and connection.headers.get("hx-request") == "true":
        raise NotThere


@get("/session/{booking_id:str}/events", guards=[refuses_scripts_without_sign_in, requires_user])
async def stream_room(request: WebRequest, db: Database, booking_id: str, after: str = "") -> ASGIApp:
    """The room as it happens. 204 when it is over and seen to the end; 409 while it is not open."""
    viewer, name = viewer_of(request), booking_of(booking_id)
    room = await advanced(db, viewer, name)
    phase = room.phase(room.read_at)
    cursor = rules.cursor(after, request.headers.get("last-event-id"), room.last_seq)
    # Without a cursor there is nothing to repair: the page shows an ended room.
    if phase == "ended" and cursor in (0, room.last_seq):
        return ASGIResponse(status_code=204, headers={"cache-control": PRIVATE})
    if phase not in IN_ROOM:
        raise rules.why_closed(room, phase)
    rooms: Rooms = request.app.state.rooms
    answers = bool(request.query_params.get("tab"))
    frames = rooms.stream(room, side_of(room, viewer), cursor, answers=answers)
    return personal_stream(request, frames)


@post("/session/{booking_id:str}/here", guards=[requires_user], status_code=204)
async def be_here(request: WebRequest, booking_id: str) -> None:
    """The page's own sign of life: how far it was read (`read`), and whether somebody is writing (`typing`)."""
    viewer, name = viewer_of(request), booking_of(booking_id)
    pace: Pace = request.app.state.pace
    pace.count(viewer.id)
    form = await posted(request)
    db: Database = request.app.state.db
    side = await presence.here(db, viewer, name, rules.number(form.text("read")))
    if form.text("typing") and pace.tells_typing(name, side):
        await presence.typing(db, name, side)


@get("/session/{booking_id:str}/end", guards=[requires_user])
async def ask_to_end(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """The question before the end, as a page of its own."""
    viewer, name = viewer_of(request), booking_of(booking_id)
    room = await advanced(db, viewer, name)
    if room.phase(room.read_at) not in ("running", "paused") or not room.timed:
        return see_other(request, address_of(name))
    side = side_of(room, viewer)
    amount = await settling.would_go_back(db, room, side)
    return page(
        request, "templates/rooms/end.html", room=room, side=side, now=room.read_at, amount=amount
    )  # fmt: skip


@post("/session/{booking_id:str}/end", guards=[requires_user])
async def end_session(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """ "Ya, Akhiri": the session is over for both."""
    name = booking_of(booking_id)
    await actions.end(db, viewer_of(request), name)
    return see_other(request, address_of(name))


async def _entered(db: Database, viewer: Viewer, name: UUID) -> Room:
    """The room with this arrival written down, and moved on if its time has come."""
    room = await room_of(db, viewer, name)
    waits = room.phase(room.read_at) in ("waiting", "running", "paused")
    if (waits and not room.joined(side_of(room, viewer))) or clock.due(room, room.read_at):
        await actions.enter(db, viewer, name)
        return await room_of(db, viewer, name)
    if waits:
        await presence.here(db, viewer, name, 0)
    return room


async def _room_page(
    request: WebRequest,
    db: Database,
    room: Room,
    side: Side,
    *,
    before: int = 0,
    typed: str = "",
    refusal: str = "",
    status: int = 200,
) -> Response[bytes]:
    phase = room.phase(room.read_at)
    if phase not in IN_ROOM:
        wait = (room.opens_at - room.read_at).total_seconds()
        opens_in = int(wait) + 2 if phase == "early" and wait < 3600 else None
        return page(
            request, "templates/rooms/closed.html", status=status, room=room, side=side, now=room.read_at,
            phase=phase, opens_in=opens_in, typed=typed,
        )  # fmt: skip
    context = await _thread(db, room, side, before)
    return page(
        request, "templates/rooms/show.html", status=status, typed=typed, refusal=refusal,
        reading=before > 0, client_id=uuid4(), **context,
    )  # fmt: skip


async def _thread(db: Database, room: Room, side: Side, before: int = 0) -> dict[str, Any]:
    """What every view of the thread needs; `before` is set when there are older messages."""
    items = await queries.latest_items(db, room.booking_id, rules.PAGE, before or None)
    older = items[0].seq if items and items[0].seq > 1 else None
    zone = room.zone_of(side)
    return {"room": room, "side": side, "now": room.read_at, "items": items, "zone": zone, "before": older}


async def _refused(
    request: WebRequest, db: Database, name: UUID, refusal: rules.Refused, typed: str
) -> Response[bytes]:
    if wants_partial(request):
        return page(request, "partials/rooms/refusal.html", status=refusal.status, refusal=refusal.text)
    viewer = viewer_of(request)
    room = await _entered(db, viewer, name)
    return await _room_page(
        request, db, room, side_of(room, viewer), typed=typed, refusal=refusal.text, status=refusal.status
    )


router = Router(
    path="/",
    route_handlers=[
        show_room,
        show_thread,
        send_message,
        stream_room,
        be_here,
        ask_to_end,
        end_session,
        *absence_pages.HANDLERS,
        *file_pages.HANDLERS,
    ],
)
