"""Rooms as their two people may see them: the room itself, and its messages and notices in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

import asyncpg

from mentorinaja.db.pool import Connection, Database
from mentorinaja.rooms.more_time import Extension
from mentorinaja.rooms.room import (
    ACCEPTED_AFTER,
    GONE_AFTER,
    MOST_PAUSED,
    OPENS_BEFORE,
    UNDELIVERED_AFTER,
    Attachment,
    Item,
    Message,
    Notice,
    Room,
)
from mentorinaja.web.viewer import Viewer

_ROOM = """
    SELECT b.id AS booking_id, o.public_id AS order_id, b.status AS booking_status, b.cancel_reason,
      o.payment_status, o.subtotal, o.admin_fee_bps, o.total, o.paid_at,
      b.category, b.starts_at, b.duration_minutes, b.address, b.topic,
      CASE WHEN b.status IN ('confirmed', 'completed') THEN l.url END AS meeting_url,
      b.user_id, o.payer_name AS user_name, u.time_zone AS user_zone,
      e.user_id AS expert_user_id, o.expert_name, eu.time_zone AS expert_zone,
      e.photo_id AS expert_photo,
      s.status, s.user_joined_at, s.expert_joined_at, s.started_at, s.ends_at, s.ended_at, s.ended_by,
      s.paused_at, coalesce(s.paused_for, '0') AS paused_for, s.user_waits_until, s.finished_at,
      pu.seen_at AS user_seen_at, pe.seen_at AS expert_seen_at,
      coalesce(pu.read_seq, 0) AS user_read, coalesce(pe.read_seq, 0) AS expert_read,
      CASE WHEN s.status IN ('running', 'paused') AND s.timed THEN (
        SELECT min(n.starts_at) FROM bookings n
        WHERE n.expert_id = b.expert_id AND n.status = 'confirmed' AND n.during IS NOT NULL
          AND n.starts_at > b.starts_at) END AS next_booking_at,
      x.number AS x_number, x.minutes AS x_minutes, x.state AS x_state, x.asked_at AS x_asked_at,
      x.declined AS x_declined, xo.pay_deadline AS x_pay_deadline,
      xo.public_id AS x_order_id, xo.total AS x_total, xo.payment_status AS x_payment_status,
      xo.paid_at AS x_paid_at,
      (SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds r
       WHERE r.order_id = ANY (ARRAY(SELECT o.id UNION ALL
           SELECT paid.order_id FROM session_extensions paid WHERE paid.booking_id = b.id))
         AND r.state <> 'rejected') AS refunded,
      EXISTS (SELECT FROM session_reports r
        WHERE r.booking_id = b.id AND r.kind = 'objection' AND r.decided_at IS NULL) AS objected,
      CASE WHEN b.status = 'confirmed' THEN b.arrival_code END AS arrival_code,
      (SELECT min(a.at) FROM session_arrivals a WHERE a.booking_id = b.id AND a.kind = 'code') AS met_at,
      (SELECT coalesce(r.decision, 'open') FROM session_reports r
       WHERE r.booking_id = b.id ORDER BY r.id LIMIT 1) AS reported,
      coalesce(s.last_seq, 0) AS last_seq, app_now() AS read_at
    FROM bookings b
    JOIN orders o ON o.id = b.order_id
    JOIN users u ON u.id = b.user_id
    JOIN experts e ON e.id = b.expert_id
    JOIN users eu ON eu.id = e.user_id
    LEFT JOIN active_sessions s ON s.booking_id = b.id
    LEFT JOIN room_presence pu ON pu.booking_id = b.id AND pu.side = 'user'
    LEFT JOIN room_presence pe ON pe.booking_id = b.id AND pe.side = 'expert'
    LEFT JOIN LATERAL (
      SELECT *, (SELECT count(*) FROM session_extensions said WHERE said.booking_id = b.id
          AND said.state = 'declined' AND said.number > coalesce((SELECT max(done.number)
            FROM session_extensions done WHERE done.booking_id = b.id AND done.state = 'paid'), 0)) AS declined
      FROM session_extensions WHERE booking_id = b.id ORDER BY number DESC LIMIT 1) x ON true
    LEFT JOIN orders xo ON xo.id = x.order_id
    LEFT JOIN meeting_link_uses lu ON lu.booking_id = b.id
    LEFT JOIN meeting_links_pool l ON l.id = lu.link_id
