"""An admin hides a review that breaks the rules, or its reply alone, or shows it again; its two people are told why."""

from __future__ import annotations

import asyncpg

from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.notices import actions as notices
from mentorinaja.reviews.rules import AlreadyDecided, OwnReview, UnfitReason
from mentorinaja.web.viewer import Viewer

# The mails that tell its author and its expert.
HIDDEN = "review_hidden"
SHOWN = "review_shown"
REPLY_HIDDEN = "reply_hidden"
REPLY_SHOWN = "reply_shown"

_LOCK = """
    SELECT r.order_id, r.expert_id, r.user_id, e.user_id AS expert_user_id, r.rating, r.hidden_at, r.moderated, r.reply,
      r.reply_hidden_at, r.reply_moderated,
      (SELECT full_name FROM users WHERE id = r.hidden_by) AS hidden_by,
      (SELECT full_name FROM users WHERE id = r.reply_hidden_by) AS reply_hidden_by
    FROM reviews r JOIN experts e ON e.id = r.expert_id WHERE r.order_id = $1 FOR UPDATE OF r
"""


@atomic
async def hide(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """Take the review of an order out of everybody's sight and out of the expert's figures.

    Its two people keep seeing it with the `reason`. Raises `NotThere`, `UnfitReason`, `OwnReview`, `AlreadyDecided`.
    """
    review, reason = await _locked(tx, admin, public_id), _checked(reason)
    if review["hidden_at"] is not None:
        raise AlreadyDecided(f"Ulasan ini sudah disembunyikan oleh {review['hidden_by']}.")
    await tx.execute(
        """UPDATE reviews SET hidden_at = app_now(), hidden_because = $2, hidden_by = $3, moderated = moderated + 1
           WHERE order_id = $1""",
        review["order_id"],
        reason,
        admin.id,
    )
    await _count(tx, review, -1)
    await _tell(tx, HIDDEN, public_id, review, review["moderated"])
    await audit.record(
        tx, admin, "review.hidden", "review", public_id, reason=reason, detail={"stars": review["rating"]}
    )


@atomic
async def show(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """Show a hidden review to everybody again; it counts as before. Raises what `hide` raises."""
    review, reason = await _locked(tx, admin, public_id), _checked(reason)
    if review["hidden_at"] is None:
        raise AlreadyDecided("Ulasan ini sudah tampil bagi semua orang.")
    await tx.execute(
        """UPDATE reviews SET hidden_at = NULL, hidden_because = '', hidden_by = NULL, moderated = moderated + 1
           WHERE order_id = $1""",
        review["order_id"],
    )
    await _count(tx, review, 1)
    await audit.record(
        tx, admin, "review.shown", "review", public_id, reason=reason, detail={"stars": review["rating"]}
    )
    await _tell(tx, SHOWN, public_id, review, review["moderated"])


@atomic
async def hide_reply(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """Take what the mentor replied out of everybody's sight; the review and its stars stay.

    The mentor keeps reading it, with the `reason`. Raises what `hide` raises, `AlreadyDecided` also without a reply.
    """
    review, reason = await _with_reply(tx, admin, public_id), _checked(reason)
    if review["reply_hidden_at"] is not None:
        raise AlreadyDecided(f"Balasan ini sudah disembunyikan oleh {review['reply_hidden_by']}.")
    await tx.execute(
        """UPDATE reviews SET reply_hidden_at = app_now(), reply_hidden_because = $2, reply_hidden_by = $3,
             reply_moderated = reply_moderated + 1 WHERE order_id = $1""",
        review["order_id"],
        reason,
        admin.id,
    )
    await _reply_changed(tx, REPLY_HIDDEN, public_id, review)
    await audit.record(tx, admin, "review.reply_hidden", "review", public_id, reason=reason)


@atomic
async def show_reply(tx: Connection, admin: Viewer, public_id: str, reason: str) -> None:
    """Show a hidden reply to everybody again. Raises what `hide_reply` raises."""
    review, reason = await _with_reply(tx, admin, public_id), _checked(reason)
    if review["reply_hidden_at"] is None:
        raise AlreadyDecided("Balasan ini sudah tampil bagi semua orang.")
    await tx.execute(
        """UPDATE reviews SET reply_hidden_at = NULL, reply_hidden_because = '', reply_hidden_by = NULL,
             reply_moderated = reply_moderated + 1 WHERE order_id = $1""",
        review["order_id"],
    )
    await audit.record(tx, admin, "review.reply_shown", "review", public_id, reason=reason)
    await _reply_changed(tx, REPLY_SHOWN, public_id, review)


async def _with_reply(tx: Connection, admin: Viewer, public_id: str) -> asyncpg.Record:
    """The review with a reply; of one that is hidden whole nothing is decided apart."""
    review = await _locked(tx, admin, public_id)
    if review["reply"] is None:
        raise AlreadyDecided("Ulasan ini tidak punya balasan.")
    if review["hidden_at"] is not None:
        raise AlreadyDecided("Ulasan ini disembunyikan seluruhnya, beserta balasannya.")
    return review


async def _locked(tx: Connection, admin: Viewer, public_id: str) -> asyncpg.Record:
    """The review, kept as it is: its author writes under the lock of the order, its expert under the review's own."""
    if admin.role != "admin":
        raise NotThere
    order_id = await tx.fetchval("SELECT id FROM orders WHERE public_id = $1 FOR NO KEY UPDATE", public_id)
    review = await tx.fetchrow(_LOCK, order_id)
    if review is None:
        raise NotThere
    if admin.id in (review["user_id"], review["expert_user_id"]):
        raise OwnReview("Ulasan ini milik Anda atau tentang Anda. Minta admin lain memutuskannya.")
    return review


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not 10 <= len(reason) <= 1000:
        raise UnfitReason("Tulis alasan, 10 sampai 1000 karakter.")
    return reason


async def _count(tx: Connection, review: asyncpg.Record, sign: int) -> None:
    """The expert's figures follow at once, and with them every list and page that shows them."""
    await tx.execute(
        "UPDATE experts SET rating_count = rating_count + $2, rating_sum = rating_sum + $3 WHERE id = $1",
        review["expert_id"],
        sign,
        sign * review["rating"],
    )


async def _reply_changed(tx: Connection, kind: str, public_id: str, review: asyncpg.Record) -> None:
    """Whoever reads the mentor's page reads it anew, and the two are told."""
    await tx.execute("SELECT live_publish('catalog')")
    await _tell(tx, kind, public_id, review, review["reply_moderated"])


async def _tell(tx: Connection, kind: str, public_id: str, review: asyncpg.Record, told: int) -> None:
    for user_id in (review["user_id"], review["expert_user_id"]):
        await notices.queue(
            tx,
            kind,
            user_id=user_id,
            about=public_id,
            order_id=review["order_id"],
            version=told + 1,
        )
