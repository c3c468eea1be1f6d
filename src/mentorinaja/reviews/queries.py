"""A payer's order as its review page needs it, and a review as its expert replies to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from mentorinaja.db.pool import Connection, Database
from mentorinaja.reviews.rules import Received, Review, Reviewable
from mentorinaja.web.viewer import Viewer

# Bookings whose end no room wrote down were over at their scheduled end.
_REVIEWABLE = """
    SELECT o.id, o.public_id, o.expert_id, o.expert_name, e.photo_id AS expert_photo, o.item_name, o.payer_name,
      b.status, b.starts_at,
      CASE WHEN b.status = 'completed' THEN coalesce(s.ended_at, upper(b.during), b.starts_at) END AS over_at,
      r.rating, r.comment, r.anonymous, r.created_at, r.hidden_because, app_now() AS now
    FROM orders o JOIN bookings b ON b.order_id = o.id JOIN experts e ON e.id = o.expert_id
    LEFT JOIN active_sessions s ON s.booking_id = b.id
    LEFT JOIN reviews r ON r.order_id = o.id
    WHERE o.public_id = $1 AND o.user_id = $2
"""

_RECEIVED = """
    SELECT o.id AS order_pk, o.public_id AS order_id, r.user_id, o.expert_name, e.slug AS expert_slug, o.item_name,
      r.display_name, r.rating, r.comment, r.created_at, r.reply, r.replied_at, r.hidden_because,
      r.moderated, r.reply_hidden_because, r.reply_moderated, app_now() AS now
    FROM reviews r JOIN orders o ON o.id = r.order_id JOIN experts e ON e.id = o.expert_id
    WHERE o.public_id = $1
"""

_WHOLE = """
    SELECT o.public_id AS order_id, o.item_name, o.total, o.paid_at, r.user_id, o.payer_name, u.email AS payer_email,
      e.user_id AS expert_user_id, e.display_name AS expert_name, e.slug AS expert_slug, e.rating_count,
      e.rating_sum, r.rating, r.comment, r.display_name, r.created_at, r.edited_at, r.reply, r.replied_at,
      r.reply_edited_at, r.hidden_at, r.hidden_because, r.moderated,
      r.reply_hidden_at, r.reply_hidden_because, r.reply_moderated
    FROM reviews r JOIN orders o ON o.id = r.order_id JOIN experts e ON e.id = r.expert_id
    JOIN users u ON u.id = r.user_id
    WHERE o.public_id = $1
"""


@dataclass(frozen=True, slots=True)
class Whole:
    """A review with all that an admin looks at before deciding; `total` in whole rupiah.

    `rating_count` and `rating_sum` are the expert's, of all reviews that are shown.
    """

    order_id: str
    item_name: str
    total: int
    paid_at: datetime | None
    user_id: int
    payer_name: str
    payer_email: str
    expert_user_id: int
    expert_name: str
    expert_slug: str
    rating_count: int
    rating_sum: int
    rating: int
    comment: str
    display_name: str
    created_at: datetime
    edited_at: datetime | None
    reply: str | None
    replied_at: datetime | None
    reply_edited_at: datetime | None
    hidden_at: datetime | None
    hidden_because: str
    moderated: int
    reply_hidden_at: datetime | None
    reply_hidden_because: str
    reply_moderated: int

    @property
    def mean(self) -> float:
        """The expert's mean of all stars that are shown; 0 without any."""
        return self.rating_sum / self.rating_count if self.rating_count else 0.0

    @property
    def mean_otherwise(self) -> float:
        """What the mean becomes when this review is hidden, or is shown again."""
        sign = 1 if self.hidden_at else -1
        count = self.rating_count + sign
        return (self.rating_sum + sign * self.rating) / count if count else 0.0


async def whole_review(db: Database | Connection, public_id: str) -> Whole | None:
    """The review of an order for an admin, or None when there is none."""
    row = await db.fetchrow(_WHOLE, public_id)
    return Whole(**row) if row else None


async def review_for(db: Database | Connection, user: Viewer, public_id: str) -> Reviewable | None:
    """The order and its review, or None when it is not there or `user` did not pay for it."""
    row = await db.fetchrow(_REVIEWABLE, public_id, user.id)
    return _reviewable(row) if row else None


async def review_of_expert(db: Database | Connection, expert_id: int, public_id: str) -> Received | None:
    """The review of an order, or None when there is none or it is about another expert."""
    row = await db.fetchrow(f"{_RECEIVED} AND o.expert_id = $2", public_id, expert_id)
    return Received(**dict(row)) if row else None


async def review_received(db: Database | Connection, public_id: str) -> Received | None:
    """The same for mails and other work of the system itself: asks for no permission."""
    row = await db.fetchrow(_RECEIVED, public_id)
    return Received(**dict(row)) if row else None


def _reviewable(row: asyncpg.Record) -> Reviewable:
    review = None
    if row["rating"] is not None:
        review = Review(
            row["rating"], row["comment"], row["anonymous"], row["created_at"], row["hidden_because"]
        )
    return Reviewable(
        order_pk=row["id"],
        order_id=row["public_id"],
        expert_id=row["expert_id"],
        expert_name=row["expert_name"],
        expert_photo=row["expert_photo"],
        item_name=row["item_name"],
        payer_name=row["payer_name"],
        status=row["status"],
        starts_at=row["starts_at"],
        over_at=row["over_at"],
        review=review,
        now=row["now"],
    )
