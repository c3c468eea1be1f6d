"""Calendars of the demo: one mentor keeps clear of an outside one, where this demo has it."""

from __future__ import annotations

from mentorinaja.calendars import actions
from mentorinaja.db.pool import Database
from mentorinaja.settings import Settings

_CONNECTED = "ayu-rahmawati"
# What the mail catcher serves beside the mails.
_CALENDAR = "/kalender.ics"


async def connect_diaries(db: Database, settings: Settings) -> None:
    """Connect it; connected again, it is read again."""
    if not settings.calendar_local_origin:
        return
    expert_id = await db.fetchval("SELECT id FROM experts WHERE slug = $1", _CONNECTED)
    await actions.connect(db, settings, expert_id, settings.calendar_local_origin + _CALENDAR)
