"""The mails about a review: the expert replied to it, an admin hid it or shows it again."""

from __future__ import annotations

from mentorinaja.audit import queries as audit
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.reviews import queries
from mentorinaja.reviews.hiding import HIDDEN, SHOWN
from mentorinaja.reviews.replying import REPLY
from mentorinaja.settings import Settings


async def load_reply(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What the expert replied, as it reads now."""
    review = await queries.review_received(db, row.about)
    if review is None or review.reply is None or review.hidden_because:
        return None
    context = {"review": review, "page": f"{settings.base_url}/expert/{review.expert_slug}#reviews"}
    return MailContent(f"{review.expert_name} membalas ulasan Anda", "review_reply", context)


async def load_moderated(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What an admin decided about the review, with the reason, for its author or its expert; only the latest."""
    review = await queries.review_received(db, row.about)
    if review is None or review.moderated != row.version:
        return None
    is_author = row.user_id == review.user_id
    hidden = row.kind == HIDDEN
    context = {
        "review": review,
        "is_author": is_author,
        "reason": review.hidden_because if hidden else await _why_shown(db, row.about),
        "page": settings.base_url
        + ("/user/transactions" if is_author else "/expert/dashboard/transaksi")
        + f"?status=completed#order-{review.order_id}",
    }
    whose = "Ulasan Anda" if is_author else "Sebuah ulasan tentang Anda"
    return MailContent(f"{whose} {'disembunyikan' if hidden else 'ditampilkan lagi'}", row.kind, context)


async def _why_shown(db: Database, public_id: str) -> str:
    """The reason the latest admin gave for showing it again: it stands in the log alone."""
    entries = await audit.entries_about(db, "review", public_id)
    return next((entry.reason for entry in entries if entry.action == "review.shown"), "")


MAILS = [Mail(REPLY, load_reply), Mail(HIDDEN, load_moderated), Mail(SHOWN, load_moderated)]
