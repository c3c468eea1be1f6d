"""What must always hold of what experts tell, and of another email; part of `invariants.INVARIANTS`."""

from __future__ import annotations

PROFILES = {
    "A8_an_address_leads_to_one_expert": """
        SELECT o.old_slug FROM expert_slugs o JOIN experts e ON e.slug = o.old_slug""",
    "A8_lists_have_the_expertise_that_is_told": """
        SELECT e.id, e.expertise FROM experts e
        WHERE e.expertise <> ARRAY(SELECT name FROM expert_tags t
                                   WHERE t.expert_id = e.id AND t.kind = 'expertise' ORDER BY place)""",
    "A8_no_list_is_longer_than_it_may_be": """
        SELECT expert_id, count(*) FROM expert_tags GROUP BY expert_id, kind HAVING count(*) > 20
        UNION ALL SELECT expert_id, count(*) FROM educations GROUP BY expert_id HAVING count(*) > 20
        UNION ALL SELECT expert_id, count(*) FROM work_experiences GROUP BY expert_id HAVING count(*) > 20
        UNION ALL SELECT expert_id, count(*) FROM achievements GROUP BY expert_id HAVING count(*) > 20""",
    "A8_an_email_changes_when_it_is_confirmed": """
        SELECT c.id FROM email_changes c JOIN users u ON u.id = c.user_id
        WHERE c.outcome = 'confirmed' AND u.email_verified_at IS NULL""",
}
