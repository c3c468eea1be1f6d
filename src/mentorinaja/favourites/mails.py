"""The mail that tells of a slot somebody waited for."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from mentorinaja.favourites import actions, queries
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.settings import Settings


async def load_opened(db: Database, _settings: Settings, row: OutboxRow) -> MailContent | None:
    """The slot and where to book it; when it was taken again meanwhile nothing, and the wish stays."""
    wish = await queries.wish_by_id(db, int(row.about.removeprefix("wish-")))
    if wish is None or wish.state != "told" or wish.tellings != row.version:
        return None
    if wish.slot is None:
        await actions.wait_on(db, wish.id, wish.tellings)
        return None
    return MailContent(f"{wish.display_name} punya jadwal kosong", "slot_open", {"wish": wish})


MAILS = [Mail(actions.OPENED, load_opened)]
