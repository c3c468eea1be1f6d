"""Decisions of admins: each stands in the log, written by whoever decided.

What had been decided before there was a log is listed in `decided_before_log`, once and for all.
"""

# Rows that have an entry each, as (id, who; NULL: anybody, what it is called in the log, under which id there).
_EACH = {
    "withdrawal_steps": """
        SELECT s.id, s.actor_id, 'withdrawal.%', w.public_id FROM withdrawal_steps s
          JOIN withdrawals w ON w.id = s.withdrawal_id JOIN experts e ON e.id = w.expert_id
        WHERE s.actor_id <> e.user_id""",
    "refunds": "SELECT id, decided_by, 'refund.%', id::text FROM refunds WHERE decided_by IS NOT NULL",
    "session_reports": """
        SELECT r.id, r.decided_by, 'report.decided', r.id::text FROM session_reports r
          JOIN bookings b ON b.id = r.booking_id
        WHERE r.decided_by <> b.user_id  -- who objected can be content after all
        UNION ALL SELECT report_id, decided_by, 'report.decided', report_id::text FROM report_reopenings""",
    "report_reopenings": "SELECT id, reopened_by, 'report.reopened', report_id::text FROM report_reopenings",
    "policies": "SELECT id, changed_by, 'policy.%', id::text FROM policies WHERE changed_by IS NOT NULL",
    "policy_withdrawals": "SELECT policy_id, withdrawn_by, 'policy.withdrawn', policy_id::text FROM policy_withdrawals",
    "application_events": """
        SELECT id, actor_id, 'expert.' || event, expert_id::text FROM application_events
        WHERE event IN ('verified', 'rejected')""",
    "suspensions": "SELECT id, suspended_by, 'user.suspended', user_id::text FROM suspensions",
    "suspensions_lifted": """
        SELECT id, lifted_by, 'user.unsuspended', user_id::text FROM suspensions WHERE lifted_by IS NOT NULL""",
    "role_requests": "SELECT id, asked_by, 'user.role_asked', user_id::text FROM role_requests",
    "role_requests_decided": """
        SELECT id, decided_by, 'user.role_' || state, user_id::text FROM role_requests
        WHERE decided_by IS NOT NULL""",
    "expert_pauses": """
        SELECT id, NULL, 'expert.unlisted', expert_id::text FROM expert_pauses WHERE cause = 'admin'""",
    "meeting_links_retired": """
        SELECT id, NULL, 'link.retired', id::text FROM meeting_links_pool
        WHERE retired_at IS NOT NULL AND added_by IS NOT NULL""",
    "transfer_batches": "SELECT id, made_by, 'batch.made', id::text FROM transfer_batches",
    "reviews": """
        SELECT r.order_id, r.hidden_by, 'review.hidden', o.public_id FROM reviews r
          JOIN orders o ON o.id = r.order_id
        WHERE r.hidden_at IS NOT NULL""",
    "replies": """
        SELECT r.order_id, r.reply_hidden_by, 'review.reply_hidden', o.public_id FROM reviews r
          JOIN orders o ON o.id = r.order_id
        WHERE r.reply_hidden_at IS NOT NULL""",
    "login_sessions": """
        SELECT id, user_id, 'user.viewed_as', viewing_as::text FROM login_sessions WHERE viewing_as IS NOT NULL""",
}
# Rows of which several share an entry, or whose entry is called otherwise, as (id, who, when, what it is called).
_TOGETHER = {
    "order_events": """
        SELECT id, actor_id, at, '%' FROM order_events WHERE actor = 'admin' AND actor_id IS NOT NULL""",
    "meeting_links_added": """
        SELECT id, added_by, created_at, 'links.added' FROM meeting_links_pool WHERE added_by IS NOT NULL""",
}
_SINCE_THE_LOG = "NOT EXISTS (SELECT FROM decided_before_log b WHERE b.what = d.what AND b.id = d.id)"
_ALL_EACH = " UNION ALL ".join(
    f"SELECT '{what}' AS what, id::bigint, who::bigint, action::text, subject::text "
    f"FROM ({sql}) AS one (id, who, action, subject)"
    for what, sql in _EACH.items()
)
_ALL_TOGETHER = " UNION ALL ".join(
    f"SELECT '{what}' AS what, id::bigint, who::bigint, at, action::text FROM ({sql}) AS one (id, who, at, action)"
    for what, sql in _TOGETHER.items()
)

DECISIONS = {
    "L1_each_decision_has_its_entry": f"""
        SELECT d.what, max(d.id) AS id FROM ({_ALL_EACH}) AS d WHERE {_SINCE_THE_LOG}
        GROUP BY d.what, d.who, d.action, d.subject
        HAVING count(*) > (SELECT count(*) FROM audit_log a WHERE a.subject = d.subject AND a.action LIKE d.action
          AND a.actor_id = coalesce(d.who, a.actor_id))""",
    # One transaction writes both; its statements lie apart by no more than they may wait.
    "L2_decisions_of_several_have_an_entry": f"""
        SELECT d.what, d.id FROM ({_ALL_TOGETHER}) AS d
        WHERE {_SINCE_THE_LOG} AND NOT EXISTS (SELECT FROM audit_log a
          WHERE a.at BETWEEN d.at - interval '30 seconds' AND d.at + interval '30 seconds'
            AND a.actor_id = d.who AND a.action LIKE d.action)""",
}
