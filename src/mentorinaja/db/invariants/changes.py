"""What must always hold of sessions that were called off, moved, or asked to move; part of `invariants.INVARIANTS`."""

from __future__ import annotations

CHANGES = {
    # What stays sold of a session its payer (or an admin) called off is earned a day after it would have ended.
    "M8_what_was_kept_is_waited_for": """
        SELECT o.public_id FROM orders o JOIN bookings b ON b.order_id = o.id
        WHERE b.cancel_reason IN ('cancelled_by_user', 'cancelled_by_admin') AND o.release_at IS NULL
          AND EXISTS (SELECT FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
            JOIN ledger_accounts a ON a.id = e.account_id
            WHERE j.order_id = o.id AND a.kind = 'expert_held' GROUP BY a.id HAVING sum(e.amount) < 0)""",
    "M9_no_more_than_the_rule_gives": """
        SELECT o.public_id, r.amount FROM refunds r JOIN orders o ON o.id = r.order_id
        WHERE r.reason = 'cancelled_by_user' AND o.most_back_bps IS NOT NULL
          AND r.amount > (o.total * o.most_back_bps + 9999) / 10000""",
    "M9_what_an_expert_calls_off_goes_back_whole": """
        SELECT o.public_id FROM orders o JOIN bookings b ON b.order_id = o.id
        WHERE b.cancel_reason = 'cancelled_by_expert' AND o.release_at IS NOT NULL""",
    "B3_moved_once_by_its_payer": """
        SELECT o.public_id FROM orders o
        WHERE (o.most_back_bps IS NOT NULL)::int <> (SELECT count(*) FROM order_events v
          WHERE v.order_id = o.id AND v.event = 'moved' AND v.detail->>'why' = 'own')""",
    "B3_proposals_are_for_sessions_that_stand": """
        SELECT p.id, b.status FROM proposals p JOIN bookings b ON b.id = p.booking_id
        WHERE p.state = 'open' AND (b.status <> 'confirmed' OR p.starts_at = b.starts_at)""",
    "C4_what_is_called_off_has_no_open_room": """
        SELECT s.booking_id, b.cancel_reason FROM active_sessions s JOIN bookings b ON b.id = s.booking_id
        WHERE s.status <> 'ended'
          AND b.cancel_reason IN ('cancelled_by_user', 'cancelled_by_expert', 'cancelled_by_admin')""",
}
