"""What must always hold of admins' sign-ins; part of `invariants.INVARIANTS`."""

from __future__ import annotations

_OPEN = "s.ended_at IS NULL AND s.expires_at > app_now()"

ACCOUNTS = {
    # Nobody sits at the desk by a password alone, for longer than a working day, or for having been here once.
    "A8_admins_are_signed_in_shortly_and_by_code": f"""
        SELECT s.id, s.user_id FROM login_sessions s JOIN users u ON u.id = s.user_id
        WHERE {_OPEN} AND u.role = 'admin' AND (s.second_factor_at IS NULL OR s.remember
          OR s.expires_at > s.created_at + interval '8 hours')""",
    "A8_only_admins_look_as_others": f"""
        SELECT s.id, s.user_id FROM login_sessions s JOIN users u ON u.id = s.user_id
        WHERE {_OPEN} AND s.viewing_as IS NOT NULL AND u.role <> 'admin'""",
    "A8_looking_as_somebody_is_on_record": """
        SELECT s.id FROM login_sessions s WHERE s.viewing_as IS NOT NULL AND NOT EXISTS (
          SELECT FROM audit_log a WHERE a.session_id = s.id AND a.actor_id = s.user_id
            AND a.action = 'user.viewed_as' AND a.subject = s.viewing_as::text)""",
    "A8_ten_recovery_codes": """
        SELECT f.user_id FROM second_factors f LEFT JOIN recovery_codes c USING (user_id)
        GROUP BY f.user_id HAVING count(c.user_id) <> 10""",
    # How what `banks.vault` has sealed begins.
    "A8_secrets_are_sealed": """
        SELECT user_id FROM second_factors
        WHERE substring(sealed FROM 1 FOR 5) <> 'gAAAA'::bytea
           OR substring(next_sealed FROM 1 FOR 5) <> 'gAAAA'::bytea
        UNION ALL
        SELECT user_id FROM login_challenges WHERE substring(sealed FROM 1 FOR 5) <> 'gAAAA'::bytea""",
    "A8_guarded": """
        SELECT 'admin_made_or_unmade' AS name WHERE NOT EXISTS (
          SELECT FROM pg_trigger WHERE tgname = 'admin_made_or_unmade' AND tgenabled = 'O')""",
}
