"""Days of the demo's two mentors that differ from their week: holidays, a conference, a Saturday evening."""

from __future__ import annotations

from datetime import date, timedelta

from mentorinaja import clock
from mentorinaja.db.pool import Database
from mentorinaja.schedule import editing
from mentorinaja.schedule.holidays import HOLIDAYS
from mentorinaja.schedule.plan import plan_of
from mentorinaja.schedule.rules import Hours


async def tell_special_days(db: Database, sari: int, dimas: int) -> None:
    """What the two experts told of the weeks to come; told again, it is as told once."""
    today = (await clock.now(db)).astimezone((await plan_of(db, sari)).zone).date()
    await editing.add_holidays(db, sari, {day: name for day, name in HOLIDAYS.items() if day > today})
    saturday = _following(6, today + timedelta(days=7))
    await editing.add_extra(db, sari, saturday, Hours.parse("19:00", "21:00"))
    monday = _following(1, today + timedelta(days=14))
    await editing.add_days_off(db, dimas, monday, monday + timedelta(days=1), "Konferensi di Bandung")


def _following(weekday: int, day: date) -> date:
    """The first ISO `weekday` at or after `day`."""
    return day + timedelta(days=(weekday - day.isoweekday()) % 7)
