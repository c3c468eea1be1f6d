"""The mail about a calendar outside that cannot be read for a day."""

from __future__ import annotations

from mentorinaja.calendars import queries
from mentorinaja.calendars.actions import FAILING
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings


async def load_failing(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """Nothing once it can be read again, or was disconnected."""
    source = await queries.source_by_id(db, int(row.about.removeprefix("calendar-")))
    if source is None or source.failing_since is None:
        return None
    page = f"{settings.base_url}/expert/dashboard/jadwal/kalender"
    subject = f"Kalender dari {source.host} tidak terbaca"
    return MailContent(subject, "calendar_failing", {"source": source, "page": page})


MAILS = [Mail(FAILING, load_failing)]
