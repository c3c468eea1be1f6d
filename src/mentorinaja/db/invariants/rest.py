"""What must always hold of reviews and mails; part of `invariants.INVARIANTS`."""

from __future__ import annotations

REST = {
    "A4_one_review_of_a_completed_order": """
        SELECT r.order_id FROM reviews r JOIN orders o ON o.id = r.order_id
          JOIN bookings b ON b.order_id = o.id
        WHERE b.status <> 'completed' OR r.user_id <> o.user_id OR r.expert_id <> o.expert_id""",
    "A4_rating_is_the_reviews": """
        SELECT e.id, e.rating_count, e.rating_sum FROM experts e LEFT JOIN (
          SELECT expert_id, count(*) AS n, sum(rating) AS total FROM reviews WHERE hidden_at IS NULL
          GROUP BY expert_id) r
          ON r.expert_id = e.id
        WHERE e.rating_count <> coalesce(r.n, 0) OR e.rating_sum <> coalesce(r.total, 0)""",
    "A5_confirmed_is_told_by_mail": """
        SELECT o.public_id FROM orders o
        WHERE EXISTS (SELECT FROM order_events x WHERE x.order_id = o.id AND x.event = 'confirmed')
          AND NOT EXISTS (SELECT FROM outbox m
            WHERE m.order_id = o.id AND m.user_id = o.user_id AND m.kind IN ('paid', 'purchased'))""",
    "A5_outbox": """
        SELECT id, status FROM outbox WHERE (status = 'sent') <> (sent_at IS NOT NULL)""",
}
