"""What must always hold of applications; part of `invariants.INVARIANTS`."""

from __future__ import annotations

APPLICATIONS = {
    # Who was published in another way than by applying has no event at all.
    "A6_where_an_application_stands_is_what_happened_last": """
        SELECT e.slug, e.status, x.event FROM experts e LEFT JOIN LATERAL (
          SELECT event FROM application_events WHERE expert_id = e.id ORDER BY id DESC LIMIT 1) AS x ON true
        WHERE NOT CASE e.status WHEN 'submitted' THEN x.event IS NOT DISTINCT FROM 'submitted'
          WHEN 'rejected' THEN x.event IS NOT DISTINCT FROM 'rejected'
          WHEN 'draft' THEN x.event IS NULL OR x.event = 'withdrawn'
          ELSE x.event IS NULL OR x.event = 'verified' END""",
    "A6_applicants_send_and_admins_decide": """
        SELECT x.id, x.event FROM application_events x JOIN experts e ON e.id = x.expert_id
        WHERE (x.event IN ('submitted', 'withdrawn')) <> (x.actor_id = e.user_id)""",
    "A6_every_decision_is_told_by_mail": """
        SELECT x.id, x.event FROM application_events x JOIN experts e ON e.id = x.expert_id
        WHERE x.event IN ('submitted', 'verified', 'rejected') AND NOT EXISTS (SELECT FROM outbox m
          WHERE m.user_id = e.user_id AND m.kind = 'application_' || x.event AND m.about = 'application-' || x.id)""",
}
