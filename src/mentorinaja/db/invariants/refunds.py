"""What must always hold of how refunds are carried out; part of `invariants.INVARIANTS`."""

from __future__ import annotations

REFUNDS = {
    # What the bank was told to pay is what the ledger says went out of our own account.
    "M9_transferred_is_booked": """
        SELECT t.transaction_id, coalesce(sent.amount, 0) AS sent, coalesce(booked.amount, 0) AS booked
        FROM payment_transactions t
          LEFT JOIN (SELECT transaction_id, sum(transferred) AS amount FROM refunds
            GROUP BY transaction_id) sent USING (transaction_id)
          LEFT JOIN (SELECT j.transaction_id, -sum(e.amount) AS amount FROM ledger_journals j
              JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts a ON a.id = e.account_id
            WHERE a.kind = 'refunded' GROUP BY j.transaction_id) booked USING (transaction_id)
        WHERE coalesce(sent.amount, 0) <> coalesce(booked.amount, 0)""",
    "M9_money_left_where_it_says": """
        SELECT refund_key, state, way, left_at, reference FROM refunds
        WHERE (state = 'done' AND left_at IS NULL)
          OR (state IN ('requested', 'approved', 'failed', 'rejected') AND left_at IS NOT NULL)
          OR (way = 'bank' AND (left_at IS NOT NULL) <> (reference IS NOT NULL))
          OR (way IS DISTINCT FROM 'bank' AND reference IS NOT NULL)
          OR (reference IS NOT NULL) <> (transferred IS NOT NULL)
          OR (state = 'sent' AND way IS NULL)""",
    "M9_sent_after_it_was_approved": """
        SELECT s.refund_id FROM refund_steps s WHERE s.state = 'sent' AND NOT EXISTS (
          SELECT FROM refund_steps earlier
          WHERE earlier.refund_id = s.refund_id AND earlier.state = 'approved' AND earlier.id < s.id)""",
    "M9_not_sent_before_its_time": """
        SELECT r.refund_key FROM refunds r JOIN refund_steps s ON s.refund_id = r.id
        WHERE s.state = 'approved' AND s.at < r.not_before""",
    "M9_an_account_is_the_payers": """
        SELECT a.id FROM refund_accounts a JOIN orders o ON o.id = a.order_id WHERE a.given_by <> o.user_id
        UNION ALL
        SELECT r.account_id FROM refunds r JOIN refund_accounts a ON a.id = r.account_id
        WHERE a.order_id <> r.order_id""",
    # Stopped by an admin, and kept by those who had earned it: both or neither, and owed again in between. What an
    # admin had decided about can be called off besides: with a payment that was reversed, or that pays its order.
    "M9_rejected_is_kept": """
        SELECT r.refund_key, r.state, kept.times FROM refunds r CROSS JOIN LATERAL (
          SELECT coalesce(sum(CASE j.kind WHEN 'refund_rejected' THEN 1 ELSE -1 END), 0) AS times
          FROM ledger_journals j WHERE j.transaction_id = r.transaction_id AND (
            j.kind = 'refund_rejected'
              AND (j.key = 'kept:' || r.refund_key OR j.key ~ ('^kept:' || r.refund_key || ':[0-9]+$'))
            OR j.kind = 'refund_resumed' AND j.key ~ ('^resumed:' || r.refund_key || ':[0-9]+$'))) kept
        WHERE kept.times NOT IN (0, 1) OR (kept.times = 1 AND r.state <> 'rejected')
          OR (kept.times = 0 AND r.state = 'rejected' AND r.decided_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_journals j
            WHERE j.transaction_id = r.transaction_id AND (j.kind = 'reversal' OR j.key LIKE 'sold:%')))""",
    # A transfer that comes back after it counted as arrived opens its refund again: its order waits for it, and nobody
    # keeps what a credit note took off the invoice, unless all of the payment was taken back.
    "M9_an_order_waits_for_what_came_back": """
        SELECT o.public_id, r.refund_key, r.state FROM orders o JOIN refunds r ON r.order_id = o.id
          JOIN credit_notes n ON n.refund_id = r.id
        WHERE o.payment_status = 'refunded' AND r.state <> 'rejected' AND r.left_at IS NULL
          AND r.reason NOT IN ('paid_twice', 'quarantined')""",
    "M9_what_had_arrived_is_not_kept": """
        SELECT r.refund_key FROM refunds r JOIN credit_notes n ON n.refund_id = r.id
        WHERE r.state = 'rejected' AND NOT EXISTS (
          SELECT FROM ledger_journals j WHERE j.transaction_id = r.transaction_id AND j.kind = 'reversal')""",
    # What stands in a file for the bank is a refund that was to be transferred, never more than all of it.
    "M9_a_file_for_the_bank_has_refunds": """
        SELECT i.batch_id, i.subject FROM transfer_items i LEFT JOIN refunds r ON 'RF-' || r.id = i.subject
        WHERE i.kind = 'refund' AND (r.id IS NULL OR i.amount > r.amount)""",
}
