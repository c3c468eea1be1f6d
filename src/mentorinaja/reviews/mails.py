"""The mails about a review: the expert replied to it, an admin hid it or shows it again."""

from __future__ import annotations

from mentorinaja.audit import queries as audit
from mentorinaja.db.pool import Database
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.reviews import queries
from mentorinaja.reviews.hiding import HIDDEN, REPLY_HIDDEN, REPLY_SHOWN, SHOWN
from mentorinaja.reviews.replying import REPLY
from mentorinaja.reviews.rules import Received
from mentorinaja.settings import Settings


async def load_reply(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What the expert replied, as it reads now."""
    review = await queries.review_received(db, row.about)
    if review is None or review.reply is None or review.hidden_because or review.reply_hidden_because:
        return None
    context = {"review": review, "page": f"{settings.base_url}/expert/{review.expert_slug}#reviews"}
    return MailContent(f"{review.expert_name} membalas ulasan Anda", "review_reply", context)


async def load_moderated(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What an admin decided about the review, with the reason, for its author or its expert; only the latest."""
    review = await queries.review_received(db, row.about)
    if review is None or review.moderated != row.version:
        return None
    hidden = row.kind == HIDDEN
    reason = review.hidden_because if hidden else await _why_shown(db, row.about, "review.shown")
    whose = "Ulasan Anda" if row.user_id == review.user_id else "Sebuah ulasan tentang Anda"
    said = "disembunyikan" if hidden else "ditampilkan lagi"
    return MailContent(f"{whose} {said}", row.kind, _context(settings, row, review, reason))


async def load_reply_moderated(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """What an admin decided about the reply alone, with the reason, for its mentor or the payer; only the latest."""
    review = await queries.review_received(db, row.about)
    if review is None or review.reply_moderated != row.version:
        return None
    hidden = row.kind == REPLY_HIDDEN
    reason = review.reply_hidden_because if hidden else await _why_shown(db, row.about, "review.reply_shown")
    whose = "Balasan untuk ulasan Anda" if row.user_id == review.user_id else "Balasan Anda"
    said = "disembunyikan" if hidden else "ditampilkan lagi"
    return MailContent(f"{whose} {said}", row.kind, _context(settings, row, review, reason))


def _context(settings: Settings, row: OutboxRow, review: Received, reason: str) -> dict[str, object]:
    is_author = row.user_id == review.user_id
    path = "/user/transactions" if is_author else "/expert/dashboard/transaksi"
    return {
        "review": review,
        "is_author": is_author,
        "reason": reason,
        "page": f"{settings.base_url}{path}?status=completed#order-{review.order_id}",
    }


async def _why_shown(db: Database, public_id: str, action: str) -> str:
    """The reason the latest admin gave for showing it again: it stands in the log alone."""
    entries = await audit.entries_about(db, "review", public_id)
    return next((entry.reason for entry in entries if entry.action == action), "")


MAILS = [
    Mail(REPLY, load_reply),
    Mail(HIDDEN, load_moderated),
    Mail(SHOWN, load_moderated),
    Mail(REPLY_HIDDEN, load_reply_moderated),
    Mail(REPLY_SHOWN, load_reply_moderated),
]
