"""Signs of life: who is in the room, kept in the database so that every server process agrees."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from mentorinaja.db.pool import Database
from mentorinaja.rooms import actions
from mentorinaja.rooms.room import GONE_AFTER, Side
from mentorinaja.web.viewer import Viewer

# The expert of a running chat who was silent too long finds no row: that sign moves the clock, under the lock.
_FRESH = "(p.side = 'user' OR p.seen_at > app_now() - $1::interval)"


async def here(db: Database, user: Viewer, booking_id: UUID, read: int) -> Side:
    """One of the two says: I am here, and have read up to number `read`. Answers who. Raises `NotThere`."""
    side: Side | None = await db.fetchval(
        f"""UPDATE room_presence p SET seen_at = app_now(), streaming = true,
              read_seq = greatest(p.read_seq, least($4, s.last_seq))
            FROM active_sessions s
            WHERE s.booking_id = $2 AND p.booking_id = $2 AND $3 IN (s.user_id, s.expert_user_id)
              AND p.side = CASE WHEN s.user_id = $3 THEN 'user' ELSE 'expert' END AND {_FRESH}
            RETURNING p.side""",
        GONE_AFTER,
        booking_id,
        user.id,
        read,
    )
    return side or await actions.sign(db, user, booking_id, read=read)


async def keep(db: Database, open_streams: Collection[tuple[UUID, Side]]) -> list[tuple[UUID, Side]]:
    """These sides have a stream open: that is a sign. Answers those who count as gone, for `actions.sign`."""
    rooms, sides = [room for room, _ in open_streams], [side for _, side in open_streams]
    rows = await db.fetch(
        f"""UPDATE room_presence p SET seen_at = app_now(), streaming = true
            FROM unnest($2::uuid[], $3::text[]) AS open (booking_id, side)
            WHERE p.booking_id = open.booking_id AND p.side = open.side AND {_FRESH}
            RETURNING p.booking_id, p.side""",
        GONE_AFTER,
        rooms,
        sides,
    )
    kept = {(row["booking_id"], row["side"]) for row in rows}
    return [one for one in open_streams if one not in kept]


async def typing(db: Database, booking_id: UUID, side: Side) -> None:
    """Tell the room that one side is writing; kept nowhere."""
    await db.execute("SELECT live_publish($1)", f"room:{booking_id}:typing:{side}")
