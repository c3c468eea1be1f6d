"""What must always hold of bookings, their slots, orders and meeting links; part of `invariants.INVARIANTS`."""

from __future__ import annotations

BOOKINGS = {
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
    "B4_nobody_has_a_withdrawn_link": """
        SELECT u.booking_id, l.id FROM meeting_link_uses u JOIN bookings b ON b.id = u.booking_id
          JOIN meeting_links_pool l ON l.id = u.link_id
        WHERE b.status = 'confirmed' AND upper(b.during) > app_now() AND l.retired_at IS NOT NULL""",
    "B4_single_links_are_spent": """
        SELECT u.link_id FROM meeting_link_uses u JOIN meeting_links_pool l ON l.id = u.link_id
        WHERE NOT u.reusable AND l.spent_at IS NULL""",
    "B4_link_serves_one": """
        SELECT link_id FROM meeting_link_uses WHERE NOT reusable GROUP BY link_id HAVING count(*) > 1""",
}
