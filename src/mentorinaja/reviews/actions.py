"""Writing a review and replying to one, and changing either while that is allowed."""

from __future__ import annotations

from mentorinaja.db.pool import Connection, atomic, run
from mentorinaja.errors import NotThere
from mentorinaja.reviews import queries, rules
from mentorinaja.reviews.hiding import hide, hide_reply, show, show_reply
from mentorinaja.reviews.replying import reply
from mentorinaja.reviews.rules import Reviewable
from mentorinaja.reviews.tables import Reviews
from mentorinaja.web.viewer import Viewer

__all__ = ["hide", "hide_reply", "reply", "show", "show_reply", "write"]


@atomic
async def write(
    tx: Connection, user: Viewer, public_id: str, *, rating: int, comment: str, anonymous: bool
) -> bool:
    """Review a completed order once, or change what was written; the expert's mean follows.

    `rating` is 1 to 5, `comment` empty or 10 to 1,000 characters. Answers whether it is new. Raises
    `NotThere` for anybody else's order and `NotReviewable`.
    """
    # Two of the same person's forms at once: the second finds the first one's review.
    if not await tx.fetchval(
        "SELECT true FROM orders WHERE public_id = $1 AND user_id = $2 FOR NO KEY UPDATE", public_id, user.id
    ):
        raise NotThere
    order = await queries.review_for(tx, user, public_id)
    assert order is not None, "the order is locked"
    rules.check_writable(order)
    if order.review is None:
        await _insert(tx, order, user, rating, comment, anonymous)
        await _count(tx, order.expert_id, reviews=1, stars=rating)
        return True
    await _change(tx, order, rating, comment, anonymous)
    await _count(tx, order.expert_id, reviews=0, stars=rating - order.review.rating)
    return False


async def _insert(
    tx: Connection, order: Reviewable, user: Viewer, rating: int, comment: str, anonymous: bool
) -> None:
    review = Reviews(
        order_id=order.order_pk,
        expert_id=order.expert_id,
        user_id=user.id,
        rating=rating,
        comment=comment,
        display_name=rules.shown_name(order.payer_name, anonymous),
        anonymous=anonymous,
        created_at=order.now,
        edited_at=None,
    )
    await run(tx, Reviews.insert(review))


async def _change(tx: Connection, order: Reviewable, rating: int, comment: str, anonymous: bool) -> None:
    await run(
        tx,
        Reviews.update(
            {
                Reviews.rating: rating,
                Reviews.comment: comment,
                Reviews.anonymous: anonymous,
                Reviews.display_name: rules.shown_name(order.payer_name, anonymous),
                Reviews.edited_at: order.now,
            }
        ).where(Reviews.order_id == order.order_pk),
    )


async def _count(tx: Connection, expert_id: int, *, reviews: int, stars: int) -> None:
    await tx.execute(
        "UPDATE experts SET rating_count = rating_count + $2, rating_sum = rating_sum + $3 WHERE id = $1",
        expert_id,
        reviews,
        stars,
    )
