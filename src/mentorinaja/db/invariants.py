"""What must always hold in the database: SQL that may return no row, by the code of the promise it checks.

M: money, B: bookings, C: chat and sessions, A: accounts, reviews, mails, invoices. Run after every test and by
`mentorinaja check-invariants`; a row that comes back names what is broken.
"""

from __future__ import annotations

import asyncpg

from mentorinaja.db.extension_invariants import EXTENSIONS
from mentorinaja.db.pool import Database


async def broken(db: Database) -> dict[str, list[asyncpg.Record]]:
    """Every invariant with the rows that break it; an empty list is a promise kept. Reads one moment."""
    async with db.snapshot() as connection:
        return {name: await connection.fetch(sql) for name, sql in INVARIANTS.items()}


# What came through one transaction and is still with the gateway, in rupiah.
_AT_GATEWAY = """CASE WHEN t.state IN ('paid', 'quarantined', 'partially_refunded', 'refunded', 'chargeback')
                      AND t.currency = 'IDR' THEN t.amount - t.returned ELSE 0 END"""
_TRANSACTIONS = """payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
                   JOIN orders o ON o.id = a.order_id"""

# What is booked of each transaction, by kind of account: positive is debit.
_BOOKED = """SELECT j.transaction_id, a.kind, sum(e.amount) AS amount FROM ledger_journals j
             JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts a ON a.id = e.account_id
             WHERE j.transaction_id IS NOT NULL GROUP BY j.transaction_id, a.kind"""

