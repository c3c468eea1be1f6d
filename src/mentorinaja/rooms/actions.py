"""What happens in a room: somebody enters, the clock starts and ends, a message is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from mentorinaja.bookings import actions as bookings
from mentorinaja.db.pool import Connection, Database, atomic, run
from mentorinaja.errors import NotThere
from mentorinaja.jobs.queue import enqueue
from mentorinaja.rooms import queries, rules
from mentorinaja.rooms.rules import EndedBy, Message, Room, Side
from mentorinaja.rooms.tables import SessionEvents
from mentorinaja.web.viewer import Viewer

START_DUE = "rooms.start_due"
END_DUE = "rooms.end_due"

# One statement: the room's row lock, who sends, whether it is open, the brake, the next number, the insert.
# A booking that was cancelled in the waiting time takes no messages either. app_now() stands written out:
# PostgreSQL does not inline the function, and its two calls cost more than the insert.
_SEND = """
    WITH clock AS MATERIALIZED (
      SELECT at AS now, date_trunc('minute', at) AS minute
      FROM (SELECT statement_timestamp() + shift AS at FROM app_clock) written_out
    ),
    room AS (
      UPDATE active_sessions s SET
        last_seq = s.last_seq + 1,
        sent_minute = clock.minute,
        user_sent = CASE WHEN s.sent_minute = clock.minute THEN s.user_sent ELSE 0 END + (s.user_id = $2)::int,
        expert_sent = CASE WHEN s.sent_minute = clock.minute THEN s.expert_sent ELSE 0 END
          + (s.expert_user_id = $2)::int
      FROM clock
      WHERE s.booking_id = $1 AND $2 IN (s.user_id, s.expert_user_id)
        AND CASE
          WHEN s.status = 'running' THEN clock.now < s.ends_at
          WHEN s.status = 'waiting' THEN NOT s.timed
            AND clock.now < s.scheduled_at + make_interval(secs => s.duration_seconds)
            AND EXISTS (SELECT FROM bookings b WHERE b.id = $1 AND b.status = 'confirmed')
          ELSE false END
        AND (s.sent_minute IS DISTINCT FROM clock.minute
          OR CASE WHEN s.user_id = $2 THEN s.user_sent ELSE s.expert_sent END < $5)
        AND NOT EXISTS (SELECT FROM chat_messages WHERE booking_id = $1 AND sender_id = $2 AND client_id = $3)
      RETURNING s.last_seq, CASE WHEN s.user_id = $2 THEN 'user' ELSE 'expert' END AS side, clock.now
    )
    INSERT INTO chat_messages (booking_id, seq, sender_id, sender_type, client_id, text, created_at)
    SELECT $1, last_seq, $2, side, $3, $4, now FROM room
    RETURNING seq, sender_type, client_id, text, created_at
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it stands in the room; `again` when it had been sent before under the same id."""

    message: Message
    again: bool


async def send(db: Database, user: Viewer, booking_id: UUID, client_id: UUID, text: str) -> Sent:
    """Put a message into the room; one with a known `client_id` answers as the first time did.

    `text` has passed `rules.message_text`. Raises `NotThere`, `NotOpen` or `Flood`.
    """
    try:
        row = await db.fetchrow(_SEND, booking_id, user.id, client_id, text, rules.MOST_A_MINUTE)
    except asyncpg.UniqueViolationError:
        row = None  # the same message came twice at once: the other one was first
    if row is not None:
        return Sent(_message(row), again=False)
    if known := await _sent_before(db, user.id, booking_id, client_id):
        return Sent(known, again=True)
    raise await _why_refused(db, user, booking_id)


@atomic
async def enter(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """One of the two is in the room: make it when its waiting time has begun, note the arrival, move its clock.

    Nothing happens in a room that is not open. Raises `NotThere` for anybody else.
    """
    if await queries.room_for(tx, user, booking_id) is None:
        raise NotThere
    await _open(tx, booking_id)
    await tx.execute(
        """UPDATE active_sessions SET
             user_joined_at = CASE WHEN user_id = $2 THEN coalesce(user_joined_at, app_now())
                                   ELSE user_joined_at END,
             expert_joined_at = CASE WHEN expert_user_id = $2 THEN coalesce(expert_joined_at, app_now())
                                     ELSE expert_joined_at END
           WHERE booking_id = $1 AND status <> 'ended'""",
        booking_id,
        user.id,
    )
    await _advance(tx, booking_id)


@atomic
async def open_room(tx: Connection, booking_id: UUID) -> None:
    """Make the room of a confirmed booking whose waiting time has begun; once."""
    await _open(tx, booking_id)
    await _advance(tx, booking_id)


@atomic
async def advance(tx: Connection, booking_id: UUID) -> None:
    """Start or end the session if its time has come; doing so twice is once."""
    await _advance(tx, booking_id)


@atomic
async def end(tx: Connection, user: Viewer, booking_id: UUID) -> None:
    """One of the two ends the running session; over already is fine.

    Raises `NotThere` for anybody else, `NotRunning` before the start and where no clock runs.
    """
    room = await _advance(tx, booking_id) or await queries.room_for(tx, user, booking_id)
    side = room.side_of(user.id) if room else None
    if room is None or side is None:
        raise NotThere
    if room.phase(room.read_at) == "ended":
        return
    if not room.timed:
        raise rules.NotRunning("Sesi ini selesai dengan sendirinya pada jam yang dijadwalkan.")
    if room.status not in ("running", "paused"):
        raise rules.NotRunning("Sesi belum dimulai, jadi belum ada yang perlu diakhiri.")
    await _finish(tx, room, by=side, at=room.read_at, user_id=user.id)


async def _open(tx: Connection, booking_id: UUID) -> None:
    scheduled_at = await tx.fetchval(
        """INSERT INTO active_sessions
             (booking_id, user_id, expert_user_id, timed, duration_seconds, scheduled_at)
           SELECT b.id, b.user_id, e.user_id, b.category = 'online_chat', b.duration_minutes * 60, b.starts_at
           FROM bookings b JOIN experts e ON e.id = b.expert_id
           WHERE b.id = $1 AND b.status = 'confirmed' AND b.duration_minutes IS NOT NULL
             AND b.starts_at <= app_now() + $2
           ON CONFLICT (booking_id) DO NOTHING RETURNING scheduled_at""",
        booking_id,
        rules.OPENS_BEFORE,
    )
    if scheduled_at is not None:
        await enqueue(tx, START_DUE, at=scheduled_at)


async def _advance(tx: Connection, booking_id: UUID) -> Room | None:
    """Lock the room, do what is due, answer what it is now; None when it was never opened.

    The time is asked after the lock was given, so that nothing in the room is younger than its end.
    """
    if not await tx.fetchval("SELECT true FROM active_sessions WHERE booking_id = $1 FOR UPDATE", booking_id):
        return None
    room = await _read(tx, booking_id)
    if room.step(room.read_at) == "start":
        await _start(tx, room)
        room = await _read(tx, booking_id)
    if room.step(room.read_at) == "end":
        assert room.ends_at is not None, "only a running clock ends"
        await _finish(tx, room, by="timeout", at=room.ends_at)
        room = await _read(tx, booking_id)
    return room


async def _read(tx: Connection, booking_id: UUID) -> Room:
    return (await queries.rooms_by_id(tx, [booking_id]))[booking_id]


async def _start(tx: Connection, room: Room) -> None:
    started_at = room.next_step_at()
    assert started_at is not None, "a start is due"
    seq = await tx.fetchval(
        """UPDATE active_sessions SET status = 'running', started_at = $2, ends_at = $3, last_seq = last_seq + 1
           WHERE booking_id = $1 RETURNING last_seq""",
        room.booking_id,
        started_at,
        started_at + room.duration,
    )
    cause = "expert_arrived" if started_at > room.starts_at else "schedule"
    await _note(tx, room.booking_id, seq, "started", cause, started_at)
    await enqueue(tx, END_DUE, at=started_at + room.duration)


async def _finish(
    tx: Connection, room: Room, *, by: EndedBy, at: datetime, user_id: int | None = None
) -> None:
    seq = await tx.fetchval(
        """UPDATE active_sessions SET status = 'ended', ended_at = $2, ended_by = $3, last_seq = last_seq + 1
           WHERE booking_id = $1 RETURNING last_seq""",
        room.booking_id,
        at,
        by,
    )
    await _note(tx, room.booking_id, seq, "ended", by, at)
    actor = "system" if by == "timeout" else by
    await bookings.complete(tx, room.booking_id, by, actor=actor, actor_id=user_id)


async def _note(tx: Connection, booking_id: UUID, seq: int, kind: str, cause: str, at: datetime) -> None:
    notice = SessionEvents(booking_id=booking_id, seq=seq, kind=kind, cause=cause, at=at)
    await run(tx, SessionEvents.insert(notice))


async def _sent_before(db: Database, user_id: int, booking_id: UUID, client_id: UUID) -> Message | None:
    row = await db.fetchrow(
        """SELECT seq, sender_type, client_id, text, created_at FROM chat_messages
           WHERE booking_id = $1 AND sender_id = $2 AND client_id = $3""",
        booking_id,
        user_id,
        client_id,
    )
    return _message(row) if row else None


async def _why_refused(db: Database, user: Viewer, booking_id: UUID) -> Exception:
    room = await queries.room_for(db, user, booking_id)
    if room is None:
        return NotThere()
    if room.step(room.read_at):
        await advance(db, booking_id)
        room = await queries.room_for(db, user, booking_id) or room
    if rules.may_write(room, room.read_at):
        return rules.Flood("Terlalu banyak pesan dalam satu menit. Tunggu sebentar, lalu kirim lagi.")
    return rules.why_closed(room, room.phase(room.read_at))


def _message(row: asyncpg.Record) -> Message:
    sender: Side = row["sender_type"]
    return Message(row["seq"], sender, row["client_id"], row["text"], row["created_at"])
