"""Reading threads: what their steps depend on besides the room."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.db.pool import Connection, Database


async def expert_has_written(db: Connection | Database, booking_id: UUID) -> bool:
    """Whether the expert has sent a message in this room: from then on the user of a thread cannot cancel."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM chat_messages WHERE booking_id = $1 AND sender_type = 'expert')",
            booking_id,
        )
    )