_MONEY = {
    "M1_balanced": """
        SELECT journal_id, sum(amount) FROM ledger_entries GROUP BY journal_id HAVING sum(amount) <> 0""",
    "M1_no_empty_journal": """
        SELECT id, key FROM ledger_journals j
        WHERE NOT EXISTS (SELECT FROM ledger_entries WHERE journal_id = j.id)""",
    "M1_guarded": """
        SELECT wanted.name FROM unnest(ARRAY['ledger_balanced', 'ledger_entries_append_only',
          'ledger_journals_append_only', 'ledger_entries_no_truncate', 'ledger_journals_no_truncate',
          'payment_logs_append_only', 'order_events_append_only', 'invoices_append_only']) AS wanted (name)
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = wanted.name AND tgenabled = 'O')""",
    "M2_price": """
        SELECT id, public_id FROM orders
        WHERE total <> subtotal + admin_fee OR platform_fee + expert_share <> total
          OR (kind IN ('booking', 'extension') AND (admin_fee <> (subtotal * admin_fee_bps + 5000) / 10000
            OR platform_fee <> (total * platform_fee_bps + 5000) / 10000))""",
    "M2_attempt_asks_the_total": """
        SELECT a.gateway_order_id FROM payment_attempts a JOIN orders o ON o.id = a.order_id
        WHERE a.amount <> o.total""",
    "M3_transaction_applied_once": """
        SELECT transaction_id FROM ledger_journals WHERE transaction_id IS NOT NULL
        GROUP BY transaction_id
        HAVING count(*) FILTER (WHERE kind = 'payment') > 1 OR count(*) FILTER (WHERE kind = 'refund_due') > 1
          OR count(*) FILTER (WHERE kind = 'reversal') > 1
          OR (bool_or(kind = 'refund_due') AND bool_or(key LIKE 'paid:%'))""",
    "M4_paid_needs_money": """
        SELECT o.public_id FROM orders o WHERE o.payment_status = 'paid' AND NOT EXISTS (
          SELECT FROM payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
            JOIN ledger_journals j ON j.transaction_id = t.transaction_id AND j.kind = 'payment'
          WHERE a.order_id = o.id AND t.state = 'paid' AND t.amount = o.total AND t.currency = 'IDR')""",
    "M4_refund_pending_waits_for_a_refund": """
        SELECT o.public_id FROM orders o WHERE o.payment_status = 'refund_pending' AND NOT EXISTS (
          SELECT FROM refunds r WHERE r.order_id = o.id AND r.state NOT IN ('done', 'rejected'))""",
    "M4_states_fit": """
        SELECT o.public_id, b.status, o.payment_status FROM orders o JOIN bookings b ON b.order_id = o.id
        WHERE (b.status, o.payment_status) NOT IN (('pending', 'waiting'),
          ('confirmed', 'paid'), ('confirmed', 'partially_refunded'), ('confirmed', 'refunded'),
          ('confirmed', 'reversed'), ('confirmed', 'chargeback'),
          ('completed', 'paid'), ('completed', 'refund_pending'), ('completed', 'partially_refunded'),
          ('completed', 'refunded'), ('completed', 'reversed'), ('completed', 'chargeback'),
          ('cancelled', 'cancelled'), ('cancelled', 'expired'), ('cancelled', 'failed'),
          ('cancelled', 'paid_late'), ('cancelled', 'refund_pending'), ('cancelled', 'partially_refunded'),
          ('cancelled', 'refunded'), ('cancelled', 'reversed'), ('cancelled', 'chargeback'),
          ('cancelled', 'paid'))""",
    "M5_paid_once": """
        SELECT j.order_id, count(*) FROM ledger_journals j
        WHERE j.kind = 'payment' AND NOT EXISTS (
          SELECT FROM ledger_journals r WHERE r.transaction_id = j.transaction_id AND r.kind = 'reversal')
        GROUP BY j.order_id HAVING count(*) > 1""",
    "M6_money_is_never_lost": f"""
        SELECT t.transaction_id, o.public_id, t.state FROM {_TRANSACTIONS}
        WHERE t.state IN ('paid', 'quarantined') AND t.currency = 'IDR' AND t.amount > 0
          AND NOT EXISTS (SELECT FROM ledger_journals j
            WHERE j.transaction_id = t.transaction_id AND j.kind = 'payment' AND t.state = 'paid')
          AND NOT EXISTS (SELECT FROM refunds r
            WHERE r.transaction_id = t.transaction_id AND r.state <> 'rejected')""",
    "M6_alerted": """
        SELECT t.transaction_id FROM payment_transactions t WHERE t.state IN ('quarantined', 'unknown')
          AND NOT EXISTS (SELECT FROM payment_logs l
            WHERE l.transaction_id = t.transaction_id AND l.alert IS NOT NULL)""",
    "M7_late_money_goes_back": """
        SELECT o.public_id FROM orders o WHERE o.payment_status = 'paid_late' AND NOT EXISTS (
          SELECT FROM refunds r WHERE r.order_id = o.id AND r.state <> 'rejected')""",
    "M7_ledger_is_what_the_gateway_holds": f"""
        SELECT t.transaction_id, t.state, {_AT_GATEWAY} AS there, coalesce(booked.amount, 0) AS booked
        FROM payment_transactions t LEFT JOIN (
          SELECT j.transaction_id, sum(e.amount) AS amount FROM ledger_journals j
            JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts c ON c.id = e.account_id
          WHERE c.kind = 'gateway' GROUP BY j.transaction_id) booked USING (transaction_id)
        WHERE coalesce(booked.amount, 0) <> {_AT_GATEWAY}""",
    "M7_ledger_knows_its_transactions": """
        SELECT j.key FROM ledger_journals j WHERE j.transaction_id IS NOT NULL AND NOT EXISTS (
          SELECT FROM payment_transactions t WHERE t.transaction_id = j.transaction_id)""",
    "M8_no_balance_below_zero": """
        SELECT a.kind, a.expert_id, -sum(e.amount) AS balance
        FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
        WHERE a.kind IN ('expert_held', 'expert_available', 'expert_withdrawing', 'expert_withdrawn',
          'refund_due', 'admin_fee')
        GROUP BY a.id HAVING sum(e.amount) > 0""",
    "M8_nothing_is_taken_twice_from_a_sale": f"""
        SELECT transaction_id, kind, amount FROM ({_BOOKED}) booked
        WHERE CASE WHEN kind = 'gateway' THEN amount < 0
          ELSE kind IN ('expert_held', 'expert_available', 'refund_due') AND amount > 0 END""",
    "M8_only_completed_sessions_release": """
        SELECT j.key FROM ledger_journals j JOIN bookings b ON b.order_id = j.order_id
        WHERE j.kind = 'release' AND b.status <> 'completed'""",
    "M9_refunds_within_payment": """
        SELECT t.transaction_id FROM payment_transactions t JOIN refunds r USING (transaction_id)
        WHERE r.state NOT IN ('rejected', 'failed')
        GROUP BY t.transaction_id HAVING sum(r.amount) > t.amount""",
    "M9_no_more_is_owed_than_is_there": f"""
        SELECT due.transaction_id, -due.amount AS owed, there.amount AS held FROM ({_BOOKED}) due
          LEFT JOIN ({_BOOKED}) there ON there.transaction_id = due.transaction_id AND there.kind = 'gateway'
        WHERE due.kind = 'refund_due' AND -due.amount > coalesce(there.amount, 0)""",
    # Each refund is booked with its amount; those that were called off are taken back with the money itself.
    "M9_every_refund_is_booked": """
        SELECT r.refund_key, r.amount FROM refunds r WHERE r.state <> 'rejected' AND NOT EXISTS (
          SELECT FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
            JOIN ledger_accounts a ON a.id = e.account_id
          WHERE j.order_id = r.order_id AND j.transaction_id = r.transaction_id AND a.kind = 'refund_due'
            AND e.amount = -r.amount AND CASE
              WHEN r.reason IN ('paid_late', 'paid_twice', 'quarantined') THEN j.key = 'due:' || r.transaction_id
              WHEN r.reason = 'extension_unused' AND j.kind = 'refund_due' THEN j.key = 'due:' || r.transaction_id
              ELSE j.key = 'owed:' || r.refund_key END)""",
    "M9_owed_for_a_refund": """
        SELECT j.key FROM ledger_journals j WHERE j.kind = 'owed_back' AND NOT EXISTS (
          SELECT FROM refunds r WHERE 'owed:' || r.refund_key = j.key AND r.order_id = j.order_id)""",
    # What of an open refund went back already (the gateway gave part of it) is no longer due.
    "M9_open_refunds_are_what_is_due": f"""
        SELECT t.transaction_id, wanted.open, coalesce(-due.amount, 0) AS due FROM payment_transactions t
          LEFT JOIN ({_BOOKED}) due ON due.transaction_id = t.transaction_id AND due.kind = 'refund_due'
          LEFT JOIN (SELECT transaction_id, sum(amount) FILTER (WHERE state <> 'done') AS open,
              sum(amount) FILTER (WHERE state = 'done') AS done
            FROM refunds WHERE state <> 'rejected' GROUP BY transaction_id) wanted
            ON wanted.transaction_id = t.transaction_id
          LEFT JOIN (SELECT j.transaction_id, sum(e.amount) AS amount FROM ledger_journals j
              JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts a ON a.id = e.account_id
            WHERE a.kind = 'refund_due' AND e.amount > 0 AND j.kind IN ('refund', 'chargeback')
            GROUP BY j.transaction_id) gone ON gone.transaction_id = t.transaction_id
        WHERE t.state <> 'reversed' AND (coalesce(wanted.done, 0) > coalesce(gone.amount, 0)
          OR coalesce(wanted.open, 0) + coalesce(due.amount, 0)
            <> coalesce(gone.amount, 0) - coalesce(wanted.done, 0))""",
    "M9_refund_steps": """
        SELECT r.refund_key, r.state FROM refunds r WHERE r.state IS DISTINCT FROM (
          SELECT s.state FROM refund_steps s WHERE s.refund_id = r.id ORDER BY s.id DESC LIMIT 1)""",
    "M9_refund_of_its_own_order": """
        SELECT r.id FROM refunds r JOIN payment_transactions t USING (transaction_id)
          JOIN payment_attempts a ON a.id = t.attempt_id WHERE a.order_id <> r.order_id""",
}

