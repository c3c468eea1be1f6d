"""The mails that tell an expert of a pause: why, what stays, and the way back; and that an admin ended one."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from mentorinaja.experts import queries as experts
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings
from mentorinaja.trust.actions import PAUSED, RELISTED


async def load_paused(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Why the expert is not listed; nothing once the pause is over."""
    expert_id = await db.fetchval("SELECT id FROM experts WHERE user_id = $1", row.user_id)
    pause = await experts.pause_of(db, expert_id) if expert_id is not None else None
    if pause is None or row.about != f"jeda-{pause.id}":
        return None
    context = {"pause": pause, "page": f"{settings.base_url}/expert/dashboard"}
    return MailContent(pause.title, "paused", context)


async def load_relisted(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """That an admin ended the pause; nothing when there is another one since."""
    listed = await db.fetchval("SELECT status = 'published' FROM experts WHERE user_id = $1", row.user_id)
    if not listed:
        return None
    context = {"page": f"{settings.base_url}/expert/dashboard"}
    return MailContent("Anda tampil lagi di daftar mentor", "relisted", context)


MAILS = [Mail(PAUSED, load_paused), Mail(RELISTED, load_relisted)]