"""
# PostgreSQL keeps a plan that is as good for any argument; making it takes several times as long as running it. A
# list it can see the length of gets a plan of its own each time: behind a SELECT it can not. OFFSET 0 keeps the
# rooms apart: joined first, it would read all bookings there are to find these.
_ONE_ROOM = f"{_ROOM} WHERE b.id = $1"
_ROOMS = f"""
    SELECT room.* FROM unnest((SELECT $1::uuid[])) AS want (id),
      LATERAL ({_ROOM} WHERE b.id = want.id OFFSET 0) AS room
"""

# One list of columns serves both kinds: for a notice `who` is its kind and `text` its cause.
_MESSAGES = """
    SELECT m.seq, m.sender_type AS who, m.client_id, m.text, m.created_at AS at, m.attachment_id,
      m.booking_id AS room, a.name, a.media_type, a.size_bytes, a.width, a.height, a.small_width, a.small_height
    FROM chat_messages m LEFT JOIN attachments a ON a.id = m.attachment_id
"""
_NOTICES = """
    SELECT seq, kind, NULL, cause, at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM session_events
"""

_ITEMS = f"""
    ({_MESSAGES} WHERE m.booking_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3)
    UNION ALL
    ({_NOTICES} WHERE booking_id = $1 AND seq > $2 ORDER BY seq LIMIT $3)
    ORDER BY seq
"""
_ITEMS_OF_MANY = f"""
    SELECT want.id AS booking_id, item.*
    FROM unnest((SELECT $1::uuid[]), (SELECT $2::bigint[])) AS want (id, after), LATERAL (
      ({_MESSAGES} WHERE m.booking_id = want.id AND m.seq > want.after ORDER BY m.seq LIMIT $3)
      UNION ALL
      ({_NOTICES} WHERE booking_id = want.id AND seq > want.after ORDER BY seq LIMIT $3)
    ) item
    ORDER BY 1, item.seq
"""

_LATEST = f"""
    SELECT * FROM (
      ({_MESSAGES} WHERE m.booking_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3)
      UNION ALL
      ({_NOTICES} WHERE booking_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3)
    ) item
    -- over is over, also where nobody deleted it yet
    WHERE NOT EXISTS (SELECT FROM active_sessions WHERE booking_id = $1 AND kept_until <= app_now())
    ORDER BY seq DESC LIMIT $3
"""

# Whatever may have a step due; the step itself is decided by the clock under the room's lock.
_TO_MOVE = """
    SELECT s.booking_id FROM active_sessions s
    JOIN bookings b ON b.id = s.booking_id AND b.status = 'confirmed'
    LEFT JOIN room_presence p ON p.booking_id = s.booking_id AND p.side = 'expert'
    WHERE CASE s.status
      WHEN 'waiting' THEN s.duration_seconds IS NULL OR (b.starts_at <= app_now() AND (NOT s.timed
        OR s.expert_joined_at IS NOT NULL
        OR b.starts_at + make_interval(secs => s.duration_seconds) <= app_now()))
      WHEN 'running' THEN
        CASE WHEN s.duration_seconds IS NULL
          THEN s.finished_at + $3::interval <= app_now()
            OR (s.finished_at IS NULL AND b.starts_at + $4::interval <= app_now())
          ELSE s.ends_at <= app_now()
            OR (s.timed AND coalesce(p.seen_at, s.started_at) + $1::interval <= app_now()) END
      WHEN 'paused' THEN s.paused_at + $2::interval - s.paused_for <= app_now() OR p.seen_at > s.paused_at
      ELSE false END
      OR (s.timed AND s.status IN ('running', 'paused') AND (
        EXISTS (SELECT FROM bookings n WHERE n.expert_id = b.expert_id AND n.status = 'confirmed'
          AND n.during IS NOT NULL AND n.starts_at > b.starts_at AND n.starts_at <= app_now())
        OR EXISTS (SELECT FROM session_extensions x JOIN orders o ON o.id = x.order_id
          WHERE x.booking_id = s.booking_id AND x.state = 'agreed' AND o.payment_status = 'paid')))
    ORDER BY b.starts_at
