"""What must always hold of withdrawals: the ledger says what the requests say; part of `invariants.INVARIANTS`."""

from __future__ import annotations

# What each withdrawal's journals moved, by kind of account: positive is debit.
_MOVED = """SELECT split_part(j.key, ':', 2) AS public_id, a.kind, a.expert_id, sum(e.amount) AS amount
            FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
              JOIN ledger_accounts a ON a.id = e.account_id
            WHERE j.kind IN ('withdrawal', 'withdrawal_paid', 'withdrawal_unsent', 'withdrawal_returned') GROUP BY 1, 2, 3"""

WITHDRAWALS = {
    "M8_one_open_withdrawal": """
        SELECT expert_id FROM withdrawals WHERE state IN ('requested', 'checked', 'processing')
        GROUP BY expert_id HAVING count(*) > 1""",
    "M8_withdrawal_steps": """
        SELECT w.public_id, w.state FROM withdrawals w WHERE w.state IS DISTINCT FROM (
          SELECT s.state FROM withdrawal_steps s WHERE s.withdrawal_id = w.id ORDER BY s.id DESC LIMIT 1)
          OR 'requested' IS DISTINCT FROM (
          SELECT s.state FROM withdrawal_steps s WHERE s.withdrawal_id = w.id ORDER BY s.id LIMIT 1)""",
    "M8_asked_when_it_says": """
        SELECT w.public_id FROM withdrawals w WHERE w.asked_at IS DISTINCT FROM (
          SELECT s.at FROM withdrawal_steps s WHERE s.withdrawal_id = w.id ORDER BY s.id LIMIT 1)""",
    # What one admin has checked another one approves.
    "M8_two_admins": """
        SELECT w.public_id FROM (
          SELECT s.*, lag(s.state) OVER steps AS before, lag(s.actor_id) OVER steps AS by
          FROM withdrawal_steps s WINDOW steps AS (PARTITION BY s.withdrawal_id ORDER BY s.id)) s
          JOIN withdrawals w ON w.id = s.withdrawal_id
        WHERE s.state = 'processing' AND s.before = 'checked' AND s.by = s.actor_id""",
    # Reserved while it is open, withdrawn once it is paid, the expert's again otherwise; less what was owed.
    "M8_withdrawals_are_booked": f"""
        SELECT w.public_id, w.state, w.amount FROM withdrawals w LEFT JOIN (
            SELECT public_id, min(expert_id) AS expert_id, max(expert_id) AS most,
              coalesce(sum(amount) FILTER (WHERE kind = 'expert_withdrawing'), 0) AS withdrawing,
              coalesce(sum(amount) FILTER (WHERE kind = 'expert_withdrawn'), 0) AS withdrawn,
              coalesce(sum(amount) FILTER (WHERE kind IN ('expert_available', 'expert_owed')), 0) AS taken
            FROM ({_MOVED}) m GROUP BY public_id) booked ON booked.public_id = w.public_id
        WHERE (booked.expert_id, booked.most, booked.withdrawing, booked.withdrawn, booked.taken)
          IS DISTINCT FROM (w.expert_id, w.expert_id,
            CASE WHEN w.state IN ('requested', 'checked', 'processing') THEN -w.amount ELSE 0 END,
            CASE WHEN w.state = 'paid' THEN -w.amount ELSE 0 END,
            CASE WHEN w.state IN ('rejected', 'failed') THEN 0 ELSE w.amount END)""",
    "M8_only_withdrawals_are_withdrawn": f"""
        SELECT m.public_id FROM ({_MOVED}) m
        WHERE NOT EXISTS (SELECT FROM withdrawals w WHERE w.public_id = m.public_id)
        UNION ALL
        SELECT j.key FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
          JOIN ledger_accounts a ON a.id = e.account_id
        WHERE a.kind IN ('expert_withdrawing', 'expert_withdrawn')
          AND j.kind NOT IN ('withdrawal', 'withdrawal_paid', 'withdrawal_unsent', 'withdrawal_returned')""",
    "M8_guarded": """
        SELECT wanted.name FROM unnest(ARRAY['withdrawal_moves', 'withdrawals_no_truncate',
          'withdrawal_steps_append_only', 'withdrawal_steps_no_truncate']) AS wanted (name)
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = wanted.name AND tgenabled = 'O')
        UNION ALL
        SELECT 'withdrawals_one_open' WHERE NOT EXISTS (
          SELECT FROM pg_index WHERE indexrelid = to_regclass('withdrawals_one_open')
            AND indisunique AND indisvalid)""",
    # How what `banks.vault` has sealed begins.
    "M10_account_numbers_are_sealed": """
        SELECT public_id FROM withdrawals WHERE substring(account_sealed FROM 1 FOR 5) <> 'gAAAA'::bytea""",
}
