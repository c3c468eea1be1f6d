"""Reading the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mentorinaja.audit.rules import ACTIONS
from mentorinaja.db.pool import Connection, Database


@dataclass(frozen=True, slots=True)
class Entry:
    """Something an admin did; `amount` in whole rupiah."""

    at: datetime
    actor: str
    action: str
    reason: str
    amount: int | None

    @property
    def words(self) -> str:
        """What was done, as it is called on the screen."""
        return ACTIONS.get(self.action, self.action)


async def entries_about(db: Connection | Database, kind: str, subject: str) -> list[Entry]:
    """What admins did to this, newest first: the latest hundred."""
    rows = await db.fetch(
        """SELECT a.at, u.full_name AS actor, a.action, a.reason, a.amount
           FROM audit_log a JOIN users u ON u.id = a.actor_id
           WHERE a.kind = $1 AND a.subject = $2 ORDER BY a.id DESC LIMIT 100""",
        kind,
        subject,
    )
    return [Entry(**row) for row in rows]
