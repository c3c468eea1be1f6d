"""What must always hold of money: orders, transactions, the ledger, refunds; part of `invariants.INVARIANTS`."""

from __future__ import annotations

# What came through one transaction and is still with the gateway, in rupiah.
_AT_GATEWAY = """CASE WHEN t.state IN ('paid', 'quarantined', 'partially_refunded', 'refunded', 'chargeback')
                      AND t.currency = 'IDR' THEN t.amount - t.returned ELSE 0 END"""
_TRANSACTIONS = """payment_transactions t JOIN payment_attempts a ON a.id = t.attempt_id
                   JOIN orders o ON o.id = a.order_id"""

# What is booked of each transaction, by kind of account: positive is debit.
_BOOKED = """SELECT j.transaction_id, a.kind, sum(e.amount) AS amount FROM ledger_journals j
             JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts a ON a.id = e.account_id
             WHERE j.transaction_id IS NOT NULL GROUP BY j.transaction_id, a.kind"""

MONEY = {
    "M1_balanced": """
        SELECT journal_id, sum(amount) FROM ledger_entries GROUP BY journal_id HAVING sum(amount) <> 0""",
    "M1_no_empty_journal": """
        SELECT id, key FROM ledger_journals j
        WHERE NOT EXISTS (SELECT FROM ledger_entries WHERE journal_id = j.id)""",
    "M1_guarded": """
        SELECT wanted.name FROM unnest(ARRAY['ledger_balanced', 'ledger_entries_append_only',
          'ledger_journals_append_only', 'ledger_entries_no_truncate', 'ledger_journals_no_truncate',
          'payment_logs_append_only', 'order_events_append_only', 'invoices_append_only',
          'ledger_not_empty', 'ledger_accounts_append_only', 'ledger_accounts_no_truncate',
          'policies_append_only', 'policies_no_truncate', 'policy_withdrawals_append_only',
          'policy_withdrawals_no_truncate', 'policy_withdrawable']) AS wanted (name)
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = wanted.name AND tgenabled = 'O')""",
    "M2_price": """
        SELECT id, public_id FROM orders
        WHERE total <> subtotal + admin_fee OR platform_fee + expert_share <> total
          OR admin_fee <> (subtotal * admin_fee_bps + 5000) / 10000
          OR platform_fee <> (total * platform_fee_bps + 5000) / 10000""",
    "M2_rates_are_those_of_a_policy": """
        SELECT o.public_id FROM orders o WHERE NOT EXISTS (SELECT FROM policies p
          WHERE (p.admin_fee_bps, p.platform_fee_bps, p.tax_bps)
            = (o.admin_fee_bps, o.platform_fee_bps, o.tax_bps)
            AND NOT EXISTS (SELECT FROM policy_withdrawals w WHERE w.policy_id = p.id))""",
    "M2_attempt_asks_the_total": """
        SELECT a.gateway_order_id FROM payment_attempts a JOIN orders o ON o.id = a.order_id
        WHERE a.amount <> o.total""",
    "M3_transaction_applied_once": """
        SELECT transaction_id FROM ledger_journals WHERE transaction_id IS NOT NULL
        GROUP BY transaction_id
        HAVING count(*) FILTER (WHERE kind = 'payment') > 1 OR count(*) FILTER (WHERE kind = 'refund_due') > 1
          -- what was taken back and found again is due, and can be taken back once more
          OR count(*) FILTER (WHERE kind = 'reversal') > 1 + bool_or(kind = 'refund_due')::int
          OR (bool_or(kind = 'refund_due') AND bool_or(key LIKE 'paid:%') AND NOT bool_or(kind = 'reversal'))""",
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
        WHERE b.status || ' ' || o.payment_status <> ALL ('{pending waiting,
          confirmed paid, confirmed partially_refunded, confirmed refunded, confirmed reversed, confirmed chargeback,
          completed paid, completed refund_pending, completed partially_refunded, completed refunded,
          completed reversed, completed chargeback,
          cancelled cancelled, cancelled expired, cancelled failed, cancelled paid_late, cancelled refund_pending,
          cancelled partially_refunded, cancelled refunded, cancelled reversed, cancelled chargeback,
          cancelled paid}'::text[])""",
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
          'refund_due', 'admin_fee', 'tax')
        GROUP BY a.id HAVING sum(e.amount) > 0""",
    # What an expert owes the platform stands on the other side.
    "M8_no_debt_below_zero": """
        SELECT a.expert_id, sum(e.amount) AS owed
        FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
        WHERE a.kind = 'expert_owed' GROUP BY a.id HAVING sum(e.amount) < 0""",
    "M8_who_owes_has_nothing_to_ask_for": """
        SELECT a.expert_id FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
        WHERE a.kind IN ('expert_owed', 'expert_available')
        GROUP BY a.expert_id HAVING coalesce(sum(e.amount) FILTER (WHERE a.kind = 'expert_owed'), 0) > 0
          AND coalesce(sum(e.amount) FILTER (WHERE a.kind = 'expert_available'), 0) < 0""",
    "M8_nothing_is_taken_twice_from_a_sale": f"""
        SELECT transaction_id, kind, amount FROM ({_BOOKED}) booked
        WHERE CASE WHEN kind = 'gateway' THEN amount < 0
          ELSE kind IN ('expert_held', 'refund_due', 'tax') AND amount > 0 END
        UNION ALL -- what was released may have paid a debt, and what is taken back may be owed
        SELECT transaction_id, 'expert', sum(amount) FROM ({_BOOKED}) booked WHERE kind LIKE 'expert%'
        GROUP BY transaction_id HAVING sum(amount) > 0""",
    # What went back beyond what came (by the gateway, and before by hand) is the platform's own loss.
    "M8_the_platform_has_its_part": f"""
        SELECT o.public_id, b.transaction_id, b.kept, b.lost, b.platform, b.tax FROM (
          SELECT transaction_id,
            coalesce(-sum(amount) FILTER (WHERE kind IN ('admin_fee', 'platform_fee', 'tax')), 0)::bigint AS platform,
            coalesce(-sum(amount) FILTER (WHERE kind = 'tax'), 0)::bigint AS tax,
            coalesce(-sum(amount) FILTER (WHERE kind LIKE 'expert%'
              OR kind IN ('admin_fee', 'platform_fee', 'tax')), 0)::bigint AS kept,
            greatest(0, coalesce(-sum(amount) FILTER (WHERE kind IN ('gateway', 'refunded')), 0))::bigint AS lost
          FROM ({_BOOKED}) booked GROUP BY transaction_id) b
          JOIN payment_transactions t USING (transaction_id) JOIN payment_attempts a ON a.id = t.attempt_id
          JOIN orders o ON o.id = a.order_id
        WHERE b.platform + b.lost <> ((b.kept + b.lost) * o.platform_fee_bps + 5000) / 10000
          OR b.tax <> (2 * (b.platform + b.lost) * o.tax_bps + 10000 + o.tax_bps) / (2 * (10000 + o.tax_bps))""",
    # What an expert earned waits for a day, or for a session that is still to end.
    "M8_nothing_is_held_for_ever": f"""
        SELECT o.public_id, b.transaction_id, -b.amount AS held FROM ({_BOOKED}) b
          JOIN payment_transactions t USING (transaction_id) JOIN payment_attempts a ON a.id = t.attempt_id
          JOIN orders o ON o.id = a.order_id
        WHERE b.kind = 'expert_held' AND b.amount < 0 AND o.release_at IS NULL AND NOT EXISTS (
          SELECT FROM bookings s LEFT JOIN session_extensions x ON x.booking_id = s.id
          WHERE s.status = 'confirmed' AND o.id IN (s.order_id, x.order_id))""",
    "M8_only_completed_sessions_release": """
        SELECT j.key FROM ledger_journals j JOIN bookings b ON b.order_id = j.order_id
        WHERE j.kind = 'release' AND b.status <> 'completed'
          -- or what was kept of one that its payer or an admin called off, a day after it would have ended
          AND NOT (b.cancel_reason IN ('cancelled_by_user', 'cancelled_by_admin')
            AND j.at >= upper(b.during) + interval '24 hours')
          -- or what an admin decided not to give back, a day later
          AND NOT EXISTS (SELECT FROM ledger_journals k WHERE k.order_id = j.order_id
            AND k.kind = 'refund_rejected' AND j.at >= k.at + interval '24 hours')""",
    "M9_refunds_within_payment": """
        SELECT t.transaction_id FROM payment_transactions t JOIN refunds r USING (transaction_id)
        WHERE r.state NOT IN ('rejected', 'failed')
        GROUP BY t.transaction_id HAVING sum(r.amount) > t.amount""",
    "M9_no_more_is_owed_than_is_there": f"""
        SELECT transaction_id, sum(amount) AS missing FROM ({_BOOKED}) booked
        WHERE kind IN ('gateway', 'refund_due', 'refunded') GROUP BY transaction_id
        HAVING sum(amount) < 0 AND coalesce(sum(amount) FILTER (WHERE kind = 'refund_due'), 0) < 0""",
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
    # What of an open refund went back already (the gateway gave part of it, or it is on its way) is no longer due.
    "M9_open_refunds_are_what_is_due": f"""
        SELECT t.transaction_id, wanted.open, coalesce(-due.amount, 0) AS due FROM payment_transactions t
          LEFT JOIN ({_BOOKED}) due ON due.transaction_id = t.transaction_id AND due.kind = 'refund_due'
          LEFT JOIN (SELECT transaction_id, sum(amount) FILTER (WHERE state <> 'done') AS open,
              sum(amount) FILTER (WHERE state = 'done') AS done
            FROM refunds WHERE state <> 'rejected' GROUP BY transaction_id) wanted
            ON wanted.transaction_id = t.transaction_id
          LEFT JOIN (SELECT j.transaction_id, sum(e.amount) AS amount FROM ledger_journals j
              JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts a ON a.id = e.account_id
            WHERE a.kind = 'refund_due' AND j.kind IN ('refund', 'refund_bounced', 'chargeback')
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
