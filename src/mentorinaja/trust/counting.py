"""Counting an expert's facts from what was recorded of the sessions of the last twelve months: one statement."""

from __future__ import annotations

from mentorinaja.db.pool import Connection
from mentorinaja.trust.rules import COUNTED_MONTHS, MISSED_REASONS, ON_TIME, ON_TIME_NOW

# On time: of chats, and of video sessions whose expert was recorded as coming. Whether somebody met elsewhere in time
# nobody can know. First replies: in a chat from the user's first message on (or the start, if that is later), in a
# thread from its opening on, since what it is about was told at the booking.
_COUNT = """
    WITH sessions AS (
      SELECT b.id, b.status, b.cancel_reason, b.category, b.duration_minutes IS NULL AS thread, b.starts_at,
        b.is_now, s.started_at, s.booking_id IS NOT NULL AS opened,
        least(s.expert_joined_at, (SELECT a.at FROM session_arrivals a
          WHERE a.booking_id = b.id AND a.side = 'expert' AND a.kind = 'link')) AS came_at
      FROM bookings b LEFT JOIN active_sessions s ON s.booking_id = b.id
      WHERE b.expert_id = $1 AND b.starts_at > app_now() - make_interval(months => $2)
        AND (b.status = 'completed' OR (b.status = 'cancelled' AND b.cancel_reason = ANY ($3)))
    ), coming AS (
      SELECT came_at <= starts_at + CASE WHEN is_now THEN $5::interval ELSE $4::interval END AS on_time
      FROM sessions
      WHERE NOT thread AND opened AND cancel_reason IS DISTINCT FROM 'cancelled_by_expert'
        AND (category = 'online_chat' OR (category = 'online_video' AND came_at IS NOT NULL))
    ), replies AS (
      SELECT c.thread, greatest(0, extract(epoch FROM reply.at - asked.at)) AS seconds
      FROM sessions c
        CROSS JOIN LATERAL (
          SELECT 0::bigint AS seq, c.started_at AS at WHERE c.thread
          UNION ALL
          (SELECT m.seq, greatest(m.created_at, c.started_at) FROM chat_messages m
           WHERE NOT c.thread AND m.booking_id = c.id AND m.sender_type = 'user' ORDER BY m.seq LIMIT 1)) asked
        CROSS JOIN LATERAL (
          SELECT m.created_at AS at FROM chat_messages m
          WHERE m.booking_id = c.id AND m.sender_type = 'expert' AND m.seq > asked.seq
          ORDER BY m.seq LIMIT 1) reply
      WHERE c.category = 'online_chat' AND c.started_at IS NOT NULL
    ), counted AS (
      SELECT (SELECT count(*) FROM coming) AS on_time_of,
        (SELECT count(*) FROM coming WHERE on_time) AS on_time,
        (SELECT count(*) FROM replies WHERE NOT thread) AS chat_reply_of,
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM replies WHERE NOT thread) AS chat_reply,
        (SELECT count(*) FROM replies WHERE thread) AS thread_reply_of,
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM replies WHERE thread) AS thread_reply,
        (SELECT count(*) FROM sessions) AS sold,
        (SELECT count(*) FROM sessions WHERE status = 'completed') AS held,
        (SELECT count(*) FROM sessions WHERE cancel_reason = 'cancelled_by_expert') AS cancelled
    )
    UPDATE expert_facts f SET
      on_time = c.on_time, on_time_of = c.on_time_of,
      chat_reply_seconds = round(c.chat_reply), chat_reply_of = c.chat_reply_of,
      thread_reply_seconds = round(c.thread_reply), thread_reply_of = c.thread_reply_of,
      held = c.held, cancelled = c.cancelled, sold = c.sold, counted_at = app_now(),
      due_at = CASE WHEN c.sold > 0 THEN app_now() + interval '1 day' END
    FROM counted c WHERE f.expert_id = $1
"""


async def count_anew(tx: Connection, expert_id: int) -> None:
    """Write down what is counted now; the expert's row of facts is locked by the caller."""
    await tx.execute(
        _COUNT, expert_id, COUNTED_MONTHS, [*MISSED_REASONS, "cancelled_by_expert"], ON_TIME, ON_TIME_NOW
    )