"""


async def room_for(db: Database | Connection, user: Viewer, booking_id: UUID) -> Room | None:
    """The room of this booking, or None when it is not there or `user` is neither of the two."""
    room = (await rooms_by_id(db, [booking_id])).get(booking_id)
    return room if room and room.side_of(user.id) else None


async def rooms_by_id(db: Database | Connection, booking_ids: Iterable[UUID]) -> dict[UUID, Room]:
    """Rooms whoever asks; for streams and actions, which check who may see them."""
    wanted = list(booking_ids)
    rows = await db.fetch(*((_ONE_ROOM, wanted[0]) if len(wanted) == 1 else (_ROOMS, wanted)))
    return {row["booking_id"]: _room(row) for row in rows}


async def items_after(
    db: Database | Connection, cursors: Mapping[UUID, int], most: int
) -> dict[UUID, list[Item]]:
    """What came after each room's cursor, in order and without gaps; at most about `most` a room."""
    if len(cursors) == 1:
        [(booking_id, cursor)] = cursors.items()
        rows = await db.fetch(_ITEMS, booking_id, cursor, most)
        return {booking_id: _gapless([_item(row) for row in rows], cursor)} if rows else {}
    found: dict[UUID, list[Item]] = {}
    for row in await db.fetch(_ITEMS_OF_MANY, list(cursors), list(cursors.values()), most):
        found.setdefault(row["booking_id"], []).append(_item(row))
    return {booking_id: _gapless(items, cursors[booking_id]) for booking_id, items in found.items()}


async def latest_items(db: Database, booking_id: UUID, most: int, before: int | None = None) -> list[Item]:
    """The last `most` items, or the last ones before `before`, oldest first."""
    rows = await db.fetch(_LATEST, booking_id, before or 2**62, most)
    return [_item(row) for row in reversed(rows)]


async def to_open(db: Database) -> list[UUID]:
    """Confirmed bookings whose waiting time has begun and that have no room yet; threads at once."""
    return await _ids(
        db,
        """SELECT b.id FROM bookings b
           WHERE b.status = 'confirmed' AND (b.duration_minutes IS NULL OR b.starts_at <= app_now() + $1)
             AND NOT EXISTS (SELECT FROM active_sessions s WHERE s.booking_id = b.id)
           ORDER BY b.starts_at""",
        OPENS_BEFORE,
    )


async def to_move(db: Database) -> list[UUID]:
    """Rooms that may have a step due: a start, a pause, an end."""
    return await _ids(db, _TO_MOVE, GONE_AFTER, MOST_PAUSED, ACCEPTED_AFTER, UNDELIVERED_AFTER)


async def sent_before(
    db: Database | Connection, booking_id: UUID, sender_id: int, client_id: UUID
) -> Message | None:
    """The message somebody sent under this id, or None."""
    row = await db.fetchrow(
        f"{_MESSAGES} WHERE m.booking_id = $1 AND m.sender_id = $2 AND m.client_id = $3",
        booking_id,
        sender_id,
        client_id,
    )
    return _message(row) if row else None


async def _ids(db: Database, sql: str, *args: object) -> list[UUID]:
    return [row[0] for row in await db.fetch(sql, *args)]


def _room(row: asyncpg.Record) -> Room:
    values = dict(row)
    minutes = values.pop("duration_minutes")
    values["duration"] = None if minutes is None else timedelta(minutes=minutes)
    more = {name.removeprefix("x_"): values.pop(name) for name in tuple(values) if name.startswith("x_")}
    values["extension"] = Extension(**more) if more["number"] is not None else None
    return Room(**values)


def _item(row: asyncpg.Record) -> Item:
    if row["client_id"] is None:
        return Notice(row["seq"], row["who"], row["text"], row["at"])
    return _message(row)


def _message(row: asyncpg.Record) -> Message:
    attachment = None
    if row["attachment_id"] is not None:
        attachment = Attachment(
            row["attachment_id"], row["room"], row["name"], row["media_type"], row["size_bytes"],
            row["width"], row["height"], row["small_width"], row["small_height"],
        )  # fmt: skip
    return Message(row["seq"], row["who"], row["client_id"], row["text"], row["at"], attachment)


def _gapless(items: list[Item], cursor: int) -> list[Item]:
    """The part that follows the cursor without a gap: two limited reads may leave one behind it."""
    return [item for place, item in enumerate(items, cursor + 1) if item.seq == place]
