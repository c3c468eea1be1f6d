"""Reading reports; what was recorded and decided of a session is read by bookings, which shows it to both."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.db.pool import Connection, Database
from mentorinaja.rooms.room import Side


async def words_of(db: Connection | Database, booking_id: UUID, side: Side) -> str | None:
    """What this side wrote in its report: for its own eyes and the admins'."""
    words: str | None = await db.fetchval(
        "SELECT words FROM session_reports WHERE booking_id = $1 AND side = $2 ORDER BY id LIMIT 1",
        booking_id,
        side,
    )
    return words