_BOOKINGS = {
    "B1_constraints": """
        SELECT wanted.name FROM unnest(ARRAY['bookings_expert_slot', 'bookings_user_slot',
          'meeting_link_uses_apart']) AS wanted (name)
        WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = wanted.name AND convalidated)""",
    "B1_no_overlap": """
        SELECT b.id, other.id FROM bookings b JOIN bookings other ON other.id > b.id
          AND b.status IN ('pending', 'confirmed') AND other.status IN ('pending', 'confirmed')
          AND ((b.expert_id = other.expert_id AND b.blocked && other.blocked)
            OR (b.user_id = other.user_id AND b.during && other.during))""",
    "B1_nobody_books_themselves": """
        SELECT o.public_id FROM orders o JOIN experts e ON e.id = o.expert_id WHERE e.user_id = o.user_id""",
    "B2_order_and_booking_agree": """
        SELECT o.public_id FROM orders o JOIN bookings b ON b.order_id = o.id
        WHERE o.user_id <> b.user_id OR o.expert_id <> b.expert_id OR lower(b.during) <> b.starts_at""",
    "B3_every_move_is_told": """
        SELECT o.public_id, b.status, o.payment_status FROM orders o JOIN bookings b ON b.order_id = o.id
        WHERE NOT EXISTS (SELECT FROM order_events x WHERE x.order_id = o.id AND x.event = CASE b.status
          WHEN 'pending' THEN 'created' WHEN 'confirmed' THEN 'confirmed' WHEN 'completed' THEN 'completed'
          ELSE CASE o.payment_status WHEN 'cancelled' THEN 'cancelled' WHEN 'expired' THEN 'expired'
            WHEN 'failed' THEN 'failed' ELSE x.event END END)""",
    "B2_threads_take_no_time": """
        SELECT id FROM bookings WHERE duration_minutes IS NULL
          AND (during IS NOT NULL OR blocked IS NOT NULL OR is_now OR category <> 'online_chat')""",
    "B4_link_for_video_only": """
        SELECT u.booking_id FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id
        WHERE b.category <> 'online_video'""",
    "B4_link_at_the_booked_time": """
        SELECT u.booking_id FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id
        WHERE b.status = 'confirmed' AND NOT u.around @> b.during""",
    "B4_link_serves_one": """
        SELECT link_id FROM meeting_link_uses WHERE NOT reusable GROUP BY link_id HAVING count(*) > 1""",
}

