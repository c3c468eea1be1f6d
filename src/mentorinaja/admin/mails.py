"""Mails of the desk: one of the numbers that should be zero is not."""

from __future__ import annotations

from mentorinaja.admin.health.numbers import numbers
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings

ALERT = "money_alert"


async def load_alert(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """A number left zero; nothing when it is zero again."""
    number = next((one for one in await numbers(db) if one.name == row.about), None)
    if number is None or not number.count:
        return None
    context = {"number": number, "page": f"{settings.base_url}{number.address}"}
    return MailContent(f"{number.title}: {number.count} kasus", "money_alert", context)


MAILS = [Mail(ALERT, load_alert)]
