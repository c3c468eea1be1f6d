"""What people do in a room: they enter, show a sign of life, leave, end the session; the clock goes on with it."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.bookings.actions import ROOMS_DUE
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.rooms import queries, rules, steps
from mentorinaja.rooms.room import ABSENT_AFTER, GONE_AFTER, OPENS_BEFORE, Room, Side
from mentorinaja.rooms.steps import call_off, finish, locked, note
from mentorinaja.web.viewer import Viewer

__all__ = [
    "CHOICE_DUE",
    "advance",
    "call_off",
    "end",
    "enter",
    "finish",
    "leave",
    "locked",
    "note",
    "open_room",
    "sign",
    "streams",
]

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
    await _sign(tx, booking_id, _side(room, user))


@atomic
async def open_room(tx: Connection, booking_id: UUID) -> None:
    """Make the room of a confirmed booking whose waiting time has begun; once."""
    await _open(tx, booking_id)
    await steps.advance(tx, booking_id)


@atomic
async def advance(tx: Connection, booking_id: UUID) -> None:
    """Take every step of the clock that is due; doing so twice is once."""
    await steps.advance(tx, booking_id)


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
        await enqueue(tx, ROOMS_DUE, at=row["seen_at"] + GONE_AFTER)


@atomic
async def end(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """One of the two ends the running session; over already is fine.

    Raises `NotThere` for anybody else, `NotRunning` before the start and where no clock runs.
    """
    room = await steps.advance(tx, booking_id) or await queries.room_for(tx, user, booking_id)
    side = room.side_of(user.id) if room else None
    if room is None or side is None:
        raise NotThere
    if room.phase(room.read_at) in ("ended", "cancelled"):
        return
    if room.kind == "thread":
        raise rules.NotRunning("Percakapan ini selesai saat hasilnya diterima, jadi tidak perlu diakhiri.")
    if not room.timed:
        raise rules.NotRunning("Sesi ini selesai dengan sendirinya pada jam yang dijadwalkan.")
    if room.status not in ("running", "paused"):
        raise rules.NotRunning("Sesi belum dimulai, jadi belum ada yang perlu diakhiri.")
    await finish(tx, room, by=side, cause=side, at=room.read_at, user_id=user.id)


async def _open(tx: Connection, booking_id: UUID) -> None:
    row = await tx.fetchrow(
        """INSERT INTO active_sessions
             (booking_id, user_id, expert_user_id, timed, duration_seconds, scheduled_at)
           SELECT b.id, b.user_id, e.user_id, b.category = 'online_chat' AND b.duration_minutes IS NOT NULL,
             b.duration_minutes * 60, b.starts_at
           FROM bookings b JOIN experts e ON e.id = b.expert_id
           WHERE b.id = $1 AND b.status = 'confirmed'
             AND (b.duration_minutes IS NULL OR b.starts_at <= app_now() + $2)
             AND NOT EXISTS (SELECT FROM active_sessions s WHERE s.booking_id = b.id)
           FOR SHARE OF b  -- whoever cancels or moves the booking at this moment comes before or after
           ON CONFLICT (booking_id) DO NOTHING
           RETURNING scheduled_at, make_interval(secs => duration_seconds) AS duration""",
        booking_id,
        OPENS_BEFORE,
    )
    if row is not None and row["duration"] is not None:
        await enqueue(tx, ROOMS_DUE, at=row["scheduled_at"])
        await enqueue(tx, CHOICE_DUE, at=row["scheduled_at"] + ABSENT_AFTER)
        await enqueue(tx, ROOMS_DUE, at=row["scheduled_at"] + row["duration"])


async def _sign(
    tx: Connection,
    booking_id: UUID,
    side: Side,
    *,
    streaming: bool = False,
    read: int = 0,
) -> None:
    """Under the room's lock: what was due before the sign, the sign, what it brings about.

    The first sign is the arrival, whatever it is: a page, a stream, a message.
    """
    room = await steps.advance(tx, booking_id)
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
    if not room.joined(side):
        column = "user_joined_at" if side == "user" else "expert_joined_at"
        await tx.execute(f"UPDATE active_sessions SET {column} = app_now() WHERE booking_id = $1", booking_id)
    await steps.advance(tx, booking_id)


def _side(room: Room, user: Viewer) -> Side:
    side = room.side_of(user.id)
    assert side is not None, "the query answered one of the two"
    return side
