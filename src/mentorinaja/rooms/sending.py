"""Sending a message: one statement takes the room's lock, checks, numbers, seals and inserts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.rooms import actions, queries, rules
from mentorinaja.rooms.room import GONE_AFTER, Message
from mentorinaja.web.viewer import Viewer

# The room's row lock, who sends, whether it is open, the brake, the next number and seal, the insert; and the
# sender's sign of life, where the last one is old. A booking that was cancelled in the waiting time takes no
# messages either. An expert who was silent too long, or in a pause, finds no row: a sign comes first.
# app_now() stands written out: PostgreSQL does not inline the function, and its calls cost more than the insert.
_SEND = """
    WITH clock AS MATERIALIZED (
      SELECT at AS now, date_trunc('minute', at) AS minute
      FROM (SELECT statement_timestamp() + shift AS at FROM app_clock) written_out
    ),
    room AS (
      UPDATE active_sessions s SET
        last_seq = s.last_seq + 1,
        last_seal = sha256(s.last_seal || seal_line(
          $1, s.last_seq + 1, 'message', p.side, $3::text, clock.now, $7, $4)),
        sent_minute = clock.minute,
        user_sent = CASE WHEN s.sent_minute = clock.minute THEN s.user_sent ELSE 0 END + (p.side = 'user')::int,
        expert_sent = CASE WHEN s.sent_minute = clock.minute THEN s.expert_sent ELSE 0 END
          + (p.side = 'expert')::int
      FROM clock, room_presence p
      WHERE s.booking_id = $1 AND p.booking_id = $1 AND $2 IN (s.user_id, s.expert_user_id)
        AND p.side = CASE WHEN s.user_id = $2 THEN 'user' ELSE 'expert' END
        AND CASE
          WHEN s.status = 'running' THEN (clock.now < s.ends_at OR (s.ends_at IS NULL
              AND EXISTS (SELECT FROM bookings b WHERE b.id = $1 AND b.status = 'confirmed')))
            AND (NOT s.timed OR p.side = 'user' OR p.seen_at > clock.now - $8::interval)
          WHEN s.status = 'paused' THEN p.side = 'user'
          WHEN s.status = 'waiting' THEN NOT s.timed
            AND clock.now < s.scheduled_at + make_interval(secs => s.duration_seconds)
            AND EXISTS (SELECT FROM bookings b WHERE b.id = $1 AND b.status = 'confirmed')
          ELSE false END
        AND (s.sent_minute IS DISTINCT FROM clock.minute
          OR CASE WHEN p.side = 'user' THEN s.user_sent ELSE s.expert_sent END < $5)
        AND NOT EXISTS (SELECT FROM chat_messages WHERE booking_id = $1 AND sender_id = $2 AND client_id = $3)
      RETURNING s.last_seq, s.last_seal, p.side, p.seen_at, clock.now
    ),
    sign AS (
      UPDATE room_presence p SET seen_at = room.now FROM room
      WHERE p.booking_id = $1 AND p.side = room.side AND room.seen_at < room.now - interval '5 seconds'
    )
    INSERT INTO chat_messages
      (booking_id, seq, sender_id, sender_type, client_id, text, attachment_id, created_at, seal)
    SELECT $1, last_seq, $2, side, $3, $4, $6, now, last_seal FROM room
    RETURNING seq, sender_type, created_at
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it stands in the room; `again` when it had been sent before under the same id."""

    message: Message
    again: bool


async def send(
    db: Database,
    user: Viewer,
    booking_id: UUID,
    client_id: UUID,
    text: str,
    attachment_id: UUID | None = None,
) -> Sent:
    """Put a message into the room; one with a known `client_id` answers as the first time did.

    `text` has passed `rules.message_text`; the attachment is stored already. Raises `NotThere`, `NotOpen` or `Flood`.
    """
    if sent := await _insert(db, user, booking_id, client_id, text, attachment_id):
        return sent
    if known := await queries.sent_before(db, booking_id, user.id, client_id):
        return Sent(known, again=True)
    # Writing is a sign of life, too: it may end a pause.
    await actions.sign(db, user, booking_id)
    if sent := await _insert(db, user, booking_id, client_id, text, attachment_id):
        return sent
    if known := await queries.sent_before(db, booking_id, user.id, client_id):
        return Sent(known, again=True)
    raise await _why_refused(db, user, booking_id)


async def _insert(
    db: Database, user: Viewer, booking_id: UUID, client_id: UUID, text: str, attachment_id: UUID | None
) -> Sent | None:
    digest = "" if attachment_id is None else await _digest(db, attachment_id)
    try:
        row = await db.fetchrow(
            _SEND, booking_id, user.id, client_id, text, rules.MOST_A_MINUTE, attachment_id, digest, GONE_AFTER
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        return None  # the same message came twice at once: the other one was first
    if row is None:
        return None
    if attachment_id is None:
        message = Message(row["seq"], row["sender_type"], client_id, text, row["created_at"])
        return Sent(message, again=False)
    whole = await queries.sent_before(db, booking_id, user.id, client_id)
    assert whole is not None, "it was inserted a moment ago"
    return Sent(whole, again=False)


async def _digest(db: Database, attachment_id: UUID) -> str:
    digest: str = await db.fetchval("SELECT file_digest(a) FROM attachments a WHERE id = $1", attachment_id)
    return digest


async def _why_refused(db: Database, user: Viewer, booking_id: UUID) -> Exception:
    room = await queries.room_for(db, user, booking_id)
    if room is None:
        return NotThere()
    phase = room.phase(room.read_at)
    if rules.may_write(room, phase):
        return rules.Flood("Terlalu banyak pesan dalam satu menit. Tunggu sebentar, lalu kirim lagi.")
    return rules.why_closed(room, phase)
