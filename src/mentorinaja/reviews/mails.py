"""The mail that tells a payer of the expert's reply."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.reviews import queries
from mentorinaja.reviews.replying import REPLY
from mentorinaja.settings import Settings


async def load_reply(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What the expert replied, as it reads now."""
    review = await queries.review_received(db, row.about)
    if review is None or review.reply is None:
        return None
    context = {"review": review, "page": f"{settings.base_url}/expert/{review.expert_slug}#reviews"}
    return MailContent(f"{review.expert_name} membalas ulasan Anda", "review_reply", context)


MAILS = [Mail(REPLY, load_reply)]
