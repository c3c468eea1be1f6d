"""The steps of a room's clock, and the ends others bring about: each in the caller's transaction, the room locked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from mentorinaja.bookings import actions as bookings
from mentorinaja.db.pool import Connection
from mentorinaja.errors import NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.payments import actions as payments
from mentorinaja.rooms import clock, queries, settling, telling
from mentorinaja.rooms.clock import Step
from mentorinaja.rooms.room import EndedBy, NoticeKind, Room, Side
from mentorinaja.web.viewer import Viewer


async def advance(tx: Connection, booking_id: UUID) -> Room | None:
    """Lock the room, take the steps that are due, answer what it is now; None when it was never opened.

    The time is asked after the lock was given, so that nothing in the room is younger than its end.
    """
    if not await tx.fetchval("SELECT true FROM active_sessions WHERE booking_id = $1 FOR UPDATE", booking_id):
        return None
    room = await _read(tx, booking_id)
    if room.extension is not None and room.extension.state == "agreed":
        # Its money came before this look, or comes after all that follows from it.
        await settling.lock_extension(tx, booking_id)
        room = await _read(tx, booking_id)
    while step := clock.due(room, room.read_at):
        await _STEPS[step.kind](tx, room, step)
        room = await _read(tx, booking_id)
    return room


async def locked(tx: Connection, user: Viewer, booking_id: UUID) -> tuple[Room, Side]:
    """The room with its row locked and its clock moved on, and which side `user` is. Raises `NotThere`."""
    room = await advance(tx, booking_id)
    side = room.side_of(user.id) if room else None
    if room is None or side is None:
        raise NotThere
    return room, side


async def finish(
    tx: Connection, room: Room, *, by: EndedBy, cause: str, at: datetime, user_id: int | None = None
) -> None:
    """End the session: the booking completes and unused time goes back. The room's row is locked."""
    if cause == "timeout" and room.timed and room.user_joined_at is None:
        cause = "user_absent"
    await _close(tx, room, by=by, cause=cause, at=at)
    actor = "system" if by == "timeout" else by
    await bookings.complete(tx, room.booking_id, cause, actor=actor, actor_id=user_id)
    await settling.give_unused_back(tx, room, cause=cause, at=at, actor=actor, actor_id=user_id)


async def call_off(
    tx: Connection, room: Room, *, by: EndedBy, cause: str, at: datetime, user_id: int | None = None
) -> None:
    """The session does not take place: the booking is cancelled and all of it goes back. The row is locked."""
    await _close(tx, room, by=by, cause=cause, at=at)
    actor = "system" if by == "timeout" else by
    await payments.cancel_and_owe(tx, room.booking_id, room.total, cause, actor=actor, actor_id=user_id)
    if cause in ("expert_absent", "both_absent"):
        await telling.queue_absent(tx, room.booking_id)
    elif cause == "undelivered":
        await telling.queue_undelivered(tx, room.booking_id)


async def note(tx: Connection, booking_id: UUID, kind: NoticeKind, cause: str, at: datetime) -> None:
    """Write a notice into the conversation, numbered and sealed."""
    await tx.fetchval("SELECT room_note($1, $2, $3, $4)", booking_id, kind, cause, at)


async def _read(tx: Connection, booking_id: UUID) -> Room:
    return (await queries.rooms_by_id(tx, [booking_id]))[booking_id]


async def _start(tx: Connection, room: Room, step: Step) -> None:
    ends_at = None if room.duration is None else step.at + room.duration
    await tx.execute(
        "UPDATE active_sessions SET status = 'running', started_at = $2, ends_at = $3 WHERE booking_id = $1",
        room.booking_id,
        step.at,
        ends_at,
    )
    await note(tx, room.booking_id, "started", step.cause, step.at)
    await enqueue(tx, bookings.ROOMS_DUE, at=ends_at or room.undelivered_at)


async def _pause(tx: Connection, room: Room, step: Step) -> None:
    await tx.execute(
        "UPDATE active_sessions SET status = 'paused', paused_at = $2 WHERE booking_id = $1",
        room.booking_id,
        step.at,
    )
    await note(tx, room.booking_id, "paused", step.cause, step.at)
    limit = (await _read(tx, room.booking_id)).pause_ends_at
    assert limit is not None, "it pauses"
    await enqueue(tx, bookings.ROOMS_DUE, at=limit)


async def _resume(tx: Connection, room: Room, step: Step) -> None:
    ends_at: datetime = await tx.fetchval(
        """UPDATE active_sessions SET status = 'running', paused_at = NULL,
             paused_for = paused_for + ($2 - paused_at), ends_at = ends_at + ($2 - paused_at)
           WHERE booking_id = $1 RETURNING ends_at""",
        room.booking_id,
        step.at,
    )
    await note(tx, room.booking_id, "resumed", step.cause, step.at)
    await _time_to_pay(tx, room.booking_id, ends_at)
    await enqueue(tx, bookings.ROOMS_DUE, at=ends_at)


async def _extend(tx: Connection, room: Room, step: Step) -> None:
    assert room.extension is not None, "only an extension extends"
    await tx.execute(
        "UPDATE session_extensions SET state = 'paid' WHERE booking_id = $1 AND number = $2",
        room.booking_id,
        room.extension.number,
    )
    ends_at = await tx.fetchval(
        "UPDATE active_sessions SET ends_at = ends_at + make_interval(mins => $2) WHERE booking_id = $1 "
        "RETURNING ends_at",
        room.booking_id,
        room.extension.minutes,
    )
    await note(tx, room.booking_id, "extended", step.cause, step.at)
    await enqueue(tx, bookings.ROOMS_DUE, at=ends_at)


async def _lapse(tx: Connection, room: Room, _step: Step) -> None:
    await settling.give_extension_back(tx, room)


async def _end(tx: Connection, room: Room, step: Step) -> None:
    await finish(tx, room, by="timeout", cause=step.cause, at=step.at)


async def _cancel(tx: Connection, room: Room, step: Step) -> None:
    await call_off(tx, room, by="timeout", cause=step.cause, at=step.at)


async def _close(tx: Connection, room: Room, *, by: EndedBy, cause: str, at: datetime) -> None:
    """Write the end down. What was said until somebody noticed stands before it."""
    at = await tx.fetchval(
        """UPDATE active_sessions s SET status = 'ended', ended_by = $3, ended_at = greatest($2, (
             SELECT created_at FROM chat_messages m WHERE m.booking_id = $1 ORDER BY seq DESC LIMIT 1))
           WHERE booking_id = $1 RETURNING ended_at""",
        room.booking_id,
        at,
        by,
    )
    await settling.lapse_extension(tx, room.booking_id)
    await note(tx, room.booking_id, "ended", cause, at)


async def _time_to_pay(tx: Connection, booking_id: UUID, ends_at: datetime) -> None:
    """More time can be paid for until the clock's end, which has moved."""
    await tx.execute(
        """UPDATE orders o SET pay_deadline = $2 FROM session_extensions x
           WHERE x.booking_id = $1 AND x.state = 'agreed' AND o.id = x.order_id AND o.payment_status = 'waiting'""",
        booking_id,
        ends_at,
    )


_STEPS: dict[clock.StepKind, Callable[[Connection, Room, Step], Awaitable[None]]] = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "extend": _extend,
    "lapse": _lapse,
    "end": _end,
    "cancel": _cancel,
}
