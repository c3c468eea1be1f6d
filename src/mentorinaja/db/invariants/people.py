"""What must always hold of suspensions and roles; part of `invariants.INVARIANTS`."""

from __future__ import annotations

PEOPLE = {
    "A10_a_suspended_mentor_is_shown_to_nobody": """
        SELECT e.id, e.status, u.suspended_at FROM experts e JOIN users u ON u.id = e.user_id
        WHERE CASE WHEN u.suspended_at IS NULL THEN e.status = 'suspended' ELSE e.status IN ('published', 'paused') END""",
    "A10_a_suspension_that_holds_keeps_its_owner_out_and_is_told": """
        SELECT s.id FROM suspensions s JOIN users u ON u.id = s.user_id
        WHERE (s.ended_at IS NULL AND u.suspended_at IS NULL) OR NOT EXISTS (SELECT FROM outbox m
          WHERE m.kind = 'suspended' AND m.user_id = s.user_id AND m.about = 'suspension-' || s.id)""",
    "A10_a_role_that_changed_is_told": """
        SELECT r.id FROM role_requests r WHERE r.state = 'confirmed' AND NOT EXISTS (SELECT FROM outbox m
          WHERE m.kind = 'role_changed' AND m.user_id = r.user_id AND m.about = 'role-' || r.id)""",
}
