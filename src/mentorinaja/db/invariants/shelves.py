"""What must always hold of what experts sell; part of `invariants.INVARIANTS`."""

from __future__ import annotations

SHELVES = {
    "P7_answered_in_writing_is_a_chat": """
        SELECT id, category FROM services WHERE duration_minutes IS NULL AND category <> 'online_chat'""",
    "P8_what_was_put_away_is_not_on_sale": """
        SELECT 'service' AS what, id FROM services WHERE archived_at IS NOT NULL AND active
        UNION ALL SELECT 'product', id FROM products WHERE archived_at IS NOT NULL AND active""",
    "P9_nobody_offers_more_than_the_page_holds": """
        SELECT expert_id, count(*) FROM services WHERE archived_at IS NULL GROUP BY expert_id HAVING count(*) > 30
        UNION ALL
        SELECT expert_id, count(*) FROM products WHERE archived_at IS NULL GROUP BY expert_id HAVING count(*) > 100""",
}
