"""What happens in a room: somebody enters, shows a sign of life, the clock takes its steps, the session ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from mentorinaja.bookings import actions as bookings
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.payments import actions as payments
from mentorinaja.rooms import clock, queries, rules, settling, telling
from mentorinaja.rooms.clock import Step
from mentorinaja.rooms.room import ABSENT_AFTER, GONE_AFTER, OPENS_BEFORE, EndedBy, NoticeKind, Room, Side
from mentorinaja.web.viewer import Viewer

MOVE_DUE = "rooms.move_due"
# An expert may be so late that the user is told by mail what there is to choose.
CHOICE_DUE = "rooms.choice_due"


@atomic
async def enter(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """One of the two is in the room: make it when its waiting time has begun, note the arrival, move its clock.

    Nothing happens in a room that is not open. Raises `NotThere` for anybody else.
    """
    room = await queries.room_for(tx, user, booking_id)
    if room is None:
        raise NotThere
    await _open(tx, booking_id)
    await _sign(tx, booking_id, _side(room, user), arrives=True)


@atomic
async def open_room(tx: Connection, booking_id: UUID) -> None:
    """Make the room of a confirmed booking whose waiting time has begun; once."""
    await _open(tx, booking_id)
    await _advance(tx, booking_id)


@atomic
async def advance(tx: Connection, booking_id: UUID) -> None:
    """Take every step of the clock that is due; doing so twice is once."""
    await _advance(tx, booking_id)


@atomic
async def sign(tx: Connection, user: Viewer, booking_id: UUID, *, read: int = 0) -> Side:
    """One of the two shows a sign of life, after a silence perhaps; answers who. Raises `NotThere`."""
    room = await queries.room_for(tx, user, booking_id)
    if room is None:
        raise NotThere
    side = _side(room, user)
    await _sign(tx, booking_id, side, read=read)
    return side


@atomic
async def streams(tx: Connection, booking_id: UUID, side: Side) -> None:
    """A stream of this side was opened, or is heard of again after a silence."""
    await _sign(tx, booking_id, side, streaming=True)


@atomic
async def leave(tx: Connection, booking_id: UUID, side: Side, *, seen: bool) -> None:
    """The last stream of this side in a process ended; `seen` when that moment is a sign itself.

    The clock is asked again when the side would count as gone.
    """
    row = await tx.fetchrow(
        """UPDATE room_presence p SET streaming = false,
             seen_at = CASE WHEN $3 AND p.seen_at > app_now() - $4::interval THEN app_now() ELSE p.seen_at END
           FROM active_sessions s WHERE p.booking_id = $1 AND p.side = $2 AND s.booking_id = $1
           RETURNING p.seen_at, s.status = 'running' AND s.timed AS runs""",
        booking_id,
        side,
        seen,
        GONE_AFTER,
    )
    if row is not None and row["runs"] and side == "expert":
        await enqueue(tx, MOVE_DUE, at=row["seen_at"] + GONE_AFTER)


@atomic
async def end(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """One of the two ends the running session; over already is fine.

    Raises `NotThere` for anybody else, `NotRunning` before the start and where no clock runs.
    """
    room = await _advance(tx, booking_id) or await queries.room_for(tx, user, booking_id)
    side = room.side_of(user.id) if room else None
    if room is None or side is None:
        raise NotThere
    if room.phase(room.read_at) in ("ended", "cancelled"):
        return
    if not room.timed:
        raise rules.NotRunning("Sesi ini selesai dengan sendirinya pada jam yang dijadwalkan.")
    if room.status not in ("running", "paused"):
        raise rules.NotRunning("Sesi belum dimulai, jadi belum ada yang perlu diakhiri.")
    await finish(tx, room, by=side, cause=side, at=room.read_at, user_id=user.id)


async def locked(tx: Connection, user: Viewer, booking_id: UUID) -> tuple[Room, Side]:
    """The room with its row locked and its clock moved on, and which side `user` is. Raises `NotThere`."""
    room = await _advance(tx, booking_id)
    side = room.side_of(user.id) if room else None
    if room is None or side is None:
        raise NotThere
    return room, side


async def finish(
    tx: Connection, room: Room, *, by: EndedBy, cause: str, at: datetime, user_id: int | None = None
) -> None:
    """End the session: the booking completes and unused time goes back. The room's row is locked."""
    await _close(tx, room, by=by, cause=cause, at=at)
    reason = "user_absent" if room.timed and room.user_joined_at is None else cause
    actor = "system" if by == "timeout" else by
    await bookings.complete(tx, room.booking_id, reason, actor=actor, actor_id=user_id)
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


