"""The expert's one public reply to a review: written once, changed for a while."""

from __future__ import annotations

from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import NotThere
from mentorinaja.notices import actions as notices
from mentorinaja.reviews import queries, rules

# The mail that tells the payer of a reply.
REPLY = "review_reply"


@atomic
async def reply(tx: Connection, expert_id: int, public_id: str, words: str) -> bool:
    """Reply to the review of an order, or change the reply; answers whether it is new. The payer is told of a new one.

    `words` are 10 to 1,000 characters; the same again changes nothing. Raises `NotThere` for an order without a
    review or of another expert, `NotReplyable` once the reply stands for good.
    """
    # Two forms at once: the second finds the first one's reply.
    locked = await tx.fetchval(
        """SELECT true FROM reviews r JOIN orders o ON o.id = r.order_id
           WHERE o.public_id = $1 AND o.expert_id = $2 FOR UPDATE OF r""",
        public_id,
        expert_id,
    )
    review = await queries.review_of_expert(tx, expert_id, public_id) if locked else None
    if review is None:
        raise NotThere
    if review.reply == words:
        return False
    rules.check_replyable(review)
    if review.reply is None:
        await tx.execute(
            "UPDATE reviews SET reply = $2, replied_at = app_now() WHERE order_id = $1",
            review.order_pk,
            words,
        )
        await notices.queue(tx, REPLY, user_id=review.user_id, about=public_id, order_id=review.order_pk)
        return True
    await tx.execute(
        "UPDATE reviews SET reply = $2, reply_edited_at = app_now() WHERE order_id = $1",
        review.order_pk,
        words,
    )
    return False
