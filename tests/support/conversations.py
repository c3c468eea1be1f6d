"""Conversations that are over, and hands that reach past the triggers of the database."""

from datetime import datetime, timedelta
from secrets import token_bytes
from uuid import UUID, uuid4

from mentorinaja.db.pool import Database
from mentorinaja.rooms.room import Side
from tests.support.bookings import finish
from tests.support.rooms import Meeting, meet_now

# Room, text, client id, side, file, how long ago: a message as the room itself puts it there.
_PUT = """
    WITH room AS (
      UPDATE active_sessions s SET last_seq = s.last_seq + 1, last_seal = sha256(s.last_seal || seal_line(
        s.booking_id, s.last_seq + 1, 'message', $4, $3::text, $6,
        coalesce((SELECT file_digest(a) FROM attachments a WHERE id = $5), ''), $2))
      WHERE s.booking_id = $1 RETURNING *
    )
    INSERT INTO chat_messages
      (booking_id, seq, sender_id, sender_type, client_id, text, attachment_id, created_at, seal)
    SELECT $1, last_seq, CASE $4 WHEN 'user' THEN user_id ELSE expert_user_id END, $4, $3::text::uuid, $2, $5, $6,
      last_seal FROM room RETURNING seq
"""


async def put_message(
    db: Database,
    booking_id: UUID,
    text: str,
    *,
    side: str = "user",
    at: datetime | None = None,
    attachment_id: UUID | None = None,
) -> int:
    """Put a message into a room whatever state it is in; answers its number."""
    at = at or await db.fetchval("SELECT app_now()")
    seq: int = await db.fetchval(_PUT, booking_id, text, str(uuid4()), side, attachment_id, at)
    return seq


async def put_attachment(
    db: Database,
    meeting: Meeting,
    *,
    name: str = "CV Budi.pdf",
    side: Side = "user",
    digest: bytes | None = None,
    small_digest: bytes | None = None,
) -> UUID:
    """The row of one side's file without the file, a picture when it has a small one; answers its id."""
    attachment_id: UUID = await db.fetchval(
        """INSERT INTO attachments (booking_id, sender_id, media_type, name, size_bytes, sha256, small_sha256,
             width, height, small_width, small_height)
           SELECT $1, $2, CASE WHEN side IS NULL THEN 'application/pdf' ELSE 'image/png' END, $3, 2048, $4, $5,
             side, side, side, side
           FROM (SELECT CASE WHEN $5::bytea IS NOT NULL THEN 480 END AS side) picture RETURNING id""",
        meeting.booking_id,
        (meeting.user if side == "user" else meeting.expert).id,
        name,
        digest or token_bytes(32),
        small_digest,
    )
    return attachment_id


async def tamper(db: Database, sql: str, *args: object) -> None:
    """One statement as somebody runs it who owns the database: no trigger and no foreign key stands in the way."""
    async with db.transaction() as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        await tx.execute(sql, *args)


async def a_year_later(meeting: Meeting, by: timedelta = timedelta()) -> None:
    """Move the clock to the end of the time for which this conversation is kept, and `by` beyond."""
    kept_until = await meeting.db.fetchval(
        "SELECT kept_until FROM active_sessions WHERE booking_id = $1", meeting.booking_id
    )
    await meeting.go_to(kept_until + by)


async def begin_talk(db: Database, meeting: Meeting | None = None) -> Meeting:
    """A chat whose clock runs: its first item is the start."""
    meeting = meeting or await meet_now(db)
    await db.execute(
        """INSERT INTO active_sessions
             (booking_id, user_id, expert_user_id, timed, duration_seconds, scheduled_at, status, started_at, ends_at)
           VALUES ($1, $2, $3, true, 1800, app_now(), 'running', app_now(), app_now() + interval '30 minutes')""",
        meeting.booking_id,
        meeting.user.id,
        meeting.expert.id,
    )
    await note_start(db, meeting.booking_id)
    return meeting


async def end_talk(meeting: Meeting) -> None:
    """The user ends the session now."""
    await meeting.db.execute(
        "UPDATE active_sessions SET status = 'ended', ended_at = app_now(), ended_by = 'user' WHERE booking_id = $1",
        meeting.booking_id,
    )
    await note_end(meeting.db, meeting.booking_id)
    await finish(meeting.db, meeting.booking_id)


async def note_start(db: Database, booking_id: UUID) -> None:
    """The notice of a room's start, as its clock wrote it."""
    await db.execute(
        """SELECT room_note(booking_id, 'started', 'schedule', started_at) FROM active_sessions
           WHERE booking_id = $1""",
        booking_id,
    )


async def note_end(db: Database, booking_id: UUID) -> None:
    """The notice of a room's end by its user."""
    await db.execute(
        "SELECT room_note(booking_id, 'ended', 'user', ended_at) FROM active_sessions WHERE booking_id = $1",
        booking_id,
    )


async def a_talk(db: Database, *texts: str, meeting: Meeting | None = None) -> Meeting:
    """A session that is over, in which the two said `texts` in turn between its start and its end."""
    meeting = await begin_talk(db, meeting)
    for number, text in enumerate(texts):
        await put_message(db, meeting.booking_id, text, side=("user", "expert")[number % 2])
    await end_talk(meeting)
    return meeting
