"""Rooms as their two people may see them: the room itself, and its messages and notices in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

import asyncpg

from mentorinaja.db.pool import Connection, Database
from mentorinaja.rooms.rules import OPENS_BEFORE, Item, Message, Notice, Room
from mentorinaja.web.viewer import Viewer

# A service without duration has no room.
_ROOM = """
    SELECT b.id AS booking_id, o.public_id AS order_id, b.status AS booking_status, o.payment_status, b.category,
      b.starts_at, b.duration_minutes, b.address, b.topic,
      CASE WHEN b.status IN ('confirmed', 'completed') THEN l.url END AS meeting_url,
      b.user_id, o.payer_name AS user_name, u.time_zone AS user_zone,
      e.user_id AS expert_user_id, o.expert_name, eu.time_zone AS expert_zone,
      s.status, s.user_joined_at, s.expert_joined_at, s.started_at, s.ends_at, s.ended_at, s.ended_by,
      coalesce(s.last_seq, 0) AS last_seq, app_now() AS read_at
    FROM bookings b
    JOIN orders o ON o.id = b.order_id
    JOIN users u ON u.id = b.user_id
    JOIN experts e ON e.id = b.expert_id
    JOIN users eu ON eu.id = e.user_id
    LEFT JOIN active_sessions s ON s.booking_id = b.id
    LEFT JOIN meeting_link_uses lu ON lu.booking_id = b.id
    LEFT JOIN meeting_links_pool l ON l.id = lu.link_id
    WHERE b.id = ANY($1) AND b.duration_minutes IS NOT NULL
"""

# One table's columns serve both kinds: for a notice `who` is its kind and `text` its cause.
_ITEMS = """
    SELECT want.id AS booking_id, item.*
    FROM unnest($1::uuid[], $2::bigint[]) AS want (id, after), LATERAL (
      (SELECT seq, sender_type AS who, client_id, text, created_at AS at FROM chat_messages
       WHERE booking_id = want.id AND seq > want.after ORDER BY seq LIMIT $3)
      UNION ALL
      (SELECT seq, kind, NULL, cause, at FROM session_events
       WHERE booking_id = want.id AND seq > want.after ORDER BY seq LIMIT $3)
    ) item
    ORDER BY 1, item.seq
"""

_LATEST = """
    SELECT * FROM (
      (SELECT seq, sender_type AS who, client_id, text, created_at AS at FROM chat_messages
       WHERE booking_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3)
      UNION ALL
      (SELECT seq, kind, NULL, cause, at FROM session_events
       WHERE booking_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3)
    ) item ORDER BY seq DESC LIMIT $3
"""


async def room_for(db: Database | Connection, user: Viewer, booking_id: UUID) -> Room | None:
    """The room of this booking, or None when it is not there or `user` is neither of the two."""
    room = (await rooms_by_id(db, [booking_id])).get(booking_id)
    return room if room and room.side_of(user.id) else None


async def rooms_by_id(db: Database | Connection, booking_ids: Iterable[UUID]) -> dict[UUID, Room]:
    """Rooms whoever asks; for streams and actions, which check who may see them."""
    return {row["booking_id"]: _room(row) for row in await db.fetch(_ROOM, list(booking_ids))}


async def items_after(db: Database, cursors: Mapping[UUID, int], most: int) -> dict[UUID, list[Item]]:
    """What came after each room's cursor, in order and without gaps; at most about `most` a room."""
    found: dict[UUID, list[Item]] = {}
    for row in await db.fetch(_ITEMS, list(cursors), list(cursors.values()), most):
        found.setdefault(row["booking_id"], []).append(_item(row))
    return {booking_id: _gapless(items, cursors[booking_id]) for booking_id, items in found.items()}


async def latest_items(db: Database, booking_id: UUID, most: int, before: int | None = None) -> list[Item]:
    """The last `most` items, or the last ones before `before`, oldest first."""
    rows = await db.fetch(_LATEST, booking_id, before or 2**62, most)
    return [_item(row) for row in reversed(rows)]


async def to_open(db: Database) -> list[UUID]:
    """Confirmed bookings whose waiting time has begun and that have no room yet."""
    return await _ids(
        db,
        """SELECT b.id FROM bookings b
           WHERE b.status = 'confirmed' AND b.duration_minutes IS NOT NULL AND b.starts_at <= app_now() + $1
             AND NOT EXISTS (SELECT FROM active_sessions s WHERE s.booking_id = b.id)
           ORDER BY b.starts_at""",
        OPENS_BEFORE,
    )


async def to_start(db: Database) -> list[UUID]:
    """Rooms whose clock should run by now: the time has come, and in a chat the expert is there."""
    return await _ids(
        db,
        """SELECT s.booking_id FROM active_sessions s JOIN bookings b ON b.id = s.booking_id
           WHERE s.status = 'waiting' AND b.status = 'confirmed' AND b.starts_at <= app_now()
             AND (NOT s.timed OR s.expert_joined_at IS NOT NULL)
           ORDER BY b.starts_at""",
    )


async def to_end(db: Database) -> list[UUID]:
    """Rooms whose time is over."""
    return await _ids(
        db,
        """SELECT booking_id FROM active_sessions
           WHERE status IN ('running', 'paused') AND ends_at <= app_now() ORDER BY ends_at""",
    )


async def _ids(db: Database, sql: str, *args: object) -> list[UUID]:
    return [row[0] for row in await db.fetch(sql, *args)]


def _room(row: asyncpg.Record) -> Room:
    values = dict(row)
    values["duration"] = timedelta(minutes=values.pop("duration_minutes"))
    return Room(**values)


def _item(row: asyncpg.Record) -> Item:
    if row["client_id"] is None:
        return Notice(row["seq"], row["who"], row["text"], row["at"])
    return Message(row["seq"], row["who"], row["client_id"], row["text"], row["at"])


def _gapless(items: list[Item], cursor: int) -> list[Item]:
    """The part that follows the cursor without a gap: two limited reads may leave one behind it."""
    return [item for place, item in enumerate(items, cursor + 1) if item.seq == place]
