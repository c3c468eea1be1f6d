"""A thread's own steps over HTTP: "Selesai", "Terima hasil", and the page of an objection."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from mentorinaja.db.pool import Database
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.reports.rules import AlreadyReported
from mentorinaja.rooms.asking import address_of, advanced, booking_of, viewer_of
from mentorinaja.rooms.room import Room
from mentorinaja.threads import actions
from mentorinaja.threads.actions import NotFinished, TooLate
from mentorinaja.threads.forms import ObjectionForm
from mentorinaja.web.auth import requires_user
from mentorinaja.web.forms import read_form
from mentorinaja.web.html import page, see_other
from mentorinaja.web.viewer import WebRequest


@post("/session/{booking_id:str}/finish", guards=[requires_user])
async def finish(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """ "Selesai": the expert's answer is complete."""
    name = booking_of(booking_id)
    await actions.finish(db, viewer_of(request), name)
    return see_other(request, address_of(name))


@post("/session/{booking_id:str}/accept", guards=[requires_user])
async def accept(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """ "Terima hasil": the user takes the answer, and the thread is over."""
    name = booking_of(booking_id)
    await actions.accept(db, viewer_of(request), name)
    return see_other(request, address_of(name))


@get("/session/{booking_id:str}/objection", guards=[requires_user])
async def ask_for_objection(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """The form of an objection; back to the room when there is nothing to object to (any more)."""
    room = await _thread_of(request, db, booking_id)
    if room.phase(room.read_at) != "running" or room.finished_at is None or room.reported:
        return see_other(request, address_of(room.booking_id))
    return _form_page(request, room, ObjectionForm())


@post("/session/{booking_id:str}/objection", guards=[requires_user])
async def send_objection(request: WebRequest, db: Database, booking_id: str) -> Response[Any]:
    """Take the objection; 422 with what was typed, 409 when it is too early, too late or the second one."""
    room = await _thread_of(request, db, booking_id)
    form = await read_form(request, ObjectionForm)
    if not form.validate():
        return _form_page(request, room, form, status=422)
    try:
        await actions.object_to(db, viewer_of(request), room.booking_id, form.words.data or "")
    except (NotFinished, TooLate, AlreadyReported) as refusal:
        return _form_page(request, room, form, status=refusal.status, refusal=refusal)
    return see_other(request, address_of(room.booking_id))


async def _thread_of(request: WebRequest, db: Database, booking_id: str) -> Room:
    """The thread this user pays for, moved on if its time has come. Raises `NotThere`."""
    viewer = viewer_of(request)
    room = await advanced(db, viewer, booking_of(booking_id))
    if room.kind != "thread" or room.user_id != viewer.id:
        raise NotThere
    return room


def _form_page(
    request: WebRequest,
    room: Room,
    form: ObjectionForm,
    *,
    status: int = 200,
    refusal: DomainError | None = None,
) -> Response[bytes]:
    return page(
        request, "templates/threads/objection.html", status=status, room=room, form=form, refusal=refusal
    )


router = Router(path="/", route_handlers=[finish, accept, ask_for_objection, send_objection])
