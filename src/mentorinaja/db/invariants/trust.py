"""What must always hold of pauses, facts and replies; part of `invariants.INVARIANTS`."""

from __future__ import annotations

TRUST = {
    "T1_paused_is_a_pause_that_holds": """
        SELECT e.id, e.status, p.id AS pause FROM experts e
          FULL JOIN (SELECT * FROM expert_pauses WHERE ended_at IS NULL) p ON p.expert_id = e.id
        -- of who is suspended it waits
        WHERE e.status IS DISTINCT FROM 'suspended'
          AND (e.status = 'paused') IS DISTINCT FROM (p.id IS NOT NULL)""",
    "T2_a_pause_is_told": """
        SELECT p.id FROM expert_pauses p JOIN experts e ON e.id = p.expert_id
        WHERE NOT EXISTS (SELECT FROM outbox m
          WHERE m.kind = 'paused' AND m.user_id = e.user_id AND m.about = 'jeda-' || p.id)""",
    "T3_a_reply_is_told": """
        SELECT r.order_id FROM reviews r
        WHERE r.reply IS NOT NULL AND NOT EXISTS (SELECT FROM outbox m
          WHERE m.kind = 'review_reply' AND m.order_id = r.order_id AND m.user_id = r.user_id)""",
}
