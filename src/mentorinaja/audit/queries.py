"""Reading the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from mentorinaja.audit.details import lines_of
from mentorinaja.audit.rules import ACTIONS, KINDS
from mentorinaja.db.pool import Connection, Database

__all__ = ["lines_of"]


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


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the log holds of one thing an admin did; `amount` in whole rupiah, a session 0 is the command line."""

    id: int
    at: datetime
    actor_id: int
    actor: str
    actor_email: str
    session_id: int
    address: IPv4Address | IPv6Address | None
    user_agent: str
    action: str
    kind: str
    subject: str
    amount: int | None
    reason: str
    detail: dict[str, Any]

    @property
    def words(self) -> str:
        """What was done, as it is called on the screen."""
        return ACTIONS.get(self.action, self.action)

    @property
    def kind_words(self) -> str:
        """What it was done to, as it is called on the screen."""
        return KINDS.get(self.kind, self.kind)


async def entry(db: Connection | Database, entry_id: int) -> Whole | None:
    """One entry of the log by its number, or None."""
    row = await db.fetchrow(
        """SELECT a.*, u.full_name AS actor, u.email AS actor_email
           FROM audit_log a JOIN users u ON u.id = a.actor_id WHERE a.id = $1""",
        entry_id,
    )
    return Whole(**row) if row else None


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
