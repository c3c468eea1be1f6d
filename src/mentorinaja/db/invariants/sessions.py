"""What must always hold of sessions, their conversations, clocks and reports; part of `invariants.INVARIANTS`."""

from __future__ import annotations

# Every item as its seal has it, with the seal before it.
_SEALED = """
    SELECT i.*, lag(seal, 1, sha256(convert_to(booking_id::text, 'UTF8')))
      OVER (PARTITION BY booking_id ORDER BY seq) AS lag_seal
    FROM (
      SELECT m.booking_id, m.seq, 'message' AS kind, m.sender_type AS who, m.client_id::text AS id,
        m.created_at AS at, coalesce(file_digest(a), '') AS digest, m.text AS words, m.seal
      FROM chat_messages m LEFT JOIN attachments a ON a.id = m.attachment_id
      UNION ALL
      SELECT booking_id, seq, 'notice', kind, '', at, '', cause, seal FROM session_events
    ) i"""

SESSIONS = {
    "C2_numbers_without_gaps": """
        SELECT s.booking_id, s.last_seq, count(i.seq), max(i.seq) FROM active_sessions s LEFT JOIN (
          SELECT booking_id, seq FROM chat_messages UNION ALL SELECT booking_id, seq FROM session_events) i
          USING (booking_id)
        WHERE NOT EXISTS (SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id)
        GROUP BY s.booking_id
        HAVING count(i.seq) <> s.last_seq OR coalesce(max(i.seq), 0) <> s.last_seq
          OR count(DISTINCT i.seq) <> count(i.seq)""",
    # Each seal is made of the one before it, and the room remembers the last: by induction the whole chain.
    "C2_seals": f"""
        SELECT booking_id, seq FROM ({_SEALED}) i
        WHERE seal <> sha256(lag_seal || seal_line(booking_id, seq, kind, who, id, at, digest, words))
        UNION ALL
        SELECT s.booking_id, s.last_seq FROM active_sessions s
        WHERE NOT EXISTS (SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id)
          AND s.last_seal <> coalesce(
            (SELECT i.seal FROM ({_SEALED}) i WHERE i.booking_id = s.booking_id ORDER BY i.seq DESC LIMIT 1),
            sha256(convert_to(s.booking_id::text, 'UTF8')))""",
    "C3_a_file_is_of_its_room_and_sender": """
        SELECT m.booking_id, m.seq, a.id FROM chat_messages m JOIN attachments a ON a.id = m.attachment_id
        WHERE a.booking_id <> m.booking_id OR a.sender_id <> m.sender_id""",
    "C2_forgotten_rooms_are_empty": """
        SELECT f.booking_id FROM forgotten_rooms f JOIN active_sessions s USING (booking_id)
        WHERE (f.last_seq, f.last_seal) <> (s.last_seq, s.last_seal) OR s.kept_until IS NOT NULL
          OR EXISTS (SELECT FROM chat_messages m WHERE m.booking_id = f.booking_id)
          OR EXISTS (SELECT FROM session_events x WHERE x.booking_id = f.booking_id)""",
    "C2_kept_twelve_months": """
        SELECT s.booking_id, s.ended_at, s.kept_until FROM active_sessions s
        WHERE s.ended_at IS NOT NULL AND s.kept_until IS DISTINCT FROM twelve_months_after(s.ended_at)
          AND NOT EXISTS (SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id)""",
    "C2_guarded": """
        SELECT wanted.name FROM unnest(ARRAY['chat_messages_append_only', 'session_events_append_only',
          'forgotten_rooms_append_only', 'chat_messages_no_truncate', 'session_events_no_truncate',
          'forgotten_rooms_no_truncate', 'forget_room_check', 'attachments_unchanged']) AS wanted (name)
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = wanted.name AND tgenabled = 'O')""",
    "C3_only_the_two_write": """
        SELECT m.booking_id, m.seq FROM chat_messages m JOIN active_sessions s USING (booking_id)
        WHERE m.sender_id <> CASE m.sender_type WHEN 'user' THEN s.user_id ELSE s.expert_user_id END""",
    "C3_the_two_of_the_booking": """
        SELECT s.booking_id FROM active_sessions s JOIN bookings b ON b.id = s.booking_id
          JOIN experts e ON e.id = b.expert_id
        WHERE s.user_id <> b.user_id OR s.expert_user_id <> e.user_id""",
    "C4_one_end": """
        SELECT s.booking_id FROM active_sessions s
        WHERE (s.status = 'ended') <> EXISTS (SELECT FROM session_events x
          WHERE x.booking_id = s.booking_id AND x.kind = 'ended')
          AND NOT EXISTS (SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id)""",
    "C4_ended_is_over": """
        SELECT s.booking_id, b.status FROM active_sessions s JOIN bookings b ON b.id = s.booking_id
        WHERE s.status = 'ended' AND b.status NOT IN ('completed', 'cancelled')""",
    "C4_the_clock_adds_up": """
        SELECT s.booking_id, s.started_at, s.ends_at, s.paused_for FROM active_sessions s
        WHERE s.timed AND s.ends_at IS NOT NULL
          AND s.ends_at <> s.started_at + make_interval(secs => s.duration_seconds) + s.paused_for
            + make_interval(mins => (SELECT coalesce(sum(x.minutes), 0)::int FROM session_extensions x
                WHERE x.booking_id = s.booking_id AND x.state = 'paid'))""",
    "C4_pauses_are_told": """
        SELECT s.booking_id, s.paused_for FROM active_sessions s
        WHERE s.timed AND NOT EXISTS (SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id)
          AND s.paused_for <> (SELECT coalesce(sum(x.at - x.since), '0') FROM (
            SELECT kind, at, lag(at) OVER (ORDER BY seq) AS since FROM session_events
            WHERE booking_id = s.booking_id AND kind IN ('paused', 'resumed')) x WHERE x.kind = 'resumed')""",
    "C4_no_message_after_the_end": """
        SELECT m.booking_id, m.seq FROM chat_messages m JOIN active_sessions s USING (booking_id)
        WHERE m.created_at > s.ended_at""",
    "C4_nothing_after_the_end": """
        SELECT x.booking_id, i.seq FROM session_events x JOIN (
          SELECT booking_id, seq FROM chat_messages UNION ALL SELECT booking_id, seq FROM session_events) i
          USING (booking_id)
        WHERE x.kind = 'ended' AND i.seq > x.seq""",
    "C5_an_open_report_holds_the_earning": """
        SELECT r.id, j.key FROM session_reports r JOIN bookings b ON b.id = r.booking_id
          JOIN ledger_journals j ON j.order_id = b.order_id AND j.kind = 'release'
        WHERE r.decided_at IS NULL  -- what had been released before it was opened again was right then
          AND j.at > coalesce((SELECT max(x.reopened_at) FROM report_reopenings x
            WHERE x.report_id = r.id), '-infinity')""",
    "C5_decided_once_and_told": """
        SELECT r.id FROM session_reports r JOIN bookings b ON b.id = r.booking_id
        WHERE r.decided_at IS NOT NULL AND r.decided_by <> b.user_id AND 1 <> (
          SELECT count(*) FROM order_events x WHERE x.order_id = b.order_id AND x.event = 'report_decided'
            AND x.detail->'report_ids' @> to_jsonb(r.id)) - (
          SELECT count(*) FROM report_reopenings x WHERE x.report_id = r.id)""",
    "C5_no_more_goes_back_than_was_decided": """
        SELECT f.id, f.amount FROM refunds f WHERE f.reason = 'disputed' AND f.amount > coalesce((
          SELECT max(d.refund_amount) FROM (SELECT id, refund_amount FROM session_reports
              UNION ALL SELECT report_id, refund_amount FROM report_reopenings) d (id, refund_amount)
            JOIN session_reports r USING (id) JOIN bookings b ON b.id = r.booking_id
          WHERE b.order_id = f.order_id), 0)""",
    "C5_a_decision_that_was_taken_back_gives_nothing": """
        SELECT x.id, f.refund_key, f.state FROM report_reopenings x JOIN refunds f ON f.id = x.refund_id
        WHERE f.state <> 'rejected'""",
    "C5_a_decision_has_its_refund": """
        SELECT r.id FROM session_reports r JOIN bookings b ON b.id = r.booking_id JOIN refunds f ON f.id = r.refund_id
        WHERE f.order_id <> b.order_id OR f.reason <> 'disputed' OR f.amount > r.refund_amount""",
    "C5_what_was_decided_is_kept": """
        SELECT wanted.name FROM unnest(ARRAY['decision_kept', 'report_reopenings_append_only',
          'report_reopenings_no_truncate']) AS wanted (name)
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = wanted.name AND tgenabled = 'O')""",
    "C5_threads_end_as_they_may": """
        SELECT b.id, b.status, b.cancel_reason FROM bookings b LEFT JOIN active_sessions s ON s.booking_id = b.id
        WHERE b.duration_minutes IS NULL AND (
          (b.status = 'completed' AND s.finished_at IS NULL)
          OR (b.cancel_reason = 'undelivered' AND s.finished_at IS NOT NULL)
          OR s.ends_at IS NOT NULL OR s.status = 'paused')""",
    "C5_finished_is_said_by_who_wrote": """
        SELECT s.booking_id FROM active_sessions s JOIN bookings b ON b.id = s.booking_id
        WHERE s.finished_at IS NOT NULL AND (b.duration_minutes IS NOT NULL
          OR NOT EXISTS (SELECT FROM session_events x WHERE x.booking_id = s.booking_id AND x.kind = 'finished'
            UNION ALL SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id)
          OR NOT EXISTS (SELECT FROM chat_messages m WHERE m.booking_id = s.booking_id
              AND m.sender_type = 'expert' AND m.created_at <= s.finished_at
            UNION ALL SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id))""",
    "C5_objections_are_to_finished_threads": """
        SELECT r.id FROM session_reports r JOIN bookings b ON b.id = r.booking_id
          LEFT JOIN active_sessions s ON s.booking_id = r.booking_id
        WHERE r.kind = 'objection' AND (r.side <> 'user' OR b.duration_minutes IS NOT NULL
          OR s.finished_at IS NULL OR r.at < s.finished_at
          -- a decision ends the thread; opened again, it stays ended
          OR (r.decided_at IS NULL AND b.status <> 'confirmed' AND NOT EXISTS (
            SELECT FROM report_reopenings x WHERE x.report_id = r.id)))""",
    "C5_arrivals_are_of_their_session": """
        SELECT a.booking_id, a.kind, a.at FROM session_arrivals a JOIN bookings b ON b.id = a.booking_id
        WHERE b.category <> CASE a.kind WHEN 'link' THEN 'online_video' ELSE 'offline_event' END
          OR a.at < b.starts_at - interval '10 minutes' OR a.at >= upper(b.during)""",
    "C5_an_offline_session_has_its_code": """
        SELECT id FROM bookings
        WHERE status = 'confirmed' AND category = 'offline_event' AND arrival_code IS NULL""",
}
