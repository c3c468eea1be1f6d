"""Writing the log: always in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mentorinaja.audit.rules import ACTIONS, KINDS
from mentorinaja.db.pool import Connection
from mentorinaja.web.viewer import Viewer


async def record(
    tx: Connection,
    admin: Viewer,
    action: str,
    kind: str,
    subject: str,
    *,
    reason: str = "",
    amount: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note what `admin` does: `action` and `kind` of `rules.py`, `subject` the id people know it by, whole rupiah.

    From where is copied from the sign-in; a session 0 is the command line. `detail` never holds what is secret.
    """
    assert action in ACTIONS and kind in KINDS, f"{action} or {kind} has no words yet"
    await tx.execute(
        """INSERT INTO audit_log (actor_id, session_id, address, user_agent, action, kind, subject, amount, reason, detail)
           SELECT $1, $2, s.address, coalesce(s.user_agent, ''), $3, $4, $5, $6, $7, $8
           FROM (SELECT) one LEFT JOIN login_sessions s ON s.id = $2""",
        admin.id,
        admin.session_id,
        action,
        kind,
        subject,
        amount,
        reason,
        dict(detail or {}),
    )
