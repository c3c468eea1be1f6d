"""Reading what speaks for and against an expert: who is to be looked at, and the record of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.db.pool import Connection, Database
from mentorinaja.experts.queries import Facts
from mentorinaja.trust.rules import MISSED_REASONS, MISSED_WITHIN, SILENT_FOR, Record

_MANY = 200
# Expert, reasons of missing, how far back misses count. Lately missed names the reasons as its partial index does:
# a plan for a parameter would not use it.
_RECORD = """
    WITH pause AS (
      SELECT coalesce(max(ended_at), '-infinity') AS over_at FROM expert_pauses WHERE expert_id = $1
    ), latest AS (
      SELECT b.status = 'cancelled' AS missed FROM bookings b, pause
      WHERE b.expert_id = $1 AND b.starts_at > greatest(pause.over_at, app_now() - interval '12 months')
        AND (b.status = 'completed' OR (b.status = 'cancelled' AND b.cancel_reason = ANY ($2)))
      ORDER BY b.starts_at DESC, b.id LIMIT 2
    ), requests AS (
      -- a thread without a word of the expert waits since it was opened, else since the user wrote after that word
      SELECT CASE WHEN said.seq IS NULL THEN s.started_at ELSE (
          SELECT m.created_at FROM chat_messages m
          WHERE m.booking_id = b.id AND m.seq > said.seq AND m.sender_type = 'user' ORDER BY m.seq LIMIT 1)
        END AS since
      FROM bookings b JOIN active_sessions s ON s.booking_id = b.id
        LEFT JOIN LATERAL (SELECT m.seq FROM chat_messages m
          WHERE m.booking_id = b.id AND m.sender_type = 'expert' ORDER BY m.seq DESC LIMIT 1) said ON true
      WHERE b.expert_id = $1 AND b.status = 'confirmed' AND b.duration_minutes IS NULL AND s.finished_at IS NULL
    ), signs AS (
      SELECT max(p.seen_at) AS last FROM bookings b JOIN room_presence p ON p.booking_id = b.id AND p.side = 'expert'
      WHERE b.expert_id = $1 AND b.starts_at > app_now() - interval '60 days'
    )
    SELECT
      (SELECT count(*) FROM bookings b WHERE b.expert_id = $1 AND b.status = 'cancelled'
         AND b.cancel_reason IN ('expert_absent', 'both_absent', 'undelivered')
         AND b.starts_at > greatest(pause.over_at, app_now() - $3::interval)) AS missed_lately,
      (SELECT count(*) FROM latest WHERE missed) AS missed_in_a_row,
      (SELECT min(greatest(r.since, pause.over_at)) FROM requests r WHERE r.since IS NOT NULL) AS waiting_since,
      nullif(greatest((SELECT last FROM signs), pause.over_at), '-infinity') AS last_sign,
      app_now() AS now
    FROM pause
"""


async def record_of(db: Connection | Database, expert_id: int) -> Record:
    """What there is against listing this expert now."""
    row = await db.fetchrow(_RECORD, expert_id, list(MISSED_REASONS), MISSED_WITHIN)
    assert row is not None, "an aggregate always answers a row"
    return Record(**dict(row))


@dataclass(frozen=True, slots=True)
class PastPause:
    """A pause from its beginning to its end (None: it holds); `reason` is an admin's."""

    cause: str
    reason: str
    began_at: datetime
    ended_at: datetime | None


async def pauses_of(db: Connection | Database, expert_id: int) -> list[PastPause]:
    """Every pause of this expert, the first first."""
    rows = await db.fetch(
        "SELECT cause, reason, began_at, ended_at FROM expert_pauses WHERE expert_id = $1 ORDER BY id",
        expert_id,
    )
    return [PastPause(**row) for row in rows]


async def facts_of(db: Connection | Database, expert_id: int) -> Facts | None:
    """What was counted of this expert's sessions last, or None."""
    row = await db.fetchrow(
        """SELECT on_time, on_time_of, chat_reply_seconds, chat_reply_of, thread_reply_seconds, thread_reply_of,
             held, cancelled, sold FROM expert_facts WHERE expert_id = $1""",
        expert_id,
    )
    return Facts.of(dict(row) if row else None)


async def facts_due(db: Connection | Database) -> list[int]:
    """The experts whose facts are to be counted anew, some at a time."""
    rows = await db.fetch(
        """SELECT expert_id FROM expert_facts_wanted
           UNION SELECT expert_id FROM expert_facts WHERE due_at <= app_now() LIMIT $1""",
        _MANY,
    )
    return [row["expert_id"] for row in rows]


async def perhaps_silent(db: Connection | Database) -> list[int]:
    """Listed experts with a thread open for so long that somebody may have waited too long."""
    rows = await db.fetch(
        """SELECT DISTINCT b.expert_id FROM bookings b JOIN experts e ON e.id = b.expert_id
           WHERE b.status = 'confirmed' AND b.duration_minutes IS NULL AND b.created_at <= app_now() - $1::interval
             AND e.status = 'published'
             AND NOT EXISTS (SELECT FROM room_presence p WHERE p.booking_id = b.id AND p.side = 'expert'
               AND p.seen_at > app_now() - $1::interval)
             AND NOT EXISTS (SELECT FROM expert_pauses x WHERE x.expert_id = b.expert_id
               AND x.ended_at > app_now() - $1::interval)
           LIMIT $2""",
        SILENT_FOR,
        _MANY,
    )
    return [row["expert_id"] for row in rows]
