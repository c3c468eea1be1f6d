"""Deleting conversations twelve months after their end: their last number and seal stay, the words and files go."""

from __future__ import annotations

from uuid import UUID

from mentorinaja.db.pool import Connection, Database, atomic

# The rest waits for the next sweep.
_AT_ONCE = 500


async def to_forget(db: Database) -> list[UUID]:
    """Rooms whose conversation has been kept long enough; one that a report is still open about stays."""
    # A room whose booking was cancelled never ended: its scheduled end counts.
    await db.execute(
        """UPDATE active_sessions s SET kept_until = twelve_months_after(
             s.scheduled_at + make_interval(secs => coalesce(s.duration_seconds, 0)))
           FROM bookings b
           WHERE b.id = s.booking_id AND b.status = 'cancelled' AND s.status <> 'ended' AND s.kept_until IS NULL
             AND NOT EXISTS (SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id)"""
    )
    rows = await db.fetch(
        """SELECT booking_id FROM active_sessions WHERE kept_until <= app_now() AND may_forget(booking_id)
           ORDER BY kept_until LIMIT $1""",
        _AT_ONCE,
    )
    return [row["booking_id"] for row in rows]


@atomic
async def forget(tx: Connection, booking_id: UUID) -> None:
    """Delete one conversation; once. The database itself refuses before its time.

    The rows of its files stay without a message, and the sweep of files takes them away with what is stored.
    """
    still_kept = await tx.fetchval(
        "SELECT kept_until IS NOT NULL FROM active_sessions WHERE booking_id = $1 FOR UPDATE", booking_id
    )
    if still_kept:
        await tx.execute("INSERT INTO forgotten_rooms (booking_id) VALUES ($1)", booking_id)
