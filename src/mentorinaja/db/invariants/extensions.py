"""What must always hold of more time for sessions and of the orders that sell it; part of `invariants.INVARIANTS`."""

from __future__ import annotations

# An extension with its order, its session's booking and that booking's own order.
_SOLD = """session_extensions x JOIN orders e ON e.id = x.order_id JOIN bookings b ON b.id = x.booking_id
           JOIN orders o ON o.id = b.order_id"""

EXTENSIONS = {
    "M2_price_of_more_time": f"""
        SELECT e.public_id FROM {_SOLD}
        WHERE e.subtotal <> (2 * o.subtotal * x.minutes + b.duration_minutes) / (2 * b.duration_minutes)
          OR (e.admin_fee_bps, e.platform_fee_bps, e.tax_bps)
            <> (o.admin_fee_bps, o.platform_fee_bps, o.tax_bps)""",
    "M8_more_time_is_earned_with_its_session": """
        SELECT j.key FROM ledger_journals j JOIN session_extensions x ON x.order_id = j.order_id
          JOIN bookings b ON b.id = x.booking_id
        WHERE j.kind = 'release' AND b.status <> 'completed'""",
    "B2_every_order_is_for_something": """
        SELECT o.public_id, o.kind FROM orders o
        WHERE (o.kind = 'booking') <> EXISTS (SELECT FROM bookings b WHERE b.order_id = o.id)
          OR (o.kind = 'extension') <> EXISTS (SELECT FROM session_extensions x WHERE x.order_id = o.id)
          OR left(o.public_id, 2) <> CASE o.kind WHEN 'booking' THEN 'BE' WHEN 'extension' THEN 'EX' ELSE 'PD' END""",
    "B2_more_time_is_for_the_same_two": f"""
        SELECT e.public_id FROM {_SOLD} WHERE (e.user_id, e.expert_id) <> (o.user_id, o.expert_id)""",
    "B3_every_move_of_more_time_is_told": """
        SELECT o.public_id, o.payment_status FROM orders o
        WHERE o.kind = 'extension' AND NOT EXISTS (SELECT FROM order_events v
          WHERE v.order_id = o.id AND v.event = CASE WHEN o.paid_at IS NOT NULL THEN 'confirmed'
            WHEN o.payment_status IN ('cancelled', 'expired', 'failed', 'paid_late') THEN o.payment_status
            ELSE 'created' END)""",
    "C6_time_is_added_for_money_and_only_then": """
        SELECT x.booking_id, x.number, x.state, o.payment_status FROM session_extensions x
          LEFT JOIN orders o ON o.id = x.order_id
        WHERE (x.state = 'paid' AND (o.paid_at IS NULL OR o.paid_at >= o.pay_deadline))
          OR (x.state = 'lapsed' AND o.payment_status = 'paid')
          OR (x.state IN ('asked', 'declined') AND x.order_id IS NOT NULL)""",
    "C6_added_time_is_told": """
        SELECT s.booking_id FROM active_sessions s
        WHERE NOT EXISTS (SELECT FROM forgotten_rooms f WHERE f.booking_id = s.booking_id)
          AND (SELECT count(*) FROM session_extensions x WHERE x.booking_id = s.booking_id AND x.state = 'paid')
            <> (SELECT count(*) FROM session_events v WHERE v.booking_id = s.booking_id AND v.kind = 'extended')""",
    "C6_nothing_is_asked_after_the_end": """
        SELECT x.booking_id, x.number FROM session_extensions x JOIN active_sessions s USING (booking_id)
        WHERE x.state IN ('asked', 'agreed') AND s.status = 'ended'""",
}