# Every item as its seal has it, with the seal before it.
_SEALED = """
    SELECT i.*, lag(seal, 1, sha256(convert_to(booking_id::text, 'UTF8')))
      OVER (PARTITION BY booking_id ORDER BY seq) AS lag_seal
    FROM (
      SELECT m.booking_id, m.seq, 'message' AS kind, m.sender_type AS who, m.client_id::text AS id,
        m.created_at AS at, coalesce(encode(a.sha256, 'hex'), '') AS digest, m.text AS words, m.seal
      FROM chat_messages m LEFT JOIN attachments a ON a.id = m.attachment_id
      UNION ALL
      SELECT booking_id, seq, 'notice', kind, '', at, '', cause, seal FROM session_events
    ) i"""

_SESSIONS = {
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
        WHERE r.decided_at IS NULL""",
    "C5_decided_once_and_told": """
        SELECT r.id FROM session_reports r JOIN bookings b ON b.id = r.booking_id
        WHERE r.decided_at IS NOT NULL AND r.decided_by <> b.user_id AND 1 <> (
          SELECT count(*) FROM order_events x WHERE x.order_id = b.order_id AND x.event = 'report_decided'
            AND x.detail->'report_ids' @> to_jsonb(r.id))""",
    "C5_no_more_goes_back_than_was_decided": """
        SELECT f.id, f.amount FROM refunds f WHERE f.reason = 'disputed' AND f.amount > coalesce((
          SELECT max(r.refund_amount) FROM session_reports r JOIN bookings b ON b.id = r.booking_id
          WHERE b.order_id = f.order_id), 0)""",
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
          OR s.finished_at IS NULL OR r.at < s.finished_at OR (r.decided_at IS NULL AND b.status <> 'confirmed'))""",
    "C5_arrivals_are_of_their_session": """
        SELECT a.booking_id, a.kind, a.at FROM session_arrivals a JOIN bookings b ON b.id = a.booking_id
        WHERE b.category <> CASE a.kind WHEN 'link' THEN 'online_video' ELSE 'offline_event' END
          OR a.at < b.starts_at - interval '10 minutes' OR a.at >= upper(b.during)""",
    "C5_an_offline_session_has_its_code": """
        SELECT id FROM bookings
        WHERE status = 'confirmed' AND category = 'offline_event' AND arrival_code IS NULL""",
}

_REST = {
    "A4_one_review_of_a_completed_order": """
        SELECT r.order_id FROM reviews r JOIN orders o ON o.id = r.order_id
          JOIN bookings b ON b.order_id = o.id
        WHERE b.status <> 'completed' OR r.user_id <> o.user_id OR r.expert_id <> o.expert_id""",
    "A4_rating_is_the_reviews": """
        SELECT e.id, e.rating_count, e.rating_sum FROM experts e LEFT JOIN (
          SELECT expert_id, count(*) AS n, sum(rating) AS total FROM reviews GROUP BY expert_id) r
          ON r.expert_id = e.id
        WHERE e.rating_count <> coalesce(r.n, 0) OR e.rating_sum <> coalesce(r.total, 0)""",
    "A5_confirmed_is_told_by_mail": """
        SELECT o.public_id FROM orders o
        WHERE EXISTS (SELECT FROM order_events x WHERE x.order_id = o.id AND x.event = 'confirmed')
          AND NOT EXISTS (SELECT FROM outbox m
            WHERE m.order_id = o.id AND m.user_id = o.user_id AND m.kind = 'paid')""",
    "A5_outbox": """
        SELECT id, status FROM outbox WHERE (status = 'sent') <> (sent_at IS NOT NULL)""",
    "A7_invoices_without_gaps": """
        SELECT c.year, c.last_number, count(i.number), max(i.number)
        FROM invoice_counters c LEFT JOIN invoices i USING (year)
        GROUP BY c.year HAVING count(i.number) <> c.last_number OR max(i.number) <> c.last_number""",
    "A7_invoice_only_for_paid": """
        SELECT i.order_id FROM invoices i WHERE NOT EXISTS (
          SELECT FROM ledger_journals j WHERE j.order_id = i.order_id AND j.kind = 'payment')""",
    "A7_paid_has_an_invoice": """
        SELECT o.public_id FROM orders o WHERE o.payment_status = 'paid' AND NOT EXISTS (
          SELECT FROM invoices i WHERE i.order_id = o.id)""",
}

INVARIANTS = _MONEY | _BOOKINGS | _SESSIONS | EXTENSIONS | _REST
