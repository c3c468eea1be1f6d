"""The mail that tells an expert of a pause: why, what stays, and the way back."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from mentorinaja.experts import queries as experts
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings
from mentorinaja.trust.actions import PAUSED


async def load_paused(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Why the expert is not listed; nothing once the pause is over."""
    expert_id = await db.fetchval("SELECT id FROM experts WHERE user_id = $1", row.user_id)
    pause = await experts.pause_of(db, expert_id) if expert_id is not None else None
    if pause is None or row.about != f"jeda-{pause.id}":
        return None
    context = {"pause": pause, "page": f"{settings.base_url}/expert/dashboard"}
    return MailContent("Anda dijeda dari daftar mentor", "paused", context)


MAILS = [Mail(PAUSED, load_paused)]
