"""Which mails wait to be sent, and which nobody wants."""

from __future__ import annotations

from mentorinaja.db.pool import Database


async def due(db: Database, most: int) -> list[int]:
    """The ids of mails that should be sent now, the longest waiting first."""
    rows = await db.fetch(
        """SELECT id FROM outbox
           WHERE status = 'waiting' AND next_try_at <= app_now()
              OR status = 'sending' AND taken_until < statement_timestamp()
           ORDER BY next_try_at, id LIMIT $1""",
        most,
    )
    return [row["id"] for row in rows]


async def unwanted_by(db: Database, user_id: int) -> frozenset[str]:
    """The kinds of mail this person switched off."""
    rows = await db.fetch("SELECT kind FROM unwanted_notices WHERE user_id = $1", user_id)
    return frozenset(row["kind"] for row in rows)
