"""Who asks for which room, and the room as it is at that moment: what every handler of a room begins with."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.rooms import actions, clock, queries
from mentorinaja.rooms.room import Room, Side
from mentorinaja.web.viewer import Viewer, WebRequest


def viewer_of(request: WebRequest) -> Viewer:
    """The signed-in person, on addresses whose guard lets nobody else in."""
    assert request.user is not None, "the guard let somebody in"
    return request.user


def booking_of(text: str) -> UUID:
    """The booking an address names. Raises `NotThere` for what is no id."""
    try:
        return UUID(text)
    except ValueError:
        raise NotThere from None


def side_of(room: Room, viewer: Viewer) -> Side:
    """Which of the two asks; the room was answered to one of them."""
    side = room.side_of(viewer.id)
    assert side is not None, "the query answered one of the two"
    return side


async def room_of(db: Database, viewer: Viewer, booking_id: UUID) -> Room:
    """The room as it stands in the database. Raises `NotThere` for anybody but its two people."""
    room = await queries.room_for(db, viewer, booking_id)
    if room is None:
        raise NotThere
    return room


async def advanced(db: Database, viewer: Viewer, booking_id: UUID) -> Room:
    """As `room_of`, moved on if its time has come; no arrival."""
    room = await room_of(db, viewer, booking_id)
    if clock.due(room, room.read_at):
        await actions.advance(db, booking_id)
        room = await room_of(db, viewer, booking_id)
    return room


def address_of(booking_id: UUID) -> str:
    """The room's page."""
    return f"/session?bookingId={booking_id}"
