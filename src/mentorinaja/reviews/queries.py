"""A payer's order as its review page needs it, and a review as its expert replies to it."""

from __future__ import annotations

import asyncpg

from mentorinaja.db.pool import Connection, Database
from mentorinaja.reviews.rules import Received, Review, Reviewable
from mentorinaja.web.viewer import Viewer

# Bookings whose end no room wrote down were over at their scheduled end.
_REVIEWABLE = """
    SELECT o.id, o.public_id, o.expert_id, o.expert_name, e.photo_id AS expert_photo, o.item_name, o.payer_name,
      b.status, b.starts_at,
      CASE WHEN b.status = 'completed' THEN coalesce(s.ended_at, upper(b.during), b.starts_at) END AS over_at,
      r.rating, r.comment, r.anonymous, r.created_at, app_now() AS now
    FROM orders o JOIN bookings b ON b.order_id = o.id JOIN experts e ON e.id = o.expert_id
    LEFT JOIN active_sessions s ON s.booking_id = b.id
    LEFT JOIN reviews r ON r.order_id = o.id
    WHERE o.public_id = $1 AND o.user_id = $2
"""

_RECEIVED = """
    SELECT o.id AS order_pk, o.public_id AS order_id, r.user_id, o.expert_name, e.slug AS expert_slug, o.item_name,
      r.display_name, r.rating, r.comment, r.created_at, r.reply, r.replied_at, app_now() AS now
    FROM reviews r JOIN orders o ON o.id = r.order_id JOIN experts e ON e.id = o.expert_id
    WHERE o.public_id = $1
"""


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
        review = Review(row["rating"], row["comment"], row["anonymous"], row["created_at"])
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
