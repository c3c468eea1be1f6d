"""What must always hold of products: who has what follows the money; part of `invariants.INVARIANTS`."""

from __future__ import annotations

PRODUCTS = {
    "P1_every_product_order_has_its_purchase": """
        SELECT o.public_id FROM orders o FULL JOIN purchases b ON b.order_id = o.id
          LEFT JOIN products p ON p.id = b.product_id
        WHERE (o.kind = 'product') <> (b.order_id IS NOT NULL) OR o.user_id <> b.user_id
          OR o.expert_id <> p.expert_id""",
    "P2_who_has_it_follows_the_money": """
        SELECT o.public_id, o.payment_status, b.state FROM purchases b JOIN orders o ON o.id = b.order_id
        WHERE NOT CASE o.payment_status WHEN 'waiting' THEN b.state = 'waiting' WHEN 'paid' THEN b.state = 'owned'
          WHEN 'refund_pending' THEN b.state IN ('owned', 'ended')
          WHEN 'partially_refunded' THEN b.state IN ('owned', 'ended') ELSE b.state = 'ended' END""",
    "P3_downloads_are_counted": """
        SELECT b.order_id, b.downloads FROM purchases b
          LEFT JOIN (SELECT order_id, count(*) AS n, max(number) AS last, min(at) AS first_at FROM downloads
            GROUP BY order_id) d USING (order_id)
        WHERE b.downloads <> coalesce(d.n, 0) OR b.downloads <> coalesce(d.last, 0)
          OR b.first_downloaded_at IS DISTINCT FROM d.first_at""",
    "P4_given_back_before_it_was_fetched": """
        SELECT o.public_id FROM purchases b JOIN orders o ON o.id = b.order_id
        WHERE b.cancelled AND (b.downloads > 0 OR o.paid_at IS NULL OR NOT EXISTS (
          SELECT FROM refunds r WHERE r.order_id = o.id AND r.reason = 'cancelled_by_user'))""",
    "P5_earned_in_time": """
        SELECT j.key FROM ledger_journals j JOIN purchases b USING (order_id) JOIN orders o ON o.id = b.order_id
        WHERE j.kind = 'release'
          AND j.at < least(o.paid_at + interval '7 days', b.first_downloaded_at + interval '24 hours')""",
    "P6_nobody_buys_their_own": """
        SELECT o.public_id FROM orders o JOIN experts e ON e.id = o.expert_id
        WHERE o.kind = 'product' AND e.user_id = o.user_id""",
}