async def _open(tx: Connection, booking_id: UUID) -> None:
    row = await tx.fetchrow(
        """INSERT INTO active_sessions
             (booking_id, user_id, expert_user_id, timed, duration_seconds, scheduled_at)
           SELECT b.id, b.user_id, e.user_id, b.category = 'online_chat' AND b.duration_minutes IS NOT NULL,
             b.duration_minutes * 60, b.starts_at
           FROM bookings b JOIN experts e ON e.id = b.expert_id
           WHERE b.id = $1 AND b.status = 'confirmed'
             AND (b.duration_minutes IS NULL OR b.starts_at <= app_now() + $2)
           ON CONFLICT (booking_id) DO NOTHING
           RETURNING scheduled_at, make_interval(secs => duration_seconds) AS duration""",
        booking_id,
        OPENS_BEFORE,
    )
    if row is not None and row["duration"] is not None:
        await enqueue(tx, MOVE_DUE, at=row["scheduled_at"])
        await enqueue(tx, CHOICE_DUE, at=row["scheduled_at"] + ABSENT_AFTER)
        await enqueue(tx, MOVE_DUE, at=row["scheduled_at"] + row["duration"])


async def _sign(
    tx: Connection,
    booking_id: UUID,
    side: Side,
    *,
    arrives: bool = False,
    streaming: bool = False,
    read: int = 0,
) -> None:
    """Under the room's lock: what was due before the sign, the sign, what it brings about."""
    room = await _advance(tx, booking_id)
    if room is None or room.status == "ended":
        return
    await tx.execute(
        """INSERT INTO room_presence AS p (booking_id, side, seen_at, streaming, read_seq)
           VALUES ($1, $2, app_now(), $3, least($4::bigint, $5))
           ON CONFLICT (booking_id, side) DO UPDATE SET seen_at = app_now(),
             streaming = p.streaming OR excluded.streaming, read_seq = greatest(p.read_seq, excluded.read_seq)""",
        booking_id,
        side,
        streaming,
        read,
        room.last_seq,
    )
    if arrives and not room.joined(side):
        column = "user_joined_at" if side == "user" else "expert_joined_at"
        await tx.execute(f"UPDATE active_sessions SET {column} = app_now() WHERE booking_id = $1", booking_id)
    await _advance(tx, booking_id)


async def _advance(tx: Connection, booking_id: UUID) -> Room | None:
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
    await enqueue(tx, MOVE_DUE, at=ends_at or room.undelivered_at)


async def _pause(tx: Connection, room: Room, step: Step) -> None:
    await tx.execute(
        "UPDATE active_sessions SET status = 'paused', paused_at = $2 WHERE booking_id = $1",
        room.booking_id,
        step.at,
    )
    await note(tx, room.booking_id, "paused", step.cause, step.at)
    limit = (await _read(tx, room.booking_id)).pause_ends_at
    assert limit is not None, "it pauses"
    await enqueue(tx, MOVE_DUE, at=limit)


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
    await enqueue(tx, MOVE_DUE, at=ends_at)


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
    await enqueue(tx, MOVE_DUE, at=ends_at)


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


def _side(room: Room, user: Viewer) -> Side:
    side = room.side_of(user.id)
    assert side is not None, "the query answered one of the two"
    return side


_STEPS: dict[clock.StepKind, Callable[[Connection, Room, Step], Awaitable[None]]] = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "extend": _extend,
    "lapse": _lapse,
    "end": _end,
    "cancel": _cancel,
}
